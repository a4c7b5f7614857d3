"""What is known of common programs, as tables: how their words are read, and what running them tells or changes."""

from hone.safety.commands import names

VERBS: dict[str, int] = dict.fromkeys(
    names(
        "git npm docker kubectl helm cargo go terraform systemctl pip poetry pdm apt brew dnf yum gh dotnet conda"
        " alembic rails bundle flyway manage.py artisan mix flutter heroku fly vercel netlify nx turbo podman uv rustup"
        " supabase prisma sequelize knex ansible-galaxy composer"
    ),
    1,
) | {"aws": 2, "gcloud": 3, "az": 2}
"""How many words of a program say what it is to do."""

GROUPS: dict[str, frozenset[str]] = {
    "npm": names("run exec"),
    "docker": names("compose container image network volume buildx system"),
    "go": names("mod"),
    "gh": names("pr issue repo run workflow release"),
    "conda": names("env"),
    "prisma": names("migrate db"),
    "uv": names("pip tool"),
    "git": names("remote submodule worktree stash"),
}
"""Verbs that are followed by another verb."""

ALIASES: dict[str, str] = (
    dict.fromkeys(names("yarn pnpm bun"), "npm")
    | dict.fromkeys(names("curl wget http https xh curlie web_fetch"), "http")
    | {
        "pip3": "pip",
        "apt-get": "apt",
        "docker-compose": "docker compose",
        "podman-compose": "docker compose",
    }
    | {
        "nodejs": "node",
        "egrep": "grep",
        "fgrep": "grep",
        "mvnw": "mvn",
        "gradlew": "gradle",
        "tofu": "terraform",
    }
    | {"gmake": "make", "python2": "python", "python3": "python"}
)
VERB_ALIASES: dict[str, str] = {"ci": "install", "i": "install", "add": "install", "t": "test"}

INTERPRETERS = names("python node bash sh zsh dash ruby perl php deno Rscript")
"""What runs the script that is their first argument."""

RUNNERS: dict[str, tuple[str, ...]] = {
    "uv": ("run",),
    "poetry": ("run",),
    "pipenv": ("run",),
    "pdm": ("run",),
    "hatch": ("run",),
    "bundle": ("exec",),
    "npm": ("exec",),
    "conda": ("run",),
}
"""What runs the command behind these words."""
PLAIN_RUNNERS = names("npx bunx xvfb-run dbus-run-session time")

QUIET_WRAPPERS = names("time timeout nice ionice nohup stdbuf command builtin exec setsid")
"""What runs a command without changing what it does."""

VALUED: dict[str, frozenset[str]] = {
    "git": names("-C -c -m -b --message"),
    "npm": names("-w --workspace --prefix -C --dir --filter --cwd"),
    "docker": names(
        "-f --file -p --project-name --context -H -t --tag --name -e --env -v --volume --network -w -u"
    ),
    "kubectl": names("-n --namespace --context --kubeconfig -f --filename -l --selector -o --output"),
    "helm": names("-n --namespace --kube-context -f --values --set"),
    "make": names("-C -f -j --directory --file"),
    "ssh": names("-p -i -o -l -F -J -L -R"),
    "scp": names("-P -i -o -F"),
    "psql": names("-h -p -U -d --host --port --username --dbname -v"),
    "mysql": names("-h -P -u -D --host --port --user --database"),
    "redis-cli": names("-h -p -a -n"),
    "aws": names("--profile --region --output"),
    "terraform": names("-chdir"),
    "http": names(
        "-X --request -H --header -d --data --data-raw --data-binary --json -u --user -o -O --output -w --write-out -m"
        " --max-time --connect-timeout --retry --retry-delay --retry-max-time -b --cookie -c -F --form -A --user-agent"
        " --cacert --cert --key -x --proxy --resolve -T"
    ),
    "pytest": names("-k -m -p -c -n --tb --maxfail -o -W"),
    "pip": names("-r --requirement -i --index-url -c -t --target"),
    "cargo": names("-p --package --features --target --manifest-path"),
    "go": names("-run -tags -o -timeout"),
    "gcc": names("-o -I -L"),
    "python": names("-W -X"),
}
"""Options whose value is a word of its own."""

