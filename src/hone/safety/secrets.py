"""Takes secrets out of texts before they reach a disk, a log or a model.

Two kinds: the values that are known (keys of the configuration and the environment), and forms that only keys have.
The forms are few and certain; guessing by randomness belongs to the gate, where a mistake costs a question only.
"""

import re
from collections.abc import Iterable

_MIN_KNOWN = 8  # characters; a shorter value would be found inside ordinary words
_MAX_PASSES = 4

# kind, a piece that every match contains (searched first, because that is a hundred times faster), the form.
_FORMS: tuple[tuple[str, str, str], ...] = (
    ("key", "sk-", r"(?<![\w-])sk-(?:ant-|proj-|or-v1-|svcacct-|admin-)?[A-Za-z0-9_-]{20,}"),
    ("key", "sk_live_", r"(?<!\w)sk_live_[A-Za-z0-9]{16,}"),
    ("github-token", "gh", r"(?<!\w)gh[pousr]_[A-Za-z0-9]{30,}"),
    ("github-token", "github_pat_", r"(?<!\w)github_pat_[A-Za-z0-9_]{30,}"),
    ("gitlab-token", "glpat-", r"(?<!\w)glpat-[A-Za-z0-9_-]{20,}"),
    ("aws-key", "AKIA", r"(?<!\w)AKIA[0-9A-Z]{16}(?!\w)"),
    ("aws-key", "ASIA", r"(?<!\w)ASIA[0-9A-Z]{16}(?!\w)"),
    ("slack-token", "xox", r"(?<!\w)xox[abeprs]-[A-Za-z0-9-]{10,}"),
    ("google-key", "AIza", r"(?<!\w)AIza[A-Za-z0-9_-]{35}(?![\w-])"),
    ("huggingface-token", "hf_", r"(?<!\w)hf_[A-Za-z0-9]{30,}"),
    ("npm-token", "npm_", r"(?<!\w)npm_[A-Za-z0-9]{36}(?!\w)"),
    ("pypi-token", "pypi-", r"(?<!\w)pypi-AgE[A-Za-z0-9_-]{50,}"),
    ("jwt", "eyJ", r"(?<!\w)eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    (
        "private-key",
        "PRIVATE KEY-----",
        r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY-----"
        r"(?:(?!-----END )[\s\S]){0,20000}(?:-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY-----)?",
    ),
    ("authorization", "uthorization", r"(?<=uthorization: )(?:Bearer|Basic|Token) +[A-Za-z0-9+/=._~-]{8,}"),
    ("authorization", "Bearer ", r"(?<=Bearer )[A-Za-z0-9+/=._~-]{20,}"),
    ("password", "://", r"(?<=://)(?:[^\s:/@\"'<>`{}$\[\]]{0,64}):(?:[^\s/@\"'<>`{}$\[\]]{1,256})(?=@)"),
)
_MARK = r"\[redacted:[a-z-]+\]"


class Redactor:
    """Replaces secrets by `[redacted:KIND]`. `known` are values that are secret whatever they look like."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        values = {value.strip() for value in known}
        self._known = sorted((value for value in values if len(value) >= _MIN_KNOWN), key=len, reverse=True)
        self._any_known = re.compile("|".join([f"({_MARK})", *map(re.escape, self._known)]))
        self._forms = tuple((kind, hint, re.compile(form)) for kind, hint, form in _FORMS)

    def redact(self, text: str) -> str:
        """`text` without secrets. Redacting again changes nothing."""
        for _ in range(_MAX_PASSES):  # a replaced value may have hidden where the next one begins
            redacted = self._once(text)
            if redacted == text:
                break
            text = redacted
        return text

    def _once(self, text: str) -> str:
        if any(value in text for value in self._known):
            text = self._any_known.sub(lambda match: match[1] or "[redacted:known]", text)
        for kind, hint, form in self._forms:
            if hint in text:
                text = form.sub(f"[redacted:{kind}]", text)
        return text
