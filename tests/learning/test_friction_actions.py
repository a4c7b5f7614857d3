"""How a shell line is read: the program behind its wrappers, what it is told to do, what it changes."""

import pytest

from hone.learning.actions import Action, actions_of, method_of
from hone.learning.similar import same_call


def only(line: str) -> Action:
    (pair,) = actions_of(line)
    return pair[1]


@pytest.mark.parametrize(
    ("line", "program", "verbs", "targets"),
    [
        ("npm run build -- --prod", "npm", ("build",), ()),
        ("pnpm build", "npm", ("build",), ()),
        ("npm ci", "npm", ("install",), ()),
        ("sudo -u app env X=1 timeout 5 python3 -m pytest tests", "pytest", (), ("tests",)),
        ("uv run --frozen pytest tests", "pytest", (), ("tests",)),
        ("uv pip install x", "pip", ("install",), ("x",)),
        ("npx --yes playwright test", "playwright", (), ("test",)),
        ("python3.12 -u manage.py migrate app", "manage.py", ("migrate",), ("app",)),
        ("bash ./scripts/deploy.sh prod", "deploy.sh", (), ("prod",)),
        ("./scripts/deploy.sh prod", "deploy.sh", (), ("prod",)),
        ("python -c 'print(1)'", "python", (), ("print(1)",)),
        ("python3 -", "python", (), ("-",)),
        ("docker compose exec -T -e A=b web npm test", "npm", ("test",), ()),
        ("docker-compose exec web npm test", "npm", ("test",), ()),
        ("docker compose run --rm web npm test", "npm", ("test",), ()),
        ("kubectl exec -n x pod/a -- redis-cli ping", "redis-cli", (), ("ping",)),
        ("docker exec web", "docker", ("exec",), ("web",)),
        ("docker-compose -f dev.yml up -d db", "docker", ("compose", "up"), ("db",)),
        ("git -C repo push origin main", "git", ("push",), ("origin", "main")),
        ("git --no-pager log", "git", ("log",), ()),
        ("aws --profile dev s3 ls bucket", "aws", ("s3", "ls"), ("bucket",)),
        ("curl -sSo out -X PUT localhost:1/x", "http", (), ("localhost:1/x",)),
        ("npx", "", (), ()),
    ],
)
def test_a_command_is_what_it_does(
    line: str, program: str, verbs: tuple[str, ...], targets: tuple[str, ...]
) -> None:
    action = only(line)
    assert (action.program, action.verbs, action.targets) == (program, verbs, targets)


@pytest.mark.parametrize(
    ("line", "nature"),
    [
        ("cat a", "explores"),
        ("cat a > b.txt", "edits"),
        ("cat a > /tmp/b 2>&1", "explores"),
        ("npm test > test.txt", "acts"),
        ("sed -n 1p a", "explores"),
        ("sed -i s/a/b/ a", "edits"),
        ("echo x | tee -a .env", "edits"),
        ("echo x | tee /tmp/log", "acts"),
        ("cp .env.example .env", "acts"),
        ("cp a.py b.py", "edits"),
        ("rm -rf node_modules", "acts"),
        ("rm tests/test_a.py", "edits"),
        ("mv a b", "edits"),
        ("git pull", "edits"),
        ("git status", "explores"),
        ("git apply --check x.patch", "acts"),
        ("black --check .", "acts"),
        ("black .", "edits"),
        ("eslint --fix src", "edits"),
        ("npx jest -u", "edits"),
        ("apt update --fix-missing", "acts"),
        ("python -c 'open(1).write(2)'", "edits"),
        ("python -c 'import x'", "acts"),
        ("docker ps", "looks"),
        ("curl localhost", "looks"),
        ("curl -X delete localhost", "acts"),
        ("curl -d x=1 localhost", "acts"),
        ("./deploy.sh --help", "explores"),
        ("./deploy.sh -h", "explores"),
        ("createdb -h localhost shop", "acts"),
        ("pg_isready", "looks"),
        ("./migrate.sh", "acts"),
    ],
)
def test_a_command_explores_looks_edits_or_acts(line: str, nature: str) -> None:
    assert actions_of(line)[-1][1].nature == nature


def test_what_prepares_the_shell_is_told_by_the_action() -> None:
    action = actions_of("cd app && export A=1 && source .venv/bin/activate && B=2 make x")[-1][1]
    assert action.where == "app"
    assert action.env == ("A=1", "B=2")
    assert action.setup == ("export A=1", "source .venv/bin/activate")


def test_a_value_that_is_made_at_run_time_is_kept_as_its_name() -> None:
    assert only("A=$(date) make").env == ("A=$(date)",)
    assert only("env -i A=1 make").env == ("A=1",)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("curl -s localhost:80/a", "curl -v http://127.0.0.1:80/a/", True),
        ("pytest -q", "pytest -x --tb short", True),
        ("make -j4 all", "make all", True),
        ("timeout 5 make", "make", True),
        ("sudo make", "make", False),
        ("A=1 make", "make", False),
        ("make $A", "make $B", False),
        ("make $A", "make $A", True),
    ],
)
def test_the_same_call_may_be_spelled_and_shown_otherwise(one: str, other: str, same: bool) -> None:
    assert same_call(only(one), only(other)) is same


def test_the_method_of_a_request_is_given_or_follows_from_its_body() -> None:
    assert [
        method_of(only(f"curl {given} localhost")) for given in ("", "-X put", "--json {}", "-F a=b")
    ] == [
        "GET",
        "PUT",
        "POST",
        "POST",
    ]
