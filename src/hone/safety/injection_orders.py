"""Rules of the injection guard about words: overriding, impersonating, hiding, claiming what is not the text's to claim."""

from hone.safety.injection_rule import Rule

_AGENT = r"(?:ai|agent|assistant|model|llm|claude|gpt|chatgpt|copilot|gemini|hone)"
_CONSENT = r"(?:confirmations?|approvals?|permissions?|consent)"
_CONSENT_FIRST = r"(?:\b(?:never|not|cannot|avoid\w*|refus\w+|forbid\w*|must|until|unless|once|after|if|whether|only|before|wait\w*)\b|n['’]t\b)"

# fmt: off
ORDERS: tuple[Rule, ...] = (
    # Override: the text claims to stand above what the user and the agent agreed on.
    Rule(
        id="override",
        severity="obvious",
        reason="tells the agent to drop its instructions",
        words=("ignore", "disregard", "forget", "overrid", "pay no attention", "stop following", "not follow", "supersede", "neglect"),
        pattern=(
            r"\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget(?:ting)?|overrid(?:e|es|ing)|neglect|supersedes?|stop following|do not follow|don't follow|pay no attention to)"
            r"\s+(?:(?:all|any|every|everything|each|of|the|your|these|those|my|its|in|about|completely|absolutely|and)\s+){0,5}"
            r"(?:previous(?:ly)?|prior|earlier|above|preceding|foregoing|former|initial|original|existing|current|system|developer|safety|other|built-in|default|given)"
            r"(?:\s+(?:and|or|system|user|developer|given|safety|agent|security|stated)){0,3}"
            r"\s+(?:instructions?|prompts?|rules|guidelines|directions|directives|constraints|messages|programming|training|commands|polic(?:y|ies)|safeguards|context|orders|restrictions)\b"
        ),
    ),
    Rule(
        id="override-yours",
        severity="obvious",
        reason="tells the agent to drop its instructions",
        words=("ignore", "disregard", "forget", "discard"),
        pattern=(
            r"\b(?:ignore|disregard|forget|discard)\s+(?:all\s+)?(?:of\s+)?(?:your|everything(?: that)?(?: you| i)?(?: were| was| have been| had been)?|what(?:ever)?(?: you| i)? (?:were|was|have been))"
            r"\s+(?:\w+\s+){0,2}?(?:instructions?|prompts?|rules|guidelines|directives|constraints|programming|training|safeguards|restrictions|told|said|taught|before|above)\b"
        ),
    ),
    Rule(
        id="override-void",
        severity="obvious",
        reason="declares what the user or the agent was told void",
        words=("void", "cancel", "revoked", "superseded", "no longer appl", "no longer valid", "follow only", "obey only", "user's ", "what the user"),
        pattern=(
            r"\b(?:previous|prior|earlier|above|original|user'?s?|existing|system)\s+(?:\w+\s+){0,2}?(?:guidance|instructions?|requests?|rules|prompts?|tasks?|guidelines|orders)\s+(?:is|are|was|were|has been|have been|become)\s+(?:now |hereby )?(?:void|cancell?ed|revoked|superseded|null|no longer (?:valid|in force|apply))\b"
            r"|\b(?:follow|obey) only (?:the (?:text|instructions|rules|orders)|these (?:instructions|rules|lines)|what (?:is|stands))\s*(?:here|below|in this|that follow)?"
            r"|\b(?:ignore|disregard) (?:the )?(?:user's (?:\w+ )?(?:request|instructions?|wish(?:es)?|question|preferences?|task)|what the user (?:says|said|asks|asked|wants))\b"
        ),
    ),
    Rule(
        id="asks-system-prompt",
        severity="obvious",
        reason="has the agent give its instructions away",
        words=("system prompt", "your instructions", "initial prompt"),
        pattern=r"\b(?:print|reveal|output|repeat|show|leak|disclose|recite|dump)\s+(?:me\s+|us\s+|back\s+|out\s+)?(?:all\s+)?(?:of\s+)?your\s+(?:\w+\s+){0,2}?(?:system prompt|initial prompt|instructions)\b",
    ),
    Rule(
        id="override-elsewhere",
        severity="obvious",
        reason="tells the agent to drop its instructions",
        words=("ignorier", "vergiss", "missachte", "ignore", "oublie", "ignora", "olvida", "esquece", "dimentica", "忽略", "无视", "無視", "忘记", "忘掉", "игнорируй", "забудь"),
        pattern=(
            r"\b(?:ignorier\w*|vergiss|vergessen sie|missachte\w*)\s+(?:\w+\s+){0,3}?(?:vorherigen?|bisherigen?|vorigen?|obigen?|früheren?|vorangehenden?|deine|ihre)\s+(?:\w+\s+)?(?:anweisung\w*|instruktion\w*|regeln|vorgaben|befehle)"
            r"|\b(?:ignore[rz]?|oublie[rz]?)\s+(?:\w+\s+){0,3}?(?:instructions?|consignes?|directives?|règles)\s+(?:\w+\s+)?(?:précédent\w*|antérieur\w*|ci-dessus|ci dessus|initiales?|système)"
            r"|\b(?:ignor[ae]|olvid[ae]|desconsidere|esque[cç]a|dimentica)\w?\s+(?:\w+\s+){0,3}?(?:instrucciones|instruções|istruzioni|reglas|órdenes|indicaciones)\s+(?:\w+\s+)?(?:anterior\w*|previas?|precedenti|de arriba|acima|del sistema)"
            r"|(?:忽略|无视|無視|忘记|忘掉|忘記)[^\n。]{0,8}(?:之前|以上|先前|此前|前面|上述|原有|系统|以前|前)[^\n。]{0,6}(?:指令|指示|提示|规则|規則|说明|命令|要求)"
            r"|\b(?:игнорируй\w*|забудь\w*)\s+(?:\w+\s+){0,3}?(?:предыдущие|прежние|прошлые)\s+(?:инструкции|указания|команды)"
        ),
    ),
    Rule(
        id="new-orders",
        severity="suspect",
        reason="gives the agent other orders in place of the user's",
        words=("instructions", "directive", "objective", "task is", "mission"),
        pattern=(
            r"(?:^|[.!>:]\s{0,2})(?:your|here are your|these are your)\s+(?:new|real|actual|true|updated|only)\s+(?:and \w+ )?(?:instructions|task|objective|goal|mission|directive)s?\s*(?:is|are|:)"
            r"|\bnew (?:system )?(?:instructions|directive)s?\s*(?:from|by) (?:the )?(?:admin\w*|developers?|system|owner|management)\b"
        ),
    ),
    Rule(
        id="other-self",
        severity="obvious",
        reason="talks the agent into a role without limits",
        words=("dan mode", "as dan", "now dan", "developer mode", "jailbr", "unrestricted", "no restrictions", "without restrictions", "without any restrictions", "no longer bound", "god mode", "no ethical", "unfiltered"),
        pattern=(
            rf"\byou (?:are|will be|must act|should act|will act)(?: now| as| from now on)*\s+(?:as )?(?:an? )?(?:\w+\s+)?(?:dan\b|in (?:developer|god|debug|dan|admin) mode|jailbroken|unrestricted|unfiltered|no longer bound|free of (?:all |any )?restrictions)"
            rf"|\b(?:act|behave|respond|answer) as (?:dan\b|an? (?:unrestricted|unfiltered|jailbroken|uncensored) {_AGENT})"
            r"|\b(?:enter|enable|activate|switch to) (?:dan|god|jailbreak) mode\b|\b(?:developer|dan|god) mode (?:is )?(?:now )?(?:enabled|activated)\b"
            r"|\byou (?:have|are under) no (?:ethical |safety |content )?(?:restrictions|guidelines|limits)\b"
        ),
    ),
    # Impersonation: the text pretends to be the system, the user, or a tool.
    Rule(
        id="chat-template",
        severity="obvious",
        reason="holds control tokens of a chat template",
        words=("<|im_", "<|system", "<|assistant", "<|user", "<|endoftext", "<|eot_id", "<|start_header", "<|begin_of", "[/inst]", "[inst]", "<<sys>>", "<start_of_turn>", "<end_of_turn>"),
        pattern=r"<\|(?:im_start|im_end|im_sep|system|assistant|user|endoftext|eot_id|start_header_id|end_header_id|begin_of_text)\|>|\[/?inst\]|<</?sys>>|<(?:start|end)_of_turn>",
    ),
    Rule(
        id="fake-wrapper",
        severity="obvious",
        reason="imitates the marks that the agent puts around what it loads",
        words=("skill_content", "system-reminder", "tool_result", "function_results", "function_calls", "tool_response", "system_prompt>", "untrusted", "memory>"),
        pattern=r"</?\s*(?:skill_content|system-reminder|tool_results?|function_results?|function_calls|tool_response|untrusted_\w+)\b[^<>\n]{0,80}>|</\s*system_prompt\s*>|</?\s*(?:user|memory|project) memory\s*>",
    ),
    Rule(
        id="ends-its-section",
        severity="obvious",
        reason="pretends that the memory ends where it stands",
        words=("</",),
        pattern=r"</\s*(?:memory|user|project|instructions?|system|context|skills?|conversation|assistant|tools?)\b[^<>\n]{0,40}>",
        kinds=("memory",),
    ),
    Rule(
        id="fake-role",
        severity="obvious",
        reason="speaks as the system, the developer or the user",
        words=("system", "developer", "admin", "assistant", "user:", "human:"),
        pattern=(
            r"^[>\s#*\[({\-]{0,6}(?:system|developer|admin(?:istrator)?|root)[ _-]?(?:message|prompt|override|notice|update|instruction|alert|command|note)s?\s{0,2}[\])}*]{0,3}\s{0,2}:[ *]{0,3}"
            r"(?=[^\n]{0,200}\b(?:you (?:must|will|shall|should|have to|are now)|ignore|disregard|from now on|override|new instructions|do not tell|execute|the user (?:has|wants|is))\b)"
            r"|^[>\s#*\[({\-]{0,6}(?:system|developer|admin(?:istrator)?|root)[\])}*]{0,3}\s{0,2}:[ *]{0,3}(?=[^\n]{0,200}\b(?:you are now|ignore (?:all|the|any|your|previous)|disregard|from now on|new instructions|do not tell|the user (?:has|wants))\b)"
            r"|^[ \t]*<(?:system|developer|admin)>(?=[^\n]{0,20}\n?[^\n]{0,200}\b(?:ignore|you must|you are now|from now on|override|do not tell|execute)\b)"
            r"|^\W{0,4}(?:human|user):[^\n]{1,300}\n+\W{0,4}(?:assistant|ai):\s*(?:sure|ok|okay|of course|yes|i will|understood)\b"
        ),
    ),
    Rule(
        id="fake-role-within",
        severity="obvious",
        reason="speaks as the system, the developer or the user",
        words=("system:", "system :", "developer:", "developer :", "admin:", "admin :", "administrator:"),
        pattern=r"[>.!?][ \t]{1,3}(?:system|developer|admin(?:istrator)?)[ \t]?:[ *]{0,3}(?=[^\n]{0,200}\b(?:you (?:must|are now)|ignore (?:all|the|any|your|previous)|disregard|from now on|new instructions|do not (?:tell|ask)|never ask|approvals? (?:is|are))\b)",
    ),
    Rule(
        id="fake-authority",
        severity="obvious",
        reason="claims an authority over the agent that a text cannot have",
        words=("anthropic", "openai", "administrator", "system administrator", "hone team", "security team", "your developers", "your creator", "this document overrides", "this skill overrides", "takes precedence", "highest priority"),
        pattern=(
            r"\b(?:this is|message from|order from|notice from|on behalf of|by order of)\s+(?:an? |the |your )?(?:official )?(?:anthropic|openai|google|hone(?: team)?|system administrators?|administrators?|security team|developers|creators?)\b(?=[^\n]{0,160}\b(?:you must|must now|override|required to|instruct|order|immediately|comply|authorized?)\b)"
            r"|\bthis (?:document|skill|file|text|message|instruction|section)s?\s+(?:overrides?|supersedes?|takes? precedence over|has (?:the )?(?:highest|absolute) priority over)\s+(?:\w+\s+){0,3}?(?:instructions|user|system|rules|prompts?|request)"
        ),
    ),
    Rule(
        id="fake-consent",
        severity="suspect",
        reason="claims that the user has agreed already",
        words=("already", "pre-approved", "pre-authorized", "preapproved", "previously", "granted", "confirmation", "approval", "permission", "approved", "authori"),
        pattern=(
            r"\bthe (?:user|owner|human|operator) (?:has|have) (?:already|previously) (?:approved|authori[sz]ed|consented to|agreed to|granted|given (?:permission|consent)|confirmed) (?:all|any|every|this|these|the following|full)\b"
            r"|\b(?:has|have) (?:already|previously) been (?:approved|authori[sz]ed|confirmed|granted) by the (?:user|owner|operator|human)\b|\byou have been granted (?:full |root |admin\w* )?(?:rights|access|permissions?|privileges)\b"
            r"|\b(?:confirmations?|approvals?|permissions?)(?: prompts?| requests?)? (?:no longer appl(?:y|ies)|(?:is|are) (?:no longer|not) (?:needed|required|necessary) (?:any ?more|from now on|for this skill))"
            r"|\b(?:all|these|the following) (?:actions|commands|steps|operations|calls|uploads)(?: \w+)? (?:are|have been) (?:already )?(?:pre-?approved|pre-?authori[sz]ed)\b"
            r"|\b(?:all|any|every) (?:actions?|commands?|steps?|operations?|tool calls?|calls?|deletions?)(?: of \S+)? (?:is|are|has been|have been) (?:now |already |always )?(?:approved|authori[sz]ed)\b(?!\s+(?:by (?!the user)|with|via|using|through)\b)"
            r"|\b(?:approvals?|confirmations?|(?:approval|confirmation|permission) (?:prompts?|requests?|checks?)) (?:is|are|was|were|has been|have been) (?:now |all |already |currently )?(?:off|disabled|bypassed|suspended|waived|lifted|(?:turned|switched) off|deactivated)\b(?![^.\n]{0,40}\b(?:repos?|repositor\w+|branch\w*|projects?|channels?|pull requests?|prs?)\b|,)"
        ),
    ),
    Rule(
        id="acts-unasked",
        severity="suspect",
        reason="acts without the user's consent",
        words=("without ask", "without first ask", "without ever ask", "without further", "without the user", "without user", "without wait", "without confirm", "without prompt", "without approv", "without permi", "without consent", "never ask", "never wait", "never prompt", "not ask", "don't ask", "don’t ask", "not wait", "don't wait", "don’t wait", "not prompt", "don't prompt", "no need to", "need not", "bypass", "circumvent", "suppress", "the user has ", "the user permit", "the user allow", "the user approve", "the user authori", "the user consent", "the user agree", "the owner ", "the human ", "the operator "),
        pattern=(
            rf"\bwithout (?:(?:first|ever|further|waiting for|asking for|the user's|user) ){{0,3}}(?:asking\s*(?:$|[.,;:!)`]|(?:and|or|then|me|us|them|anyone|anybody|first|again|before|(?:the |any )?(?:user|owner|human|operator))\b)|{_CONSENT}\b|prompting|confirming)"
            rf"|\b(?:never|do not|don['’]t|must not|no need to|need not|needn['’]t)\s+(?:ever )?(?:ask|prompt|wait)\s+(?:(?:(?:the )?user|me|us|them)\s*)?(?:$|[.,;:!)`]|(?:before|first|again|when|whether|if|to (?:confirm|approve|allow))\b|for (?:(?:the |any |their |the user's )?{_CONSENT}|the user)\b)"
            rf"|\bno need to (?:confirm|approve|get {_CONSENT})\b|\b(?:bypass|circumvent|suppress)(?:es|ing)?\s+(?:the |all |any )?{_CONSENT}\b"
            rf"|\bthe (?:user|owner|human|operator) (?:(?:has|have) (?:\w+ly )?)?(?:approve[ds]|authori[sz]e[ds]|permit(?:s|ted)|allow(?:s|ed)|consent(?:s|ed) to|agree[ds] to)\s+(?:all\b|any\b|every|(?:(?:the|all|any|an) )?(?:you\b|{_AGENT}s?\b))"
        ),
        near=(
            r"\b(?:push\w*|force\w*|delet\w+|remov\w+|rm|drop\w*|destroy\w*|wip(?:e|ing)\w*|eras\w+|overwrit\w+|reset|deploy\w*|publish\w*|upload\w*|send\w*|e-?mails?|post(?:s|ing)?|pay\w*|purchas\w+|buy\w*|transfer\w*|merg\w+|sudo|credentials?|keys?|tokens?|secrets?|passwords?|(?:any|all|every)(?: of (?:the|its))? (?:\w+ )?(?:commands?|actions?|calls?|tools?|steps?|operations?|requests?))\b",
        ),
        reach=0,
        unless_said=_CONSENT_FIRST,
        kinds=("memory", "skill"),
    ),
    # Hiding: what is done shall not be seen.
    Rule(
        id="hide-from-user",
        severity="obvious",
        reason="tells the agent to keep something from the user",
        words=("tell", "inform", "mention", "notif", "reveal", "disclos", "alert", "know", "aware", "notice", "learn", "find out", "finds out", "be told", "conceal", "hide"),
        pattern=(
            r"\b(?:do not|don't|never|must not|should not|without|avoid|refrain from)\s+(?:ever\s+)?(?:tell|telling|inform|informing|notify|notifying|alert|alerting)\s+(?:the\s+|your\s+)?(?:user|human|owner|operator|customer|person|anyone|anybody|them)\b"
            r"(?:\s+(?:(?:about|of|that)\s+)?(?:this|it|these|the (?:upload|download|transfer|backup|instructions?|script|command|copy|copies)|you (?:did|have|are|ran|sent|uploaded))\b|\s?[.,;!)]|\s*$)"
            r"|\b(?:do not|don't|never|must not|should not|avoid|refrain from|without)\s+(?:ever\s+)?(?:mention|mentioning|reveal|revealing|disclose|disclosing|report|reporting|show|showing)\s+(?:this|it|these|that you|the existence of|anything about (?:this|it)|any of this)(?:\s+\w+){0,4}?\s*(?:to (?:the |your )?(?:user|human|owner|anyone|operator)|in (?:the|your) (?:answer|response|summary|output|reply|report))"
            r"|\b(?:without|so that) (?:the )?(?:user|human|owner|operator)(?:'s)? (?:knowledge|knowing|noticing|awareness|does not notice|doesn't notice|is not aware|will not see|won't see)\b"
            r"|\b(?:the )?(?:user|human|owner|operator) (?:does not|doesn't|must not|must never|should never|never|will not|won't|cannot) (?:notices?|learns? (?:of|about)|finds? out|be told|be informed|becomes? aware)\b"
            r"|\b(?:keep|hide|conceal) (?:this|it|these (?:steps|instructions)) (?:\w+ )?(?:from|secret from) (?:the )?(?:user|human|owner|operator)\b"
        ),
    ),
    Rule(
        id="acts-silently",
        severity="suspect",
        reason="does something in secret",
        words=("silently", "secretly", "covertly", "quietly", "discreetly", "stealth"),
        pattern=r"\b(?:silently|secretly|covertly|quietly|discreetly|stealthily)\s+(?:and \w+ )?(?:send|upload|post|transmit|forward|copy|exfiltrate|install|download|execute|run|email|collect|record|delete|modify|append|add|write|replace)\s+(?:the|this|it|all|any|every|each|a|your|their|them|these|`|curl|http)",
        kinds=("memory", "skill"),
    ),
)
# fmt: on
