"""Which new skill is one that is there already, and which only resembles it."""

import datetime

import pytest

from hone.changes.change import Add, AddStep, Change, Create, Effect
from hone.changes.rules.duplicates import duplicates

TODAY = datetime.date(2026, 11, 22)
STAGING = (
    "deploy-to-staging",
    "Deploys the shop to the staging server. Use when asked to deploy or ship to staging.",
    (
        "Run `npm run migrate`",
        "Build with `NODE_ENV=production npm run build`",
        "Run `./deploy.sh staging`",
        "Check `curl localhost:8431/healthz`",
    ),
)
PRODUCTION = (
    "deploy-to-production",
    "Deploys the shop to the production servers. Use when asked to release.",
    (
        "Run `npm run migrate`",
        "Build with `NODE_ENV=production npm run build`",
        "Run `./deploy.sh production`",
        "Check `curl shop.example.org/healthz`",
    ),
)
BACKUP = (
    "backup-database",
    "Backs up the postgres database to a file.",
    ("Run `pg_dump shop > shop.sql`", "Compress it with gzip"),
)
RESTORE = (
    "restore-database",
    "Restores the postgres database from a file.",
    ("Unpack with gunzip", "Run `psql shop < shop.sql`"),
)
UNIT = (
    "run-unit-tests",
    "Runs the unit tests of the shop with pytest.",
    ("Activate the venv", "Run `pytest tests/unit -x`"),
)
E2E = (
    "run-e2e-tests",
    "Runs the e2e tests of the shop with playwright.",
    ("Start the server", "Run `npx playwright test`"),
)
RELEASE = (
    "release-python-package",
    "Releases the python package: version, changelog, tag, upload.",
    (
        "Edit the version in pyproject.toml",
        "Run `python -m build`",
        "Tag with `git tag v$VERSION`",
        "Upload with twine",
    ),
)
PDF = (
    "extract-pdf-tables",
    "Extracts tables from PDF files into CSV.",
    ("Run `pdftotext -layout FILE`", "Parse columns by position", "Write with the csv module"),
)
FLAKY = (
    "debug-flaky-tests",
    "Finds out why a test fails only sometimes.",
    ("Run it 50 times with `pytest --count 50`", "Fix the seed with -p randomly", "Look for shared state"),
)
MIGRATION = (
    "write-django-migration",
    "Writes a django migration for a changed model.",
    ("Change models.py", "Run `manage.py makemigrations`", "Run `manage.py migrate --plan`"),
)
API = (
    "add-api-endpoint",
    "Adds an endpoint to the orders API with its test.",
    (
        "Add the route in src/routes.ts",
        "Add a handler",
        "Add a test in tests/routes.test.ts",
        "Run `npm test`",
    ),
)
DOCKER = (
    "build-docker-image",
    "Builds the docker image of the shop.",
    ("Run `docker build -t shop .`", "Check its size with `docker images`"),
)
BISECT = (
    "find-regression",
    "Finds the commit that broke something with git bisect.",
    ("Run `git bisect start`", "Mark a good commit", "Run `git bisect run ./check.sh`"),
)
WEATHER = (
    "weather-report",
    "Writes the weekly weather report from the station's CSV.",
    ("Read data/station.csv", "Average by day", "Write report.md"),
)

Sketch = tuple[str, str, tuple[str, ...]]


def found(new: Sketch, old: Sketch) -> list[str]:
    name, description, steps = new
    create = Create(name.replace("-", " ").capitalize(), description, description, steps)
    change = Change(target=f"skills/{name}/SKILL.md", origin="review", ops=(create,))
    return [finding.reason for finding in duplicates(change, (), {old[0]: skill_md(old)}, TODAY)]


def skill_md(sketch: Sketch) -> str:
    name, description, steps = sketch
    numbered = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))
    title = name.replace("-", " ").capitalize()
    return f'---\nname: {name}\ndescription: "{description}"\n---\n\n# {title}\n\n## When to use\n{description}\n\n## Steps\n{numbered}\n'


