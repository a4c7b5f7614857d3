"""The words with which people correct, thank or go on, as patterns by language; `hone.learning.correction` weighs them.

Only the plainest: a correction that is not understood costs a lesson, thanks taken for a correction cost a review.
"""

import re


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_FILLERS = r"^(?:(?:no|nope|nah|wait|hm+|sorry|ok(?:ay)?|but|please|hey|oh|ah|well)\b[\s,.!:…-]+)*"
_IT = r"(?:that|this|it)"
_FINE = r"(?:all|it|fine|good|great|ok|perfect|right|correct|everything|enough)\b"

POLITE = _any(
    # English
    r"no (?:problem|worries|need|thanks?|thank you|rush|hurry|more|further|questions?|idea|matter|doubt|objections?|other)\b",
    rf"no(?:pe)?[,.]? {_IT}(?:'s| is| was) {_FINE}",
    r"no[,.]? (?:thanks?|thank you|all good|i'm good|nothing|we're (?:good|done)|go ahead|please (?:go|continue|proceed))",
    r"never ?mind|don't (?:worry|bother|mind)|not (?:bad|now|yet|sure)\b|(?:nothing|stop) (?:else|here)",
    rf"(?:actually|wow)[, ]+(?:thanks?|thank you|nice|{_IT}(?:'s| is| was|) (?:nice|works?|{_FINE})|{_FINE})",
    r"(?:thanks?|thank you|thx|perfect|great|awesome|nice|excellent)\b",
    # German, French, Spanish, Portuguese, Italian, Dutch, Russian
    r"nein,? (?:danke|alles|passt)|keine? (?:problem|sorge|ahnung)|danke\b",
    r"non,? (?:merci|c'est (?:bon|tout|parfait))|pas de (?:problème|souci)|pas mal|merci\b",
    r"no,? (?:gracias|eso es todo|está bien)|sin problema|gracias\b",
    r"não,? obrigad|sem problema|obrigad|no,? grazie|nessun problema|grazie\b",
    r"nee,? (?:dank|bedankt)|geen probleem|bedankt\b|нет,? спасибо|нет проблем|спасибо",
    # Chinese, Japanese
    r"不用|没问题|沒問題|谢谢|謝謝|いいえ、?(?:大丈夫|結構)|問題ない|ありがとう",
)
"""Messages that begin so are none, whatever else they say."""

STRONG = _any(
    rf"{_FILLERS}(?:actually,? )?(?:please )?(?:use|take|run) [^.?!\n]{{1,40}} instead\b",
    # English
    rf"{_FILLERS}{_IT}(?:'s| is| was) (?:\w+ )?(?:wrong|incorrect|false|a mistake)\b",
    rf"{_FILLERS}{_IT}(?:'s| is| was) not (?!working|a problem|necessary|urgent|important|bad|yet|sure|enough)",
    rf"{_FILLERS}{_IT} (?:isn't|wasn't) (?:what|right|correct|how|where|the|it|quite)",
    rf"{_FILLERS}(?:wrong|incorrect|not (?:that|this|like that|what i|quite|right|correct|there))\b",
    rf"{_FILLERS}you (?:should|shouldn't|were supposed|weren't supposed|have to use|need to use|must use)\b",
    rf"{_FILLERS}you (?:forgot|missed|misunderstood|misread|broke|used the wrong|picked the wrong)\b",
    rf"{_FILLERS}i (?:said|meant|told you|asked (?:you )?(?:for|to|not)|(?:didn't|did not) (?:ask|say|mean|want))\b",
    rf"{_FILLERS}i wanted (?!to (?:ask|know|say|thank|check))",
    rf"{_FILLERS}(?:why did(?:n't)? you|undo\b|revert {_IT}\b)",
    rf"{_FILLERS}(?:use )?not (?!only|just|sure|yet)\S+(?: \S+){{0,3}},? but ",
    r"^(?:no|nope)\s*[,.!:;—–-]+\s*\S+\s+\S+",
    r"^no (?:use|it|the|you|that|this|not|don't|we|i|please)\b",
    r"\byou should(?:n't| not)?(?: have|'ve)\b",
    # German
    r"^nein[,.!]+ \S+ \S+|^(?:das (?:ist|war) )?(?:falsch|nicht richtig|verkehrt)\b|^du (?:solltest|hättest)\b",
    r"^ich (?:meinte|sagte|wollte)\b|^nicht \S+(?: \S+){0,3},? sondern",
    # French
    r"^non[,.!]+ \S+ \S+|^(?:c'est )?(?:faux|incorrect|pas (?:ça|bon|correct))\b|^(?:tu aurais|vous auriez) dû",
    r"^(?:je (?:voulais|parlais)|j'ai dit)\b|^pas \S+(?: \S+){0,3},? mais",
    # Spanish
    r"^no[,.!]+ \S+ \S+|^(?:eso )?(?:está mal|es incorrecto|no es (?:así|correcto|eso))\b|^deberías haber",
    r"^quise decir|^no \S+(?: \S+){0,3},? sino",
    # Portuguese, Italian
    r"^não[,.!]+ \S+ \S+|^(?:(?:isso )?está )?errado\b|^deverias? ter|^eu quis dizer",
    r"^(?:(?:questo )?è )?sbagliato\b|^avresti dovuto|^intendevo\b|^non \S+(?: \S+){0,3},? ma\b",
    # Dutch, Russian
    r"^nee[,.!]+ \S+ \S+|^(?:dat is )?(?:fout|verkeerd)\b|^ik bedoelde|^niet \S+(?: \S+){0,3},? maar",
    r"^нет[,.!]+ \S+ \S+|^(?:это )?(?:неправильно|неверно|не так)\b|^я (?:имел|просил|сказал)|^не \S+(?: \S+){0,3}, а ",
    # Chinese, Japanese
    r"^(?:不对|不對|错了|錯了|不是.{1,30}(?:而是|是|应该|應該)|你应该|我(?:说的|的意思)是)",
    r"^(?:違い?ます|違う|間違|いや、|そうではなく|そうじゃなく)|^.{1,30}(?:ではなく|じゃなくて)",
)
"""Said of what was done, whatever it was."""

WEAK = _any(
    # English
    rf"{_FILLERS}(?:actually|instead|stop|don't|do not|never|rather|hold on|it should|should(?:n't)? (?:be|have))\b",
    r"\binstead of\b|\binstead[.!]*$|^wait\b",
    # German, French, Spanish, Portuguese, Italian, Dutch, Russian
    r"^(?:stattdessen|eigentlich|nicht|statt)\b|^(?:plutôt|au lieu|en fait|ne)\b|^(?:en vez|en lugar|mejor|en realidad)\b",
    r"^(?:em vez|na verdade)\b|^(?:invece|in realtà)\b|^(?:in plaats|eigenlijk)\b|^(?:вместо|не надо|лучше)\b",
)
"""Said of what was done only if the message names something of it."""

NEGATIVE = _any(r"\W*(?:no|nope|nah|nein|non|não|nee|нет|stop|don't|do not|never|actually|not)\b")
"""After a question of the agent, the answer to it."""

GOES_ON = _any(
    r"\b(?:also|another|next|add(?:itionally)?|as well|too|new task|now (?:let's|please|can)|could you|can you)\b",
    r"\b(?:what|how|which|who|when|where|is there|do you|would it)\b",
)
"""A further task, or a question."""
