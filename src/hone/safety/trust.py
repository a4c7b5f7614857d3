"""How far the output of a command can be trusted: `external` if it may carry what another host said, else `workspace`."""

import re
from collections.abc import Sequence

from hone.late import late
from hone.messages import Trust
from hone.safety.commands import Command, Word, names, parse
from hone.safety.remote import CLIENTS, DATABASE_CLIENTS, database_elsewhere, talks_elsewhere

# Programs whose whole business is another host.
_ALWAYS = names(
    "ssh scp sftp mosh ftp lftp gh glab hub aws gcloud gsutil az heroku fly flyctl vercel netlify doctl kubectl helm "
    "npx bunx pnpx uvx dig nslookup host whois ping traceroute aria2c yt-dlp lynx w3m links rclone s3cmd "
    "ansible ansible-playbook slackcat mail sendmail twine"
)
# The first words after the program (options left out) that fetch.
_FETCHING: dict[str, str] = {
    "git": "fetch|pull|push|ls-remote|submodule|remote update|remote show|lfs|svn|archive --remote",
    "pip": "install|download|search|index|wheel",
    "pip3": "install|download|search|index|wheel",
    "pipx": "install|run|upgrade|upgrade-all|inject",
    "uv": "add|sync|lock|pip install|pip sync|pip compile|tool install|tool run|python install|publish|run",
    "poetry": "add|install|update|lock|publish|search",
    "pdm": "add|install|update|lock|sync|publish",
    "conda": "install|create|update|search|env",
    "mamba": "install|create|update|search|env",
    "npm": "install|i|ci|add|update|up|exec|x|create|init|view|info|search|audit|outdated|publish|login|whoami|ping",
    "pnpm": "install|i|add|update|up|dlx|create|view|info|audit|outdated|publish",
    "yarn": "$|install|add|up|upgrade|dlx|create|info|npm|audit|outdated|publish",
    "bun": "install|i|add|update|x|create|publish",
    "deno": "install|add|cache",
    "cargo": "install|add|update|fetch|search|publish|info",
    "go": "get|install|mod download|mod tidy|list -m",
    "gem": "install|update|search|fetch|push",
    "bundle": "$|install|update|add",
    "composer": "install|update|require|create-project|search",
    "apt": "install|update|upgrade|full-upgrade|download|source",
    "apt-get": "install|update|upgrade|dist-upgrade|download|source|build-dep",
    "dnf": "install|update|upgrade|search|download",
    "yum": "install|update|upgrade|search",
    "apk": "add|update|upgrade|fetch",
    "pacman": "-S|-Sy|-Syu",
    "zypper": "install|in|update|up|refresh",
    "brew": "install|update|upgrade|fetch|search|tap",
    "snap": "install|refresh|find|download",
    "flatpak": "install|update|search",
    "docker": "pull|push|run|build|buildx|login|search|compose up|compose pull|compose build|create",
    "podman": "pull|push|run|build|login|search|create",
    "terraform": "init|plan|apply|destroy|import|refresh|get|providers",
    "tofu": "init|plan|apply|destroy|import|refresh|get|providers",
    "pulumi": "up|preview|destroy|refresh|login",
    "rustup": "update|install|toolchain|component|target",
    "nvm": "install|ls-remote",
    "pyenv": "install|update",
    "mvn": "dependency:get|deploy",
}
_LOOKS_LIKE_NETWORK = late(
    r"(?i)\b(?:https?|ftp|wss?|ssh|git)://(?!(?:localhost|127\.|\[::1\]|0\.0\.0\.0))"
    r"|\b(?:curl|wget|ssh|scp|rsync|requests|urllib|urlopen|httpx2?|aiohttp|fetch|socket|http\.client)\b"
)
_SHOWS_VERSION = frozenset({"--version", "-V", "--help"})


def trust_of_command(line: str) -> Trust:
    """The trust of what `line` prints. Loopback addresses are the workspace's own servers."""
    parsed = parse(line)
    if any(fetches(command) for command in parsed.commands):
        return "external"
    # What cannot be read may hide anything; only what looks like network is held against it, else every
    # loop over a variable would make a session external.
    if parsed.unknown and _LOOKS_LIKE_NETWORK.search(line):
        return "external"
    return "workspace"


def fetches(command: Command) -> bool:
    """Whether a simple command may bring text from another host."""
    name, words = command.name, command.words[1:]
    if name is None or (len(words) == 1 and words[0] in _SHOWS_VERSION):
        return False
    if name in CLIENTS:
        return talks_elsewhere(name, words)
    if name in DATABASE_CLIENTS:
        return database_elsewhere(words)
    if name == "rsync":
        return any(
            word is None or re.match(r"[^/]*:", word) for word in words if word is None or word[0:1] != "-"
        )
    if name.startswith("python") and name != "python-config":
        return _python_fetches(command)
    if name in ("node", "ruby", "perl", "php", "deno", "bun") and _inline_fetches(command):
        return True
    if name == "git" and "clone" in words:
        return any(word is None or re.search(r"://|^[\w.-]+@?[\w.-]*:", word) for word in words)
    return name in _ALWAYS or _is_fetching(name, words)


def _is_fetching(name: str, words: Sequence[Word]) -> bool:
    verbs = [word for word in words if word and (not word.startswith("-") or name in ("pacman", "go"))]
    if name == "git":  # -C DIR and -c NAME=VALUE stand before the verb
        verbs = [
            word
            for i, word in enumerate(words)
            if word and word[0:1] != "-" and words[i - 1] not in ("-C", "-c")
        ]
    said = " ".join(verbs)
    return any(
        (said == "" if verb == "$" else said == verb or said.startswith(f"{verb} "))
        for verb in _FETCHING.get(name, "").split("|")
        if verb
    )


def _python_fetches(command: Command) -> bool:
    words = command.words
    if "-m" in words[:-1]:
        at = words.index("-m") + 1
        module = words[at]
        return module is not None and fetches(Command((module, *words[at + 1 :])))
    return _inline_fetches(command)


def _inline_fetches(command: Command) -> bool:
    """Whether a program given on the command line names another host's address."""
    inline = [word for flag in ("-c", "-e", "--eval") if flag in command.words for word in command.static]
    return any(
        re.search(r"(?i)\b(?:https?|wss?|ftp)://(?!localhost|127\.|\[::1\]|0\.0\.0\.0)", word)
        for word in inline
    )
