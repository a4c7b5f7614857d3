"""Deploy and operate: a web shop, the keys of hosts, a queue of workers."""

from collections.abc import Mapping

from hone.bench.scenario import Checked
from hone.bench.scenarios.common import all_of, one_of, place_of, version_of
from hone.bench.worlds import Argument, Before, Command, Plan, Setting, Words, World


def _deployed(world: World) -> Checked:
    version = world.parameters["version"]
    if world.occasion == "distractor":
        return all_of(
            the_old_version_runs=world.read("var/running") == version,
            it_was_rolled_back=world.ran("rollback"),
            nothing_was_deployed=not world.ran("deploy"),
        )
    return all_of(
        the_version_runs=world.read("var/running") == version,
        its_health_was_asked_for=_health(world) in world.seen,
    )


def _health(world: World) -> str:
    return "/readyz" if world.changed else "/healthz"


def _shop_pages(world: World) -> Mapping[str, str]:
    running = world.read("var/running") or "nothing"
    return {"/": f"the shop, version {running}", _health(world): f"ok, version {running}"}


DEPLOY = Plan(
    name="deploy-shop",
    kind="operate",
    title="Deploy a web shop and show that it is healthy",
    traps=(
        "a setting of the build",
        "migrations before the deployment",
        "the health check is at another path",
    ),
    readme="""# The web shop

## Deploying

Build with `./build`, deploy with `./deploy <version>`, then ask for the health check: `./get {server}/health`.

## Rolling back

Something is wrong with a release? `./rollback <version>` brings an older version back.
""",
    commands={
        "build": Command("echo built", (Setting("MODE", "production", file="docs/build.md"),)),
        "migrate": Command("echo migrated"),
        "deploy": Command(
            'echo "$1" > var/running; echo "deployed $1"', (Before("build"), Before("migrate"))
        ),
        "rollback": Command('echo "$1" > var/running; echo "back at $1"'),
    },
    words=Words(
        repeat=(
            "Deploy the web shop, version {version}, and show that it is healthy.",
            "Please deploy version {version} of the web shop and check its health.",
            "The web shop has a new version {version}: deploy it and show that it is healthy.",
        ),
        variant=(
            "Could you deploy the web shop again? It is version {version} now; is it healthy after that?",
        ),
        distractor=(
            "Roll the web shop back: version {version} is to run again, the new one is not healthy.",
        ),
    ),
    parameters=lambda occasion, number: {"version": version_of(occasion, number)},
    done=_deployed,
    pages=_shop_pages,
)


def _rotated(world: World) -> Checked:
    host = world.parameters["host"]
    if world.occasion == "distractor":
        return all_of(
            the_key_is_revoked=host in world.read("var/revoked").split(),
            no_new_key_was_installed=not world.ran("install"),
        )
    kind = "ed25519" if world.changed else "ecdsa"
    return all_of(
        the_new_key_is_installed=world.read(f"var/keys/{host}") == kind,
        the_host_is_back=world.read("var/drained") != host,
    )


ROTATE = Plan(
    name="rotate-keys",
    kind="operate",
    title="Rotate the key of a host",
    traps=(
        "a setting of the kind of key",
        "the host must be drained first",
        "an argument of the installation",
    ),
    readme="""# Keys of our hosts

## Rotating a key

`./issue <host>` makes a key, `./install <host>` puts it in place, `./undrain <host>` takes the host back into service.

## Revoking a key

A key that was lost is revoked with `./revoke <host>`. Nothing else is needed.
""",
    commands={
        "issue": Command(
            'echo "$KEYTYPE" > "var/new-$1"; echo "issued"', (Setting("KEYTYPE", "ecdsa", after="ed25519"),)
        ),
        "drain": Command("echo all > var/drained; echo drained"),
        "install": Command(
            'mkdir -p var/keys; cat "var/new-$1" > "var/keys/$1" && echo "installed"',
            (Before("drain"), Argument("--reload")),
        ),
        "undrain": Command('echo none > var/drained; echo "$1 is back"'),
        "revoke": Command('echo "$1" >> var/revoked; echo "revoked"'),
    },
    words=Words(
        repeat=(
            "Rotate the key of host {host}.",
            "The key of host {host} is old: rotate it, please.",
            "Please rotate the key of the host {host} today.",
        ),
        variant=("The same as last time, on another host: rotate the key of host {host}.",),
        distractor=("Revoke the key of host {host}: it was lost.",),
    ),
    parameters=lambda occasion, number: {
        "host": f"{one_of('alder birch cedar hazel maple', occasion, number)}{place_of(occasion, number)}"
    },
    done=_rotated,
)


def _scaled(world: World) -> Checked:
    if world.occasion == "distractor":
        return all_of(
            the_queue_is_empty=world.ran("purge"), the_workers_are_as_they_were=not world.ran("scale")
        )
    page = "/v2/workers" if world.changed else "/workers"
    return all_of(
        the_workers_are_as_wanted=world.read("var/workers") == world.parameters["workers"],
        their_number_was_asked_for=page in world.seen,
    )


SCALE = Plan(
    name="scale-queue",
    kind="operate",
    title="Change the number of workers of a queue",
    traps=("the queue must be paused first", "an argument that confirms", "the page with the workers moves"),
    readme="""# The queue

## Scaling

`./scale <workers>` changes how many workers there are; `./get {server}/worker` shows them.

## Emptying

`./purge` throws away all jobs that wait.
""",
    commands={
        "pause": Command("echo paused"),
        "scale": Command(
            'echo "$1" > var/workers; echo "scaled to $1"', (Before("pause"), Argument("--confirm"))
        ),
        "purge": Command("echo purged"),
    },
    words=Words(
        repeat=(
            "Scale the queue to {workers} workers and show them.",
            "Please scale the queue: {workers} workers, and show that they are there.",
            "The queue is slow. Scale it to {workers} workers and show them.",
        ),
        variant=("Scale our queue down again, {workers} workers will do. Show me how many there are then.",),
        distractor=("Purge the queue: the jobs that wait are of no use to the {workers} workers.",),
    ),
    parameters=lambda occasion, number: {"workers": str(3 + place_of(occasion, number))},
    done=_scaled,
    pages=lambda world: {
        "/v2/workers" if world.changed else "/workers": f"{world.read('var/workers')} workers"
    },
)

PLANS = (DEPLOY, ROTATE, SCALE)
