"""Whether a message of the user corrects what the agent just did. Precision over recall: thanks and new tasks are none."""

import re
from collections.abc import Sequence

from hone.events import StepFinished
from hone.history.rows import Recorded
from hone.safety.commands import names

_LOOKED_AT = 240  # characters; a correction says so at once
_LONGEST = 1500  # of a message; what is longer is a task or a paste

_POLITE = re.compile(
    r"no (?:problem|worries|need|thanks?|thank you|rush|more|further|questions?|idea|matter|doubt|objections?|hurry|wonder|other|one\b|that'?s (?:all|it|fine|good|great|ok))"
    r"|no,? (?:that|this|it)(?:'s| is| was)? (?:all|it|fine|good|great|ok|perfect|everything|enough)|nope,? (?:that'?s|all)|not (?:bad|now|yet|sure)\b"
    r"|no[,.]? (?:thanks?|thank you|all good|i'?m good|nothing|we'?re (?:good|done)|go ahead|please (?:go|continue|proceed))|never ?mind|don'?t (?:worry|bother|mind)|stop here"
    r"|(?:actually|wow|nice)[, ]+(?:thanks?|thank you|great|perfect|good|nice|that(?:'s| is| was)? (?:great|good|fine|perfect|right|ok|correct|works?))"
    r"|nein,? (?:danke|alles|passt|das (?:war|ist) (?:alles|gut))|kein(?:e)? (?:problem|sorge|ahnung)|non,? (?:merci|c'est (?:bon|tout|parfait))|pas de (?:probl|souci)|pas mal"
    r"|no,? (?:gracias|eso es todo|est[aá] bien|grazie|va bene|obrigad)|não,? obrigad|sin problema|nessun problema|nee,? (?:dank|bedankt)|geen probleem|нет,? спасибо|нет проблем|不用|没问题|沒問題|いいえ、?(?:大丈夫|結構)|問題ない",
    re.IGNORECASE,
)
_PRAISE = re.compile(
    r"^(?:thanks?|thank you|thx|perfect|great|awesome|nice|excellent|danke|merci|gracias|grazie|obrigad|спасибо|谢谢|ありがとう)\b",
    re.IGNORECASE,
)