QUIET_OPTIONS: dict[str, frozenset[str]] = {
    "http": names(
        "-s -S -f -v -i -I -L -w -o -O -m -q --silent --show-error --fail --fail-with-body --verbose --include --head"
        " --location --write-out --output --max-time --connect-timeout --retry --retry-delay --retry-max-time"
        " --retry-connrefused --retry-all-errors --compressed --no-progress-meter -# --progress-bar -N"
    ),
    "pytest": names("-q -v -vv -vvv -x -s -l -rA -ra --tb --maxfail -qq --no-header --color --durations"),
    "go": names("-v"),
    "make": names("-s -j"),
    "kubectl": names("-o --output"),
    "psql": names("-t -A -x -q"),
}
COMMON_QUIET = names(
    "-q -v -vv --quiet --verbose --silent --color --colour --no-color --no-progress --progress --debug --trace --log-level"
    " --loglevel --stacktrace --backtrace"
)
"""Options that change only what is printed, or how long is waited: with another of them a call is the same call."""

ASKING = names(
    "--help --version --dry-run --list --list-tests --collect-only --co --usage --explain --check-only"
)
"""Options that ask about a job instead of doing it."""

REPAIRING = names(
    "--fix --fix-only --write --in-place --inplace --unsafe-fixes --autofix --autocorrect --update --updateSnapshot"
    " --snapshot-update --update-snapshots --inline-snapshot=fix --inline-snapshot=create"
)
REPAIRING_SHORT: dict[str, frozenset[str]] = {
    **dict.fromkeys(names("sed perl clang-format"), frozenset({"-i"})),
    **dict.fromkeys(names("gofmt goimports prettier"), frozenset({"-w"})),
    **dict.fromkeys(names("jest vitest npm"), frozenset({"-u"})),
    "rubocop": names("-a -A"),
}
"""Options that write what they find into the files."""

CHECKERS = names(
    "pytest tox nox jest vitest mocha ava rspec phpunit ctest unittest playwright cypress behave ruff flake8 pylint mypy pyright"
    " eslint tslint tsc prettier black isort gofmt golangci-lint shellcheck clang-format clang-tidy rubocop stylelint"
    " hadolint yamllint markdownlint pre-commit lint-imports staticcheck"
)
CHECKING_VERBS = names("test check clippy vet lint fmt typecheck verify validate")
"""Programs, verbs, scripts and targets that judge the code: red is what they are for."""

FORMATTERS = names(
    "black isort gofmt goimports rustfmt autopep8 yapf dos2unix patch ed ex 2to3 pyupgrade scalafmt"
)
EDITING_VERBS: dict[str, frozenset[str]] = {
    "git": names(
        "apply am checkout switch restore merge rebase cherry-pick revert reset stash pull add commit clean mv rm"
    ),
    "cargo": names("fmt fix"),
    "go": names("fmt"),
    "terraform": names("fmt"),
    "ruff": names("format"),
    "pre-commit": names("run"),
    "dotnet": names("format"),
    "mix": names("format"),
}
"""What changes or stages the files of a project, so that the same call may pass afterwards by ordinary work."""

