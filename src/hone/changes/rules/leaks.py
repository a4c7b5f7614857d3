"""Secrets in the words of a change: the forms that `hone.safety.secrets` knows, those of detect-secrets, and values that are
assigned to a name like `password`. A finding names detector and place, never the text.

Of detect-secrets only forms are used, so that it reads no file, environment or network. See `_forms_of_detect_secrets`.
"""

import functools
import re
from collections.abc import Iterator, Sequence

import msgspec

from hone.changes import items
from hone.changes.change import Change, Effect
from hone.changes.rules.finding import Finding
from hone.safety.secrets import Redactor

_NAMES = (
    r"password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key|auth[_-]?key"
    r"|account[_-]?key|credentials?"
)
_VALUE = r"""(?P<quote>["'`]?)(?P<value>[^\s"'`,;<>(){}\[\]]{6,})"""
_SHORTEST, _SHORTEST_PASSWORD = 8, 6
_LEAST_REST = 12  # characters that make a secret of a value with a placeholder's word in it
_ASSIGNED = re.compile(
    rf"""(?P<name>{_NAMES})["'`\])]{{0,2}}\s{{0,3}}(?::=|=>|={{1,3}}|:| is| was)\s{{0,3}}{_VALUE}""",
    re.IGNORECASE,
)
_PASSED = re.compile(
    rf"--(?:[a-z]+-)?(?P<name>{_NAMES})(?: |=){_VALUE}"
    rf"|(?:\bcurl\b.{{0,200}}?(?:-u|--user) ?|\bsshpass -p ?)(?P<login>[\"']?(?:[\w.@-]+:)?)(?P<value2>[^\s\"'`:]{{8,}})",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"your|my[_-]|example|placeholder|change[_-]?me|dummy|sample|redacted|insert|replace|todo|password|passwd"
    r"|api[_-]?key|x{4,}|\*{3,}|\.{3,}|…|0{8,}|1234567|abcdefg",
    re.IGNORECASE,
)
_STAND_IN = re.compile(r"your|placeholder|redacted|x{6,}|\*{3,}|\.{3,}|…", re.IGNORECASE)
_METHOD = re.compile(r"[a-z]+[-_]?\d{1,4}(?:[-_]?[a-z]+)*|.*[-_](?:hashed|encoded|encrypted)", re.IGNORECASE)
_LOOSE = frozenset({"password", "authorization"})  # forms that any word fits
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+|\d{1,4}|[^\W\d_]+\d{1,4}|\w{1,4}")
_PARTS = re.compile(r"[-_./:@+=\\|&?%#~^]+")


def leaks(change: Change, effects: Sequence[Effect]) -> tuple[Finding, ...]:
    """A rejection for each text of the change, or added line of a file that it writes whole, that holds a secret."""
    return tuple(
        Finding("reject", f"a secret ({kinds[0]}) in {item.place}: say where it is kept instead")
        for item in items.texts(change, effects)
        if (kinds := kinds_of_secrets(item.text))
    )


def without_secrets(change: Change) -> Change:
    """`change` with `[redacted:KIND]` in place of each text that holds a secret: the ledger keeps it."""
    return without_named_secrets(items.rewrite(change, _redact_whole))


def without_named_secrets(change: Change) -> Change:
    """`change` without secrets in the texts that it takes away or replaces: the ledger need not say them."""
    ops = tuple(
        msgspec.structs.replace(op, old=_redact_whole(op.old)) if hasattr(op, "old") else op
        for op in change.ops
    )
    return msgspec.structs.replace(change, ops=ops)


def without_known_forms(text: str) -> str:
    """A reason, which may quote a file, as the ledger and the inbox may keep it."""
    return _redactor().redact(text)


def kinds_of_secrets(text: str) -> tuple[str, ...]:
    """The detectors that find a secret in `text`, each once; none for placeholders, hashes, ids and references."""
    exact = (*_known_forms(text), *_of_detect_secrets(text))
    found = [kind for kind, value in exact if not _stands_in(kind, value)]
    found += [kind for kind, value in _assigned(text) if not _is_placeholder(value)]
    return tuple(dict.fromkeys(found))


def _stands_in(kind: str, value: str) -> bool:
    """Whether a value of a known form is no secret. Where the form is exact, `example` in it does not make it one."""
    return bool((_PLACEHOLDER if kind in _LOOSE else _STAND_IN).search(value))


def _is_placeholder(value: str) -> bool:
    """`your-api-key-1`, not a key that happens to have `example` in it."""
    rest, words = _PLACEHOLDER.subn("", value)
    return words > 0 and not (len(rest) >= _LEAST_REST and _looks_made(rest, guessable=False))


def _redact_whole(text: str) -> str:
    kinds = kinds_of_secrets(text)
    return f"[redacted:{kinds[0]}]" if kinds else text


