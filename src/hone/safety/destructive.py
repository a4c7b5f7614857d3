"""Commands whose effect reaches outside the workspace and cannot be taken back: they ask even where a sandbox stands.

A table to be read and extended: a program, what its arguments must be like, and the reason that the person is shown.
"""

import re
from collections.abc import Callable, Sequence

from hone.late import late
from hone.safety.commands import Command, Line, Word
from hone.safety.remote import CLIENTS, DATABASE_CLIENTS, database_elsewhere, talks_elsewhere

_Rule = tuple[str, str, str]

# program (a regular expression), arguments (searched in the words joined by blanks; case counts), reason
_RULES: tuple[_Rule, ...] = (
    ("git", r"^push\b.* (--force\S*|-f|--mirror|--delete|-d|--prune|\+\S+|:\S+)( |$)", "rewrites or deletes what others see"),
    ("git", r"^push .*-[a-z]*f", "rewrites what others see"),
    ("npm|pnpm|yarn|bun|lerna", r"^(npm )?(publish|unpublish|deprecate|dist-tag)\b", "publishes a package"),
    ("cargo|gem|poetry|uv|flit|hatch|pdm|vsce", r"^(publish|push|yank|owner)\b", "publishes a package"),
    ("twine", r"^upload\b", "publishes a package"),
    ("mvn|gradle|gradlew", r"\b(deploy|publish\w*|release:perform)\b", "publishes a package"),
    ("docker|podman", r"^(image |manifest )?push\b", "publishes an image"),
    ("docker|podman", r"^(\w+ )?(rm|rmi|remove|prune)\b", "deletes containers, images or volumes that others may use"),
    ("docker|podman|docker-compose", r"^(compose )?.*\bdown\b.* (-v|--volumes|--rmi)\b", "deletes volumes or images"),
    ("docker|podman", r"^(stop|kill|swarm|service|stack|node|secret|context rm)\b", "changes shared containers"),
    ("gh|glab", r"^[\w-]+ (delete|create|edit|merge|close|archive|rename|transfer|set|remove|comment|review|disable)\b",
     "changes a hosted project"),
    ("gh|glab", r"^api\b.*(-X|--method)[ =]?(POST|PUT|PATCH|DELETE)|^api\b.* (-f|-F|--field|--raw-field|--input)\b",
     "changes a hosted project"),
    ("kubectl|oc|k9s", r"\b(delete|apply|create|replace|patch|edit|scale|drain|cordon|taint|rollout|set|exec|annotate|label)\b",
     "changes a cluster"),
    ("helm", r"\b(install|upgrade|uninstall|delete|rollback)\b", "changes a cluster"),
    ("terraform|tofu|terragrunt", r"\b(apply|destroy|import|taint|state (rm|mv|push)|force-unlock)\b", "changes infrastructure"),
    ("pulumi|cdk|serverless|sls|eksctl|flyctl|fly", r"\b(up|destroy|deploy|delete|remove|create|scale|apps)\b", "changes infrastructure"),
    ("ansible|ansible-playbook", r".", "changes other machines"),
    ("aws|gcloud|gsutil|az|doctl|heroku|bq",
     r"(^|[ :])(delete|remove|terminate|destroy|deregister|purge|drop|rm|rb|mv|cp|sync|put|create|update|set|stop|reboot|deploy|run)\b",
     "changes cloud resources"),
    ("vercel|netlify|firebase|wrangler|surge", r"(^|\b)(deploy|--prod|publish|delete|rm|remove)\b", "deploys"),
    ("ssh|mosh", r"^(-\S+ (\S+ )?)*[^-\s]", "runs on another machine"),
    ("scp|sftp|rclone|s3cmd", r".", "writes to another machine"),
    ("rsync", r"(^| )[^-\s/][^\s/]*:", "writes to another machine"),
    ("http|https|xh", r"\b(POST|PUT|PATCH|DELETE)\b", "changes something on another host"),
    ("dd", r"\bof=/dev/(?!null\b|stdout\b)", "overwrites a device"),
    (r"mkfs(\.\w+)?|mke2fs|fdisk|sfdisk|parted|wipefs|mkswap|lvremove|vgremove", r"", "overwrites a disk"),
    ("shutdown|reboot|halt|poweroff|init|telinit", r"", "stops the machine"),
    ("systemctl|service|launchctl", r"\b(stop|restart|disable|mask|kill|poweroff|reboot|halt|unload|bootout|start|enable)\b",
     "changes services of the machine"),
    ("iptables|ip6tables|nft|ufw|firewall-cmd", r".", "changes the firewall"),
    ("useradd|userdel|usermod|groupadd|groupdel|passwd|chpasswd|visudo", r"", "changes accounts of the machine"),
    ("crontab", r"^(?!-l$)", "changes scheduled jobs"),
    ("mail|mailx|sendmail|msmtp|mutt", r"", "sends mail"),
    ("rm|chmod|chown|chgrp", r"^.*(-\w*[rR]\w*|--recursive)\b.* (/|~|/\*|~/|\$HOME|/(etc|usr|home|var|bin|lib|root|boot)/?)( |$)",
     "reaches the whole machine or home"),
    ("dropdb", r"", "deletes a database"),
)  # fmt: skip
_CURL_CHANGES = late(
    r"(?:^| )(?:(?:-X|--request)[ =]?[\"']?(?:POST|PUT|PATCH|DELETE)\b"
    r"|-[a-zA-Z]*[dFT](?: |$|\S)|--(?:data\S*|form\S*|upload-file|json|post-data|post-file|body-\w+)\b"
    r"|--method[ =]?(?:POST|PUT|PATCH|DELETE)\b)"
)
_SQL_CHANGES = late(r"(?i)\b(drop|truncate|delete\s+from|alter|flushall|flushdb|dropDatabase|deleteMany)\b")
_LOCAL_ONLY = frozenset({"http", "https", "xh"})
_HARMLESS_OPTIONS = frozenset({"--help", "--version", "-h", "--dry-run", "-n"})


