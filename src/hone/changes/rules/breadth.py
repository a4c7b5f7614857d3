"""Whether the literals of a tripwire tell a mistake from ordinary work: what half of all calls hold tells nothing. Pure."""

import re
from collections.abc import Iterable

from hone.safety.commands import names

_ENOUGH = 2

# Joints, and what runs the command that is meant: nothing is known by them.
_NOTHING = names(
    ". .. / // ./ & && | || ; ! > >> < << 2>&1 /dev/null sudo env time timeout nohup exec eval command run cd echo true sh bash zsh"
)
# Programs that do many jobs, the verbs and places that they share: two of them say something.
_COMMON = names(
    """
    git gh hg svn npm npx pnpm yarn bun deno node python python3 pip pip3 uv poetry pdm conda ruby gem bundle perl php composer
    java mvn gradle cargo rustc go dotnet make cmake docker podman kubectl helm terraform ansible aws gcloud az systemctl service
    ssh scp rsync curl wget http nc psql mysql sqlite3 redis-cli apt apt-get brew dnf yum apk
    ls cat head tail less wc grep egrep rg find fd sed awk xargs sort uniq cut tr tee diff stat file which test
    cp mv rm mkdir rmdir touch ln chmod chown tar unzip zip kill pkill ps export source set printf sleep date jq vi vim nano
    build test tests install start stop add update get list show status init create delete remove check lint format deploy
    src lib app apps bin docs doc config conf scripts dist out tmp data main index localhost 127.0.0.1 http:// https:// /tmp
    --help --version --verbose --quiet --silent --force --yes --all --recursive --json --output --file --name --config --path
    --dry-run --watch --no-cache --debug --format --type --message --include --exclude --port --host --env --user
    """
)
_SHORT_OPTION = re.compile(r"-\w{1,4}|--?")


def is_too_broad(literals: Iterable[str]) -> bool:
    """Whether all of `literals` together say no more than a single common word."""
    words = dict.fromkeys(word for literal in literals for word in literal.split())
    return sum(map(_weight, words)) < _ENOUGH


def _weight(word: str) -> int:
    plain = word.strip("\"'`")
    if plain in _NOTHING:
        return 0
    if plain in _COMMON:
        return 1
    if _SHORT_OPTION.fullmatch(plain):
        return 0
    return 1 if len(plain) < 3 or plain.isdigit() else _ENOUGH