# Said of what was done, whatever it was.
_STRONG = re.compile(
    r"^(?:(?:no|nope|nah|wait|hm+|sorry|ok(?:ay)?|but|please|hey|oh|ah|well)\b[\s,.!:…-]+)*(?:"
    r"(?:that|this|it)(?:'s| is| was| isn'?t| wasn'?t| are)?,? (?:\w+ )?(?:not|wrong|incorrect|false|a mistake|the wrong|right[.!]? not)\b"
    r"|(?:that|this|it) (?:isn'?t|wasn'?t|is not|was not) (?:what|right|correct|how|where|the|it|quite)"
    r"|(?:that|this|it)'?s (?:not|wrong|incorrect)|wrong\b|incorrect\b|not (?:that|this|like that|what i|quite|right|correct|there)\b"
    r"|you (?:should(?:n'?t| not)?(?: have|'ve)|shouldn'?t|were supposed|weren'?t supposed|forgot|missed|misunderstood|misread|used the wrong|picked the wrong|have to use|need to use|must use|broke)"
    r"|i (?:said|meant|asked (?:you )?(?:for|to|not)|told you|did ?n[o']t (?:ask|say|mean|want)|wanted)\b|why did(?:n'?t)? you|undo\b|revert (?:that|this|it)\b"
    r")|^(?:no|nope)[,.!:;—–-]+\s*\S+\s+\S+|^no (?:use|it|the|you|that|this|not|don'?t|we|i|please)\b|\byou should(?:n'?t| not)?(?: have|'ve)\b|\bnot \S+(?: \S+){0,3},? but (?:rather )?\S+"
    r"|^(?:nein[,.!]+ \S+ \S+|(?:das (?:ist|war) )?(?:falsch|nicht richtig|verkehrt)\b|du (?:solltest|hättest|hast .{0,20}vergessen)|ich (?:meinte|sagte|wollte)\b|nicht \S+(?: \S+){0,3},? sondern)"
    r"|^(?:non[,.!]+ \S+ \S+|(?:c'est )?(?:faux|incorrect|pas (?:ça|bon|correct))\b|tu aurais dû|vous auriez dû|je (?:voulais|parlais)|j'ai dit|pas \S+(?: \S+){0,3},? mais)"
    r"|^(?:no[,.!]+ \S+ \S+|(?:eso )?(?:est[aá] mal|es incorrecto|no es (?:así|correcto|eso))|incorrecto|deber[ií]as haber|quise decir|no \S+(?: \S+){0,3},? sino)"
    r"|^(?:não[,.!]+ \S+ \S+|(?:está |isso está )?errado|deveria(?:s)? ter|eu quis dizer)|^(?:(?:è |questo è )?sbagliato|avresti dovuto|intendevo|non \S+(?: \S+){0,3},? ma\b)"
    r"|^(?:nee[,.!]+ \S+ \S+|(?:dat is )?(?:fout|verkeerd)\b|je had .{0,40}moeten|ik bedoelde|niet \S+(?: \S+){0,3},? maar)"
    r"|^(?:нет[,.!]+ \S+ \S+|(?:это )?(?:неправильно|неверно|не так)|я (?:имел|просил|сказал)|не \S+(?: \S+){0,3}, а )"
    r"|^(?:不对|不對|错了|錯了|不是.{1,30}(?:而是|是|应该)|你应该|我(?:说的|的意思)是)|^(?:違い?ます|違う|間違|いや、|そうではなく|そうじゃなく)|^\S{1,30}(?:ではなく|じゃなくて)|^(?:아니[요,]? \S+|틀렸)",
    re.IGNORECASE,
)
# Said of what was done only if it names something of it.
_WEAK = re.compile(
    r"^(?:(?:please|ok(?:ay)?|but|wait|hm+|sorry|hey)\b[\s,.!:…-]+)*(?:actually\b|instead\b|stop\b|wait\b|don'?t\b|do not\b|never\b|rather\b|it should\b|should(?:n'?t)? (?:be|have)|use \S+(?: \S+){0,4} instead|hold on)"
    r"|\binstead of\b|\binstead[.!]*$|^(?:stattdessen|eigentlich|nicht|statt)\b|^(?:plutôt|au lieu|en fait|ne )|^(?:en vez|en lugar|mejor|en realidad)\b|^(?:em vez|na verdade)\b|^(?:invece|in realtà)\b|^(?:in plaats|eigenlijk)\b|^(?:вместо|не надо|лучше)",
    re.IGNORECASE,
)
_ALSO = re.compile(
    r"\b(?:also|another|next|add(?:itionally)?|as well|too|new task|now (?:let'?s|please|can)|could you|can you|what|how|which|who|when|where|is there|do you|would it)\b",
    re.IGNORECASE,
)
_COMMON = names(
    "this that with from have your will would could should just then than them they there here what when where which while about"
    " into only also some more most make made does done file files line code please instead actually stop dont never rather use used"
    " using need want like good work works time again"
)


def is_correction(text: str, previous: Sequence[Recorded]) -> bool:
    """Whether `text`, the next message of the user, says that what the agent did in `previous` was not what was wanted."""
    said = [each.event.message for each in previous if isinstance(each.event, StepFinished)]
    message = text.strip().replace("’", "'")
    if not said or not message or len(message) > _LONGEST:
        return False
    begins = message[:_LOOKED_AT]
    if _POLITE.match(begins) or _PRAISE.match(begins):
        return False
    answer = next((each.text for each in reversed(said) if each.text), "").rstrip()
    if answer.endswith(("?", "？")) and re.match(
        r"\W*(?:no|nope|nah|nein|non|não|nee|нет|stop|don'?t|do not|never|actually|not)\b",
        begins,
        re.IGNORECASE,
    ):
        return False  # an answer to what was asked
    if _STRONG.search(begins):
        return not begins.split(".")[0].rstrip().endswith("?") or begins.lower().startswith(
            ("why did", "no", "wrong")
        )
    if not _WEAK.search(begins) or begins.rstrip().endswith("?") or _ALSO.search(begins):
        return False
    done = " ".join(
        [answer[-2000:], *(call.arguments for each in said[-10:] for call in each.tool_calls)]
    ).lower()
    words = set(re.findall(r"[^\W\d_][\w./-]{3,}|\b\d{2,}\b", begins.lower())) - _COMMON
    return any(word in done for word in words)