EXPLORERS = names(
    "ls cat head tail less more bat grep rg ag ack find fd locate stat file tree du df wc nl cut sort uniq tr awk column"
    " comm diff cmp xxd od hexdump strings echo printf pwd whoami id groups hostname uname date uptime nproc free which type"
    " command whereis hash man help true false : test [ [[ expr let seq yes basename dirname realpath readlink jq yq env"
    " printenv set ps top pgrep pidof lsof ss netstat getent sleep wait jobs history clear read tac rev fold md5sum sha256sum"
    " sha1sum cksum base64 read return break continue exit trap shift local declare export unset alias ulimit umask"
)
"""Programs that look around on this machine: they change nothing, and their failures are how one looks."""
LOOKING_VERBS: dict[str, frozenset[str]] = {
    "git": names(
        "status log diff show branch rev-parse ls-files blame describe shortlog rev-list cat-file grep remote config tag"
        " reflog merge-base show-ref check-ignore diff-index ls-tree symbolic-ref name-rev version help"
    ),
    "docker": names("ps logs images inspect stats top info version events port history search"),
    "kubectl": names("get describe logs top explain version config"),
    "systemctl": names("status is-active is-enabled is-failed list-units show cat"),
    "npm": names("ls list view info outdated audit why config version help explain bin root whoami"),
    "pip": names("list show freeze check search index"),
    "apt": names("list search show policy"),
    "brew": names("list info search"),
    "cargo": names("tree metadata search"),
    "go": names("list version env doc"),
    "helm": names("list status get history"),
    "terraform": names("plan show output validate state version"),
    "gh": names("status"),
    "alembic": names("current history heads"),
}
LOOKERS = names(
    "journalctl http dig nslookup host ping traceroute nc telnet pg_isready redis-cli openssl crontab"
)
"""Programs and verbs that look at a service: they change nothing, but their failures say something."""

HANDLING = names(
    "mkdir cp mv rm rmdir ln touch chmod chown tar unzip zip gzip gunzip kill pkill killall tee cd pushd popd sed perl"
)
"""Programs whose failures are slips of whoever handles files and processes, and no lesson."""

BENIGN: dict[str, frozenset[int]] = {
    **dict.fromkeys(names("grep rg ag ack diff cmp colordiff test [ [[ expr let lsof"), frozenset({1})),
    **dict.fromkeys(names("pgrep pidof pkill killall kill crontab fuser"), frozenset({1})),
    **dict.fromkeys(names("which type command whereis hash getent id locale"), frozenset({1, 2, 127})),
    "timeout": frozenset({124}),
}
BENIGN_VERBS: dict[tuple[str, str], frozenset[int]] = {
    ("git", "diff"): frozenset({1}),
    ("git", "grep"): frozenset({1}),
    ("git", "diff-index"): frozenset({1}),
    ("git", "merge-base"): frozenset({1}),
    ("git", "show-ref"): frozenset({1}),
    ("git", "config"): frozenset({1}),
    ("git", "rev-parse"): frozenset({1, 128}),
    ("git", "symbolic-ref"): frozenset({1, 128}),
    ("git", "ls-files"): frozenset({1}),
    ("git", "check-ignore"): frozenset({1}),
    ("git", "ls-remote"): frozenset({2}),
    ("docker", "inspect"): frozenset({1}),
    ("docker", "image"): frozenset({1}),
    ("kubectl", "diff"): frozenset({1}),
    ("terraform", "plan"): frozenset({2}),
    ("npm", "outdated"): frozenset({1}),
    ("npm", "audit"): frozenset({1}),
    ("npm", "ls"): frozenset({1}),
    ("pip", "show"): frozenset({1}),
    ("systemctl", "status"): frozenset({1, 2, 3, 4}),
    ("systemctl", "is-active"): frozenset({1, 2, 3, 4}),
    ("systemctl", "is-enabled"): frozenset({1, 2, 3, 4}),
    ("systemctl", "is-failed"): frozenset({1}),
}
"""Exit codes that are an answer and no failure."""

SOURCE_SUFFIXES = names(
    ".py .pyi .js .mjs .cjs .ts .tsx .jsx .go .rs .java .kt .scala .c .h .cc .cpp .hpp .rb .php .swift .cs .sql .css .html"
    " .vue .svelte .ex .exs .hs .lua .sh"
)
"""A file with such a name is code: to copy, move or remove it is to edit."""

HEALTH_PATHS = names(
    "health healthz healthcheck health-check _health status ping ready readyz readiness live livez liveness alive up"
)
"""Last parts of URLs that ask a service the same question."""