def danger(line: Line) -> str | None:
    """Why a line should be asked about even in a sandbox, `git push: rewrites what others see`; None if it need not."""
    for command in line.commands:
        if reason := danger_of(command):
            return f"{command.name}: {reason}"
    for redirect in line.redirects:
        if redirect.target and re.match(r"/dev/(sd|nvme|vd|hd|disk|mem|mapper)", redirect.target):
            return f"{redirect.operator} {redirect.target}: overwrites a device"
    return None


def danger_of(command: Command) -> str | None:
    """Why one simple command is destructive outside the workspace."""
    name = command.name
    if name is None:
        return None
    words = command.words[1:]
    if name.startswith("python") and "-m" in words[:-1]:
        return danger_of(Command(words[words.index("-m") + 1 :]))
    said = " ".join("…" if word is None else word for word in _without_global_options(name, words))
    for programs, pattern, reason in _RULES:
        if re.fullmatch(programs, name) and re.search(pattern, said) and not _only_shows(name, words):
            if name in _LOCAL_ONLY and not talks_elsewhere(name, words):
                continue
            return reason
    return _CLIENT_RULES.get(name, _nothing)(name, words, said)


def _client_changes(name: str, words: Sequence[Word], said: str) -> str | None:
    changes = _CURL_CHANGES.search(said) and talks_elsewhere(name, words)
    return "changes something on another host" if changes else None


def _database_changes(_name: str, words: Sequence[Word], said: str) -> str | None:
    changes = _SQL_CHANGES.search(said) and database_elsewhere(words)
    return "deletes data on another host" if changes else None


def _nothing(_name: str, _words: Sequence[Word], _said: str) -> None:
    return None


_CLIENT_RULES: dict[str, Callable[[str, Sequence[Word], str], str | None]] = {
    **dict.fromkeys(CLIENTS, _client_changes),
    **dict.fromkeys(DATABASE_CLIENTS, _database_changes),
}


def _without_global_options(name: str, words: Sequence[Word]) -> list[Word]:
    """The words from the verb on, for programs whose options with a value may stand before it."""
    with_value = {
        "git": ("-C", "-c", "--git-dir", "--work-tree"),
        "kubectl": ("-n", "--namespace", "--context", "--kubeconfig"),
        "docker": ("-H", "--host", "--context"),
        "npm": ("--prefix",),
    }.get(name, ())
    rest = list(words)
    while with_value and rest and rest[0] and rest[0].startswith("-"):
        rest = rest[2:] if rest[0] in with_value else rest[1:]
    return rest


def _only_shows(name: str, words: Sequence[Word]) -> bool:
    shows = _HARMLESS_OPTIONS - ({"-n", "-h"} if name not in ("git", "rsync") else {"-h"})
    return any(word in shows for word in words)