def _known_forms(text: str) -> Iterator[tuple[str, str]]:
    for kind, value in _redactor().found(text):
        prose = (kind == "key" and not _looks_made(value, guessable=False)) or (
            kind == "authorization" and not any(map(str.isdigit, value))
        )
        if not prose:  # `sk-learn-contrib-template-2`, `Bearer token-from-login`
            yield kind, value


@functools.cache
def _redactor() -> Redactor:
    return Redactor()


def _assigned(text: str) -> Iterator[tuple[str, str]]:
    for match in _ASSIGNED.finditer(text):
        if _looks_made(match["value"], guessable=_is_password(match)):
            yield "assigned secret", match["value"]
    for match in _PASSED.finditer(text):
        value = match["value"] or match["value2"]
        if _looks_made(value, guessable=True):
            yield "secret as an argument", value


def _is_password(assigned: re.Match[str]) -> bool:
    """People choose passwords; all else is made by machines and looks like it. Of `password is …` much is prose."""
    name = assigned["name"].lower()
    prose = re.search(r"\s(?:is|was)\s", assigned[0]) and _METHOD.fullmatch(assigned["value"].rstrip(".:!?"))
    return ("pass" in name or name == "pwd") and not prose


def _looks_made(value: str, *, guessable: bool) -> bool:
    """Whether a value is no word, reference, path, version, hash or id. `guessable`: a word with digits is enough."""
    value = value.rstrip(".:!?")
    mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    if (
        not mixed
        or len(value) < (_SHORTEST_PASSWORD if guessable else _SHORTEST)
        or value.startswith(("$", "/", "~", "./", "../", "%", "-"))
        or "://" in value
    ):
        return False
    if _UUID.fullmatch(value) or value.lower().startswith(("sha256:", "sha512-", "sha1:", "md5:")):
        return False
    parts = [part for part in _PARTS.split(value) if part]
    if len(parts) == 1 and guessable:
        return True
    return not all(_WORD.fullmatch(part) for part in parts)


def _of_detect_secrets(text: str) -> Iterator[tuple[str, str]]:
    for kind, form in _forms_of_detect_secrets():
        yield from ((kind, _value(match)) for match in form.finditer(text))


@functools.cache
def _forms_of_detect_secrets() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Left out are those that guess (entropy, addresses), that mistake words for secrets (Artifactory, IBM IAM, Cloudant,
    keywords), that take minutes on a hostile line (OpenAI, npm), and that we have (JWT, private keys, basic auth).
    """
    from detect_secrets.plugins.aws import AWSKeyDetector  # noqa: PLC0415 - heavy
    from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector  # noqa: PLC0415 - heavy
    from detect_secrets.plugins.discord import DiscordBotTokenDetector  # noqa: PLC0415 - heavy
    from detect_secrets.plugins.github_token import GitHubTokenDetector  # noqa: PLC0415 - heavy
    from detect_secrets.plugins.gitlab_token import GitLabTokenDetector  # noqa: PLC0415 - heavy
    from detect_secrets.plugins.ibm_cos_hmac import IbmCosHmacDetector  # noqa: PLC0415 - heavy
    from detect_secrets.plugins.mailchimp import MailchimpDetector  # noqa: PLC0415 - heavy
    from detect_secrets.plugins.pypi_token import PypiTokenDetector  # noqa: PLC0415 - heavy
    from detect_secrets.plugins.sendgrid import SendGridDetector  # noqa: PLC0415 - heavy
    from detect_secrets.plugins.slack import SlackDetector  # noqa: PLC0415 - heavy
    from detect_secrets.plugins.softlayer import SoftlayerDetector  # noqa: PLC0415 - heavy
    from detect_secrets.plugins.square_oauth import SquareOAuthDetector  # noqa: PLC0415 - heavy
    from detect_secrets.plugins.stripe import StripeDetector  # noqa: PLC0415 - heavy
    from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector  # noqa: PLC0415 - heavy
    from detect_secrets.plugins.twilio import TwilioKeyDetector  # noqa: PLC0415 - heavy

    detectors = (
        AWSKeyDetector(), AzureStorageKeyDetector(), DiscordBotTokenDetector(), GitHubTokenDetector(),
        GitLabTokenDetector(), IbmCosHmacDetector(), MailchimpDetector(), PypiTokenDetector(), SendGridDetector(),
        SlackDetector(), SoftlayerDetector(), SquareOAuthDetector(), StripeDetector(), TelegramBotTokenDetector(),
        TwilioKeyDetector(),
    )  # fmt: skip
    return tuple((detector.secret_type, form) for detector in detectors for form in detector.denylist)


def _value(match: re.Match[str]) -> str:
    """The secret alone if the form has a group for it, else all of it; some have groups for the prefix only."""
    longest = max(match.groups(""), key=len, default="")
    return longest if len(longest) >= _SHORTEST else match[0]
