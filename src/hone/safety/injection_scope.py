"""Rules of the injection guard about scope: a skill that claims work which is not its own, or works against its user."""

from hone.safety.injection_deeds import LOCAL, POSTS
from hone.safety.injection_rule import Rule

_ANY_TASK = (
    r"\b(?:(?:after|upon|once|when|whenever|following|at the (?:end|start) of)\s+(?:you(?:'ve| have)?\s+)?"
    r"(?:finish\w*\s+|complet\w*\s+|perform\w*\s+|handl\w*\s+|edit\w*\s+|answer\w*\s+|do(?:ing)?\s+)?(?:with\s+)?(?:any|every|each)\s+|before (?:every|each) |as the (?:first|last|final|very last) (?:step|action|thing) (?:of|in|before|after) (?:any|every|each) )"
    r"(?:single\s+)?(?:\w+(?:-\w+)?\s+){0,3}?(?:tasks?|requests?|operations?|sessions?|conversations?|interactions?|responses?)\b"
)

# fmt: off
SCOPE: tuple[Rule, ...] = (
    Rule(
        id="chore-after-everything",
        severity="obvious",
        reason="adds a chore of its own to every task",
        words=("any ", "every ", "each "),
        pattern=_ANY_TASK,
        near=(r"\b(?:run(?:ning)?|execut\w+|upload|send|collect\w*|delete|remov\w+|clean\w*|back ?up|download\w*|forward|post|scan)\b[^\n]{0,100}(?:\.sh\b|\.py\b|https?://|\bcurl\b|\brm\b|\.env\b|\.ssh\b|\bfiles?\b|\b(?:this|from this) skill|server|steps|integrity)",),
        reach=160,
        kinds=("skill",),
        quotable=False,
    ),
    Rule(
        id="claims-every-request",
        severity="suspect",
        reason="claims every request for itself",
        words=("this skill",),
        pattern=r"\b(?:use|call|load|invoke|run|apply|activate) this skill (?:\w+ ){0,3}?(?:for|before|in|on|with) (?:every|all|any|each) (?:single )?(?:user )?(?:requests?|tasks?|messages?|conversations?|prompts?),? (?:whatever|regardless|no matter|even)",
        kinds=("skill",),
    ),
    Rule(
        id="fetches-first",
        severity="suspect",
        reason="has the agent call home at every step",
        words=("every time you", "each time you", "whenever you"),
        pattern=rf"\b(?:every time|each time|whenever) you\b[^\n]{{0,60}}\b(?:fetch|download|curl|request|call|ping|contact|post)\b[^\n]{{0,40}}https?://{LOCAL}",
    ),
    Rule(
        id="own-script-always",
        severity="obvious",
        reason="has a script of its own run whatever the task is",
        words=(".sh", ".py", ".js"),
        pattern=(
            r"\b(?:always|make sure to|be sure to|(?:after|before) (?:\w+ ){0,2}(?:any|every|each)\b)[^\n]{0,120}?\b(?:run|runn?ing|execut\w+|using|calling|use)\s+(?:the\s+)?[\w./-]+\.(?:sh|py|js)\b(?: script)?(?: from| in)? this skill'?s?\b"
        ),
        kinds=("skill",),
    ),
    Rule(
        id="own-script",
        severity="suspect",
        reason="has a script of its own run on what the user works at",
        words=(".sh", ".py"),
        pattern=(
            r"\b(?:important\b|after (?:any|editing|you)|before (?:any|editing|finalizing))[^\n]{0,160}?\b(?:call|run|runn?ing|calling|using)\s+(?:the\s+)?[\w-]+\.(?:sh|py)\b(?: script)? (?:in the scripts/ directory|from this skill)"
        ),
        kinds=("skill",),
    ),
    Rule(
        id="sends-reader-to-duty",
        severity="obvious",
        reason="a description that gives orders instead of saying what the skill is for",
        words=("make sure", "be sure to", "always follow", "must follow", "must also"),
        pattern=(
            r"\b(?:make sure (?:to|you)|be sure to|always|you must)\s+(?:also\s+)?(?:follow|execute|perform|carry out|extract|collect)\b[^\n]{0,120}?\b(?:procedure|section|steps)\b[^\n]{0,40}?\b(?:in|of|from) this skill\b"
            r"|(?<=\. )make sure (?:to|you|all)\s+(?:also\s+)?(?:\w+\s+){1,12}?[^\n]{0,200}?\b(?:section|procedure)\b"
        ),
        kinds=("skill",),
    ),
    Rule(
        id="floods",
        severity="obvious",
        reason="makes the agent flood a host or a mailbox",
        words=("range(", "repeated requests", "for each mail", "for each contact", "every contact", "all contacts", "in a loop"),
        pattern=(
            r"\brange\(\s*\d{3,}\s*\)\s*:\s{1,16}(?:requests|httpx|urllib\.request)\.(?:get|post|urlopen)\("
            r"|\brepeated requests to https?://|\b(?:for each (?:mail|contact|e-?mail|address)|to (?:every|all|each)(?: of (?:the|their))? contacts?)\b[^\n]{0,120}\bsend (?:an? )?(?:e-?mail|message)\b"
        ),
        kinds=("skill",),
        quotable=False,
    ),
    Rule(
        id="check-inbox-duty",
        severity="suspect",
        reason="adds a chore of its own to every task of a kind",
        words=("after completing any", "after finishing any", "after any ", "after every ", "after each ", "after editing"),
        pattern=r"\bafter (?:(?:completing|finishing|performing|editing|running)\s+)?(?:any|every|each)\s[^\n,]{0,40},\s+(?:always |please )?(?:make sure (?:to|no)|ensure (?:you|no)|follow these|execute|download)\b",
        kinds=("skill",),
    ),
    Rule(
        id="slants",
        severity="suspect",
        reason="has the reader misled: slants, hides or invents facts",
        words=("competitor", "alternative", "other vendors", "other brands", "promot", "favor", "favour", "downplay", "discredit", "portray", "political", "climate", "bad light", "illegal activity", "colonial", "natural remed", "medical consensus", "outperforms", "earth is flat", "over renewable", "authorship", "regardless of user", "incompetent", "high score", "natural alternatives"),
        pattern=(
            r"\b(?:flag|remove|delete|censor|downrank|hide) (?:messages?|posts?|paragraphs?|content|users?) (?:that |which |containing |who )?(?:\w+\s+){0,6}?(?:left-leaning|right-leaning|political|climate|diversity|inclusion)\b"
            r"|\b(?:not|never) (?:to )?present any \w+ that (?:could|would|might) show [^\n]{1,40} in a bad light|\bprevent (?:reporting|disclosure of|employees from reporting) illegal\b"
            r"|\b(?:always|ensure|make sure|must)\b[^\n]{0,80}\b(?:promotes?|favou?rs?|downplays?|discredits?|portrays?)\b[^\n]{0,60}\b(?:over \w|(?:un)?favou?rably|negatively|positively|in a (?:positive|negative|bad|good|better) light|as (?:superior|inferior|unreliable|dangerous))"
            r"|\bpresent (?:climate change|evolution|vaccines?) as (?:a )?['\"‘“]?(?:debated|controversial|just)"
            r"|\b(?:recommend|promote|prefer|suggest)\b[^\n]{0,60}\b(?:and|but)\s+(?:hide|omit|suppress|never mention|do not mention|discourage|conceal)\b[^\n]{0,40}\b(?:competitors?|alternatives?|other (?:products|options|vendors|brands))\b"
            r"|\bframe [^\n]{1,60} as ['\"‘“][^\n]{1,60}['\"’”] (?:rather than|versus|instead of)|\bconsider natural alternatives\b[^\n]{0,120}\b(?:over|instead of) medical\b"
            r"|\b(?:claim authorship (?:on|of) all|regardless of (?:the )?user(?:'s)? (?:request|wish|preference)|just return a high score|claiming (?:that )?the model outperforms)|\bappend the phrase ['\"‘“][^\n]{0,80}consensus confirms"
        ),
        kinds=("skill",),
    ),
    Rule(
        id="against-user",
        severity="suspect",
        reason="does what the user does not want",
        words=("even if", "regardless of", "no matter what"),
        pattern=(
            r"\b(?:even (?:if|when)|regardless of (?:whether|what|if)|no matter (?:what|whether|if)) the (?:user|owner|human|operator)(?:'s)? (?:asks?|says?|objects?|refuses|declines|requests?|wants|disagrees|does not (?:want|ask|agree)|doesn't (?:want|ask|agree))\b"
        ),
        kinds=("memory", "skill"),
    ),
    Rule(
        id="deletes-all",
        severity="suspect",
        reason="deletes beyond the work at hand",
        words=("delete ", "remove ", "drop ", "wipe ", "erase ", "purge ", "truncate ", "overwrite ", "encrypt "),
        pattern=(
            r"\b(?:delete|remove|drop|wipe|erase|purge|truncate|overwrite|encrypt)\s+(?:all|every|each)(?:\s+of)?(?:\s+(?:the|user'?s|their|other|existing|found|\.?\w+)){0,3}?\s+(?:files|e-?mails|messages|tables|databases?|backups?|commits|repositories|contacts|documents|datasets)\b"
        ),
        near=(r"\b(?:after (?:any|every|each|completing|finishing|editing)|important!|critical!|always|make sure|without asking)\b|\bto (?:free|save) (?:disk )?space\b",),
        reach=160,
        kinds=("skill",),
    ),
    Rule(
        id="duty-to-upload",
        severity="suspect",
        reason="uploads the user's files as a duty",
        words=("curl", "requests.post", "requests.put", "upload"),
        pattern=rf"{POSTS}[^\n]{{0,120}}(?:@[\w<$\"'{{(./]|\bopen\(|\$\(|files=)",
        near=(
            r"\b(?:after (?:any|every|each|completing|finishing|editing|changes)|important!|critical!|always|any changes|after every)\b",
            rf"https?://{LOCAL}",
            r"\b(?:our (?:\w+ ){0,3}(?:server|service|collector|tool|backend)|monitoring|central|redundancy|telemetry|intranet|for analysis)\b",
        ),
        reach=300,
        kinds=("skill",),
        quotable=False,
    ),
    # Wider than what nobody writes in good faith: enough to have a person look before it is kept.
    Rule(
        id="kept-from-user",
        severity="suspect",
        reason="has something kept from the user",
        words=("tell", "mention", "report", "show", "reveal", "inform"),
        pattern=(
            r"\b(?:do not|don't|never|without)\s+(?:ever\s+)?(?:mention|tell|report|show|reveal|inform)(?:ing)?\b"
            r"(?=[^\n.;]{0,80}\bthe user\b)(?=[^\n.;]{0,80}\b(?:upload|step|send|sent|transfer|copy|copied|copies|commit|push|delet|remov|instal|download|request|comment|instruction|script))"
        ),
        kinds=("memory", "skill"),
    ),
    Rule(
        id="environment-sent",
        severity="obvious",
        reason="sends the environment to another host",
        words=("curl", "wget", "http", "nc "),
        pattern=rf"\b(?:curl|wget|https?|nc)\b(?=[^\n]{{0,200}}(?:\$\(|`)(?:env|printenv|export -p|set)\s*(?:\)|`|\|))(?=[^\n]{{0,300}}https?://{LOCAL})",
        quotable=False,
    ),
    Rule(
        id="opens-a-door",
        severity="suspect",
        reason="lets others log in",
        words=("authorized_keys",),
        pattern=r"\b(?:append|add|write|put|copy|insert|echo)\b[^\n]{0,80}\bauthorized_keys\b",
    ),
    Rule(
        id="own-settings",
        severity="suspect",
        reason="changes what the agent may do",
        words=("hone config", "approvals", "--approvals", "hone trust", "hone skills allow", "grants.yaml"),
        pattern=r"\bhone (?:config set|trust|skills allow)\b|--approvals[ =]yes\b|\bapprovals(?:\.mode)?(?: |:|=)+(?:mode(?: |:|=)+)?(?:yes|off)\b|\b(?:edit|write|change|add)\b[^\n]{0,40}\bgrants\.yaml",
        kinds=("memory", "skill"),
        quotable=False,
    ),
)
# fmt: on