@pytest.mark.parametrize(
    ("new", "old"),
    [
        (("staging-deployment", "How to deploy the shop to the staging server.", STAGING[2]), STAGING),
        (("ship-to-staging", "Ships the shop to staging and checks that it is healthy.", STAGING[2][1:]), STAGING),
        (("deploy-shop-staging", "Deploy the shop to staging.", ("Migrate with `npm run migrate`", "`NODE_ENV=production npm run build`", "`./deploy.sh staging`")), STAGING),
        (("deploy-to-staging-server", "Deploys to the staging server.", ("Run the migrations", "Build for production", "Deploy, then check the health")), STAGING),
        (("database-backup", "Makes a backup of the postgres database.", ("`pg_dump shop > shop.sql`", "gzip the file")), BACKUP),
        (("backup-postgres-database", "Backs up the database into a compressed file.", ("Run `pg_dump shop | gzip > shop.sql.gz`",)), BACKUP),
        (("unit-tests", "Run the unit tests with pytest.", ("`pytest tests/unit -x`",)), UNIT),
        (("running-unit-tests", "Running unit tests of the shop.", ("Use the venv", "Run pytest on tests/unit")), UNIT),
        (("python-package-release", "Release a new version of the python package.", ("Bump the version in pyproject.toml", "`python -m build`", "`git tag`", "twine upload")), RELEASE),
        (("publish-python-package", "Publishes the python package: changelog, tag and upload.", ("Set the version in pyproject.toml", "Run `python -m build`", "Upload it with twine")), RELEASE),
        (("pdf-table-extraction", "Extract the tables of a PDF as CSV.", ("`pdftotext -layout FILE`", "Split columns by position")), PDF),
        (("flaky-test-debugging", "Debug a flaky test.", ("Repeat with `pytest --count 50`", "Fix the seed", "Look for shared state")), FLAKY),
        (("create-django-migration", "Creates a django migration after a model was changed.", ("Change models.py", "`manage.py makemigrations`", "`manage.py migrate --plan`")), MIGRATION),
        (("new-api-endpoint", "Add a new endpoint to the orders API.", ("Route in src/routes.ts", "Handler", "Test in tests/routes.test.ts", "`npm test`")), API),
        (("docker-image-build", "Build the shop's docker image.", ("`docker build -t shop .`",)), DOCKER),
        (("git-bisect-regression", "Find the commit that introduced a regression with git bisect.", ("`git bisect start`", "`git bisect run ./check.sh`")), BISECT),
        (("weekly-weather-report", "Weekly weather report from station data.", ("Read data/station.csv", "Average by day", "Write report.md")), WEATHER),
    ],
    ids=lambda sketch: sketch[0],
)  # fmt: skip
def test_the_same_skill_in_other_words_is_a_duplicate(new: Sketch, old: Sketch) -> None:
    assert found(new, old) == [f"much like skill {old[0]}: revise that one"]


@pytest.mark.parametrize(
    ("new", "old"),
    [
        (PRODUCTION, STAGING),
        (STAGING, PRODUCTION),
        (RESTORE, BACKUP),
        (E2E, UNIT),
        (("run-integration-tests", "Runs the integration tests of the shop with pytest.", ("Run `pytest tests/integration -x`",)), UNIT),
        (("rollback-staging", "Rolls back the last deploy of the shop on the staging server.", ("Find the release with `./releases.sh`", "Run `./rollback.sh staging`")), STAGING),
        (("seed-staging-database", "Fills the staging database with test data.", ("Run `npm run seed`", "Check that 40 orders are there")), STAGING),
        (("staging-logs", "Reads the logs of the staging server.", ("ssh to staging", "Run `journalctl -u shop`")), STAGING),
        (("release-npm-package", "Releases the npm package: version, changelog, tag, upload.", ("`npm version minor`", "`npm publish`")), RELEASE),
        (("yank-python-release", "Takes a broken release of the python package back.", ("Log in to the index", "Mark the version as yanked", "Tell the users")), RELEASE),
        (("extract-pdf-images", "Extracts images from PDF files.", ("Run `pdfimages -png FILE out`",)), PDF),
        (("fill-pdf-forms", "Fills the fields of PDF forms from CSV.", ("Read the fields with pypdf", "Write each row")), PDF),
        (("debug-slow-tests", "Finds out why tests are slow.", ("Run `pytest --durations 20`", "Profile the slowest")), FLAKY),
        (("squash-django-migrations", "Squashes old django migrations into one.", ("Run `manage.py squashmigrations shop 0040`", "Delete the old files")), MIGRATION),
        (("remove-api-endpoint", "Removes an endpoint of the orders API after two releases.", ("Search for callers", "Answer 410 for a release", "Delete the route")), API),
        (("add-cli-command", "Adds a command to the shop's command line with its test.", ("Add it in src/cli.ts", "Add a test", "Run `npm test`")), API),
        (("push-docker-image", "Pushes the docker image of the shop to the registry.", ("`docker login registry.example.org`", "`docker push shop:$TAG`")), DOCKER),
        (("shrink-docker-image", "Makes the docker image of the shop smaller.", ("Look at `docker history shop`", "Use a slim base", "Copy only dist/")), DOCKER),
        (("clean-docker", "Frees disk space that docker uses.", ("`docker system df`", "`docker system prune -f`")), DOCKER),
        (("revert-commit", "Takes back a commit that broke something.", ("`git revert SHA`", "Run the tests", "Push")), BISECT),
        (("sales-report", "Writes the weekly sales report from the shop's CSV.", ("Read data/sales.csv", "Sum by product", "Write sales.md")), WEATHER),
        (("weather-alerts", "Sends an alert when the station measures frost.", ("Read data/station.csv", "Compare with 0 °C", "Send a mail")), WEATHER),
        (("install-linux-driver", "Installs the printer driver on linux.", ("`dpkg -i driver.deb`",)), ("install-windows-driver", "Installs the printer driver on windows.", ("Run setup.exe",))),
        (("setup-pnpm-workspace", "Sets up a workspace with pnpm.", ("Write pnpm-workspace.yaml", "`pnpm install`")), ("setup-npm-workspace", "Sets up a workspace with npm.", ("Add workspaces to package.json", "`npm install`"))),
        (WEATHER, STAGING),
    ],
    ids=lambda sketch: sketch[0],
)  # fmt: skip
def test_another_skill_with_much_in_common_is_none(new: Sketch, old: Sketch) -> None:
    assert found(new, old) == []


