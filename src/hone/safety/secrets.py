"""Takes secrets out of texts before they reach a disk, a log or a model.

Two kinds: the values that are known (keys of the configuration and the environment), and forms that only keys have.
The forms are few and certain; guessing by randomness belongs to the gate, where a mistake costs a question only.
"""

import re
from collections.abc import Iterable, Iterator

_MIN_KNOWN = 8  # characters; a shorter value would be found inside ordinary words
_MAX_PASSES = 4

# Kind, and the form. A form begins with letters that stand in it literally (anything else costs ten times as much to
# search for); what is in its first group stays.
_FORMS: tuple[tuple[str, str], ...] = (
    ("key", r"()sk-(?<![\w-]sk-)(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{20,}"),
    ("key", r"()sk_live_(?<!\wsk_live_)[A-Za-z0-9]{16,}"),
    ("key", r"()rk_live_(?<!\wrk_live_)[A-Za-z0-9]{16,}"),
    ("github-token", r"()gh(?<!\wgh)[pousr]_[A-Za-z0-9]{30,}"),
    ("github-token", r"()github_pat_(?<!\wgithub_pat_)[A-Za-z0-9_]{30,}"),
    ("gitlab-token", r"()glpat-(?<!\wglpat-)[A-Za-z0-9_-]{20,}"),
    ("aws-key", r"()AKIA(?<!\wAKIA)[0-9A-Z]{16}(?!\w)"),
    ("aws-key", r"()ASIA(?<!\wASIA)[0-9A-Z]{16}(?!\w)"),
    ("slack-token", r"()xox(?<!\wxox)[abeprs]-[A-Za-z0-9-]{10,}"),
    ("google-key", r"()AIza(?<!\wAIza)[A-Za-z0-9_-]{35}(?![\w-])"),
    ("google-key", r"()GOCSPX-(?<!\wGOCSPX-)[A-Za-z0-9_-]{28}(?![\w-])"),
    ("sendgrid-key", r"()SG(?<!\wSG)\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}(?![\w-])"),
    ("digitalocean-token", r"()dop_v1_(?<!\wdop_v1_)[a-f0-9]{64}(?!\w)"),
    ("docker-token", r"()dckr_pat_(?<!\wdckr_pat_)[A-Za-z0-9_-]{20,}"),
    ("vault-token", r"()hvs(?<!\whvs)\.[A-Za-z0-9_-]{24,}"),
    ("shopify-token", r"()shpat_(?<!\wshpat_)[a-f0-9]{32}(?!\w)"),
    ("age-key", r"()AGE-SECRET-KEY-1[A-Z0-9]{58}(?!\w)"),
    ("huggingface-token", r"()hf_(?<!\whf_)[A-Za-z0-9]{30,}"),
    ("npm-token", r"()npm_(?<!\wnpm_)[A-Za-z0-9]{36}(?!\w)"),
    ("npm-token", r"(_authToken=)[A-Za-z0-9_-]{20,}"),
    ("pypi-token", r"()pypi-AgE(?<!\wpypi-AgE)[A-Za-z0-9_-]{50,}"),
    ("jwt", r"()eyJ(?<!\weyJ)[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    ("private-key", r"()-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY-----[^-]{0,20000}(?:-----END [A-Z0-9 ]{0,40}-----)?"),
    ("authorization", r"(uthorization[\"']? ?[:=] ?[\"']?)(?:[Bb]earer|[Bb]asic|[Tt]oken) +[A-Za-z0-9+/=._~-]{8,}"),
    ("authorization", r"(Bearer )(?=[A-Za-z+/=._~-]*\d)[A-Za-z0-9+/=._~-]{20,}"),
    ("password", r"(://[^\s:/@\"'<>`{}$\[\]]{0,64}:)[^\s/@\"'<>`{}$\[\]]{1,256}(?=@)"),
)  # fmt: skip


class Redactor:
    """Replaces secrets by `[redacted:KIND]`. `known` are values that are secret whatever they look like."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        values = {value.strip() for value in known}
        self._known = sorted((value for value in values if len(value) >= _MIN_KNOWN), key=len, reverse=True)
        self._forms = tuple((kind, _literal(form), re.compile(form)) for kind, form in _FORMS)

    def redact(self, text: str) -> str:
        """`text` without secrets. Redacting again changes nothing."""
        for _ in range(_MAX_PASSES):  # a replaced value may have hidden where the next one begins
            redacted = self._once(text)
            if redacted == text:
                break
            text = redacted
        return text

    def found(self, text: str) -> Iterator[tuple[str, str]]:
        """Kind and text of each secret that `redact` would take out."""
        yield from (("known", value) for value in self._known if value in text)
        for kind, literal, form in self._forms:
            if literal in text:
                yield from ((kind, match[0].removeprefix(match[1])) for match in form.finditer(text))

    def _once(self, text: str) -> str:
        if present := [re.escape(value) for value in self._known if value in text]:
            # Marks come first, so that a value that is part of one cannot make it grow.
            marks_and_values = re.compile("|".join([r"(\[redacted:[a-z-]+\])", *present]))
            text = marks_and_values.sub(lambda match: match[1] or "[redacted:known]", text)
        for kind, literal, form in self._forms:
            if literal in text:
                text = form.sub(rf"\1[redacted:{kind}]", text)
        return text


def _literal(form: str) -> str:
    """The letters that a form begins with."""
    found = re.match(r"\(\)([\w-]+ ?)|\(([\w:/]+ ?)", form)
    assert found
    return found[1] or found[2]
