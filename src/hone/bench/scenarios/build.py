"""Build and test: the tests of a module, a package, a dependency."""

import hashlib
import tarfile

from hone.bench.scenario import Checked
from hone.bench.scenarios.common import all_of, one_of, version_of
from hone.bench.worlds import Argument, Before, Command, Plan, Setting, Words, World

_MODULES = "billing orders search users mail stock"


def _tested(world: World) -> Checked:
    module = world.parameters["module"]
    if world.occasion == "distractor":
        return all_of(
            the_tests_are_skipped=world.read("var/skipped") == module, none_was_run=not world.ran("check")
        )
    return all_of(the_tests_passed=world.read("var/passed") == module)


TEST = Plan(
    name="run-acceptance-tests",
    kind="build",
    title="Run the acceptance tests of a module",
    traps=("the fixtures must be made first", "a setting of the time zone"),
    readme="""# Tests

## Running tests

The tests of a module: `./prepare <module>`, then `./check <module>`.

## Skipping tests

`./skip <module>` takes the tests of a module out of the nightly run.
""",
    commands={
        "prepare": Command("echo ready"),
        "fixtures": Command("echo made"),
        "check": Command(
            'echo "$1" > var/passed; echo "tests of $1 passed"',
            (
                Before("prepare"),
                Before("fixtures"),
                Setting("TZ", "UTC", after="Europe/Berlin", file="docs/clock.md"),
            ),
        ),
        "skip": Command('echo "$1" > var/skipped; echo "skipped"'),
    },
    words=Words(
        repeat=(
            "Run the acceptance tests of module {module}.",
            "Please run the acceptance tests of the module {module} and tell me whether they pass.",
            "I changed module {module}: run its acceptance tests.",
        ),
        variant=("Module {module} is next: run its acceptance tests once.",),
        distractor=("Skip the acceptance tests of module {module} in the nightly run.",),
    ),
    parameters=lambda occasion, number: {"module": one_of(_MODULES, occasion, number)},
    done=_tested,
)


def _packed(world: World) -> Checked:
    version = world.parameters["version"]
    package = world.workspace / "dist" / f"app-{version}.tar.gz"
    if world.occasion == "distractor":
        return all_of(
            the_version_is_withdrawn=version in world.read("var/withdrawn").split(),
            nothing_was_packed=not package.exists(),
        )
    if not package.exists():
        return Checked(False, "there is no package")
    with tarfile.open(package) as archive:
        names = archive.getnames()
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    return all_of(
        the_source_is_in_it=any(name.endswith("main.txt") for name in names),
        its_checksum_is_beside_it=world.read(f"dist/app-{version}.sha256").startswith(digest),
    )


PACK = Plan(
    name="release-package",
    kind="build",
    title="Pack a release and its checksum",
    traps=("a setting of the channel", "an argument of the checksum"),
    readme="""# Releases

## Packing

`./pack <version>` makes dist/app-<version>.tar.gz, `./sum <version>` the checksum beside it.

## Withdrawing

`./withdraw <version>` marks a release that must not be used any more.
""",
    commands={
        "pack": Command(
            'mkdir -p dist; tar czf "dist/app-$1.tar.gz" src && echo "packed $1"',
            (Setting("CHANNEL", "stable", after="general"),),
        ),
        "sum": Command(
            'cd dist && sha256sum "app-$1.tar.gz" > "app-$1.sha256" && echo "summed $1"; cd ..',
            (Before("pack"), Argument("--detached")),
        ),
        "withdraw": Command('echo "$1" >> var/withdrawn; echo "withdrawn"'),
    },
    words=Words(
        repeat=(
            "Pack the release, version {version}, with its checksum.",
            "Please pack version {version} of the release and make the checksum.",
            "Time for a release: pack version {version} with its checksum.",
        ),
        variant=("The release is due. Pack it as version {version}; the checksum belongs to it.",),
        distractor=("Withdraw the release, version {version}: its checksum was published by mistake.",),
    ),
    parameters=lambda occasion, number: {"version": version_of(occasion, number)},
    done=_packed,
    files=lambda parameters: {"src/main.txt": f"the app, {parameters['version']}\n"},
)


def _bumped(world: World) -> Checked:
    package = world.parameters["package"]
    lock = world.read("lock.txt").split()
    if world.occasion == "distractor":
        return all_of(
            it_is_pinned=world.read("pins.txt") == package, the_lock_is_as_it_was=f"{package}=new" not in lock
        )
    return all_of(
        the_lock_has_the_new_version=f"{package}=new" in lock,
        it_is_committed=world.read("var/commit") == package,
    )


BUMP = Plan(
    name="bump-dependency",
    kind="build",
    title="Bump a dependency and commit the lock file",
    traps=("the lock file must be unlocked first", "an argument of the commit", "a setting of the mirror"),
    readme="""# Dependencies

## Bumping

`./bump <package>` takes the newest version into lock.txt, `./commit <package>` commits it.

## Pinning

`./pin <package>` keeps a package at the version that it has.
""",
    commands={
        "unlock": Command("echo unlocked"),
        "bump": Command(
            'echo "$1=new" >> lock.txt; echo "bumped $1"',
            (Before("unlock"), Setting("MIRROR", "internal", after="proxy", file="docs/mirror.md")),
        ),
        "commit": Command(
            'git init -q . && git add lock.txt && git -c user.name=n -c user.email=e commit -qm "bump $1" && echo "$1" > var/commit && echo "committed"',
            (Before("bump"), Argument("--signoff")),
        ),
        "pin": Command('echo "$1" > pins.txt; echo "pinned"'),
    },
    words=Words(
        repeat=(
            "Bump the package {package} and commit the lock file.",
            "Please bump package {package} to the newest version and commit the lock file.",
            "There is a new version of package {package}: bump it and commit the lock file.",
        ),
        variant=("Bump our package {package}, it is out of date, and commit what changes in the lock file.",),
        distractor=("Pin the package {package}: the lock file must keep its version.",),
    ),
    parameters=lambda occasion, number: {
        "package": one_of("left-pad requests jinja numpy flask yaml", occasion, number)
    },
    done=_bumped,
    files=lambda _parameters: {"lock.txt": "base=1\n"},
)

PLANS = (TEST, PACK, BUMP)