def test_a_skill_of_the_same_name_is_the_one_to_revise() -> None:
    other = (STAGING[0], "Something else.", ("Run `true`",))
    assert found(STAGING, other) == ["a skill named deploy-to-staging exists: revise that one"]


def test_the_likest_of_several_is_named() -> None:
    create = Create("Deploy to staging", STAGING[1], "To deploy.", STAGING[2])
    change = Change(target="skills/staging-deploy/SKILL.md", origin="review", ops=(create,))
    less = ("deploy-staging", "Deploys to staging.", (*STAGING[2][:3], "Tell the team", "Write a note"))
    neighbours = {
        "weather-report": skill_md(WEATHER),
        "deploy-staging": skill_md(less),
        STAGING[0]: skill_md(STAGING),
    }
    (finding,) = duplicates(change, (), neighbours, TODAY)
    assert finding.reason == "much like skill deploy-to-staging: revise that one"


@pytest.mark.parametrize(
    "text",
    [
        "---\nname: [\n---\nunreadable: deploy shop to staging\n" + "\n".join(STAGING[2]),
        "---\nname: deploy-to-staging\ndescription: [a, list]\n---\n"
        + "\n".join(f"- {step}" for step in STAGING[2]),
    ],
)
def test_a_neighbour_that_is_hard_to_read_counts_by_its_name_and_lines(text: str) -> None:
    create = Create("Deploy to staging", "Deploys to staging.", "To deploy.", STAGING[2])
    change = Change(target="skills/deploy-staging/SKILL.md", origin="review", ops=(create,))
    (finding,) = duplicates(change, (), {"deploy-to-staging": text}, TODAY)
    assert finding.reason == "much like skill deploy-to-staging: revise that one"


def test_a_new_skill_without_steps_is_like_no_other() -> None:
    assert found(("notes", "Deploys the shop.", ()), STAGING) == []


MEMORY = b"""# Notes
- The staging server listens on port 8431 (until 2026-12-24)
- The user prefers pnpm to npm, see the notes
- the mirror is down (until 2026-11-21)
"""


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("the staging server listens on port 8431", True),
        ("Staging server listens on the port 8431.", True),
        ("The staging server listens on port 8432", False),
        ("The staging server never listens on port 8431", False),
        ("The production server listens on port 8431", False),
        ("port 8431", False),
        ("The user prefers npm to pnpm, see the notes", False),
        ("The  user prefers pnpm to npm,\nsee the notes", False),  # the very same: adding it changes nothing
        ("the mirror is down (until 2026-11-29)", False),  # what was known of it has expired
    ],
)
def test_an_entry_that_says_the_same_is_known(text: str, known: bool) -> None:
    change = Change(target="memory.md", origin="tool", ops=(Add(text),))
    found = list(duplicates(change, (Effect("memory.md", MEMORY, MEMORY),), {}, TODAY))
    assert [finding.decision for finding in found] == ["reject"] * known
    if known:
        assert found[0].reason == "already known: The staging server listens on port 8431 (until 2026-12-24)"


def test_an_entry_that_denies_a_known_one_is_news() -> None:
    change = Change(target="memory.md", origin="tool", ops=(Add("the server restarts by itself"),))
    effect = Effect("memory.md", b"- the server never restarts by itself\n", b"")
    assert list(duplicates(change, (effect,), {}, TODAY)) == []


def test_edits_of_a_skill_and_new_files_are_no_duplicates() -> None:
    revise = Change(target="skills/x/SKILL.md", origin="review", ops=(AddStep("Deploy"),))
    assert list(duplicates(revise, (), {"y": skill_md(STAGING)}, TODAY)) == []
    first = Change(target="memory.md", origin="tool", ops=(Add("The user prefers pnpm"),))
    assert (
        list(duplicates(first, (Effect("memory.md", None, b"- The user prefers pnpm\n"),), {}, TODAY)) == []
    )
