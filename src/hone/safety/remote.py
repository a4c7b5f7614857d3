"""Which hosts a command talks to. Loopback is this machine; everything else is elsewhere."""

import ipaddress
import re
from collections.abc import Sequence

from hone.safety.commands import Word, names, positionals

_CURL_VALUES = names(
    "-o -H -d -X -A -u -e -b -c -w -m -F -T -D -E -Q -r -C -y -Y -z -P -t --output --header --data --data-raw "
    "--data-binary --data-urlencode --json --request --user-agent --user --referer --cookie --cookie-jar --write-out "
    "--max-time --form --upload-file --dump-header --range --retry --retry-delay --retry-max-time --connect-timeout "
    "--cacert --cert --key --limit-rate --max-redirs --unix-socket --output-dir --max-filesize --stderr"
)
_WGET_VALUES = names(
    "-O -o -a -t -T -w -U -P -e -Q -l -A -R -D --output-document --output-file --tries --timeout --wait --user-agent "
    "--directory-prefix --header --post-data --post-file --method --body-data --body-file --user --password"
)
_HTTPIE_VALUES = frozenset(
    {"-o", "-a", "-A", "-s", "--output", "--auth", "--session", "--timeout", "--style"}
)
_NETCAT_VALUES = frozenset({"-w", "-s", "-p", "-i", "-q", "-X", "-x"})
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_REDIRECTING = frozenset(
    {"--resolve", "--connect-to", "-x", "--proxy", "-K", "--config", "--socks5", "--preproxy"}
)

CLIENTS = frozenset(
    {"curl", "wget", "http", "https", "xh", "nc", "ncat", "netcat", "telnet", "websocat", "grpcurl"}
)
"""Programs that talk to the hosts that their arguments name."""

DATABASE_CLIENTS = names(
    "psql mysql mariadb mongosh mongo redis-cli cqlsh clickhouse-client sqlcmd "
    "createdb dropdb pg_dump pg_restore mysqladmin mysqldump"
)
"""Programs that talk to a database, by default one on this machine."""


def is_loopback(address: str) -> bool:
    """Whether a URL, `host:port` or host is this machine."""
    host = host_of(address)
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return False
    return ip.is_loopback or ip.is_unspecified


def host_of(address: str) -> str:
    """The host of a URL, `host:port` or `user@host`, in lower case, without brackets."""
    authority = re.split(r"[/?#\\]", re.sub(r"^[A-Za-z][\w+.-]*://", "", address), maxsplit=1)[0]
    authority = authority.rpartition("@")[2]
    if bracketed := re.match(r"\[([^\]]*)\]", authority):
        return bracketed[1].lower()
    host = authority if authority.count(":") > 1 else authority.partition(":")[0]
    return host.lower().rstrip(".")


def talks_elsewhere(name: str, words: Sequence[Word]) -> bool:
    """Whether the client `name` with the arguments `words` may reach another host; an unknown address may."""
    if any(word and word.split("=")[0] in _REDIRECTING for word in words):
        return True
    addresses = _addresses(name, words)
    return any(address is None or not is_loopback(address) for address in addresses)


def database_elsewhere(words: Sequence[Word]) -> bool:
    """Whether a database client is told to connect to another host."""
    for at, word in enumerate(words):
        after = words[at + 1] if at + 1 < len(words) else None
        if word is None:
            continue
        attached = re.match(r"(?:--host=|-h)(.+)$", word)
        if word in ("-h", "--host"):
            value = after
        elif attached:
            value = attached[1]
        elif "://" in word:
            value = word
        elif named := re.search(r"\bhost=(\S+)", word):
            value = named[1]
        else:
            continue
        if value is None or not (is_loopback(value) or value.startswith("/") or host_of(value) == ""):
            return True
    return False


def _addresses(name: str, words: Sequence[Word]) -> list[Word]:
    match name:
        case "curl":
            explicit = [words[i + 1] for i, word in enumerate(words[:-1]) if word == "--url"]
            return explicit + positionals(words, _CURL_VALUES | {"--url"})
        case "wget":
            return positionals(words, _WGET_VALUES)
        case "http" | "https" | "xh":
            rest = positionals(words, _HTTPIE_VALUES)
            rest = rest[1:] if rest and rest[0] in _METHODS else rest
            return [
                f"localhost{word}" if word and re.match(r":\d*(/|$)", word) else word for word in rest[:1]
            ]
        case "nc" | "ncat" | "netcat" | "telnet":
            return [] if "-l" in words else positionals(words, _NETCAT_VALUES)[:1]
        case _:
            return [word for word in words if word is None or "://" in word or re.match(r"[\w.-]+:\d+", word)]
