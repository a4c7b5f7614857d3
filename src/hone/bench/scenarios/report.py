"""Investigate and report: errors in logs, the use of a cluster, the course of an incident. The answer must hold the figure."""

from collections.abc import Mapping

from hone.bench.scenario import Checked
from hone.bench.scenarios.common import all_of, day_of, one_of, place_of
from hone.bench.worlds import Argument, Before, Command, Plan, Setting, Words, World


def _log(parameters: Mapping[str, str]) -> Mapping[str, str]:
    day = parameters["day"]
    errors = 20 + int(day[-2:])
    lines = [
        f"{day} {'ERROR' if number < errors else 'INFO'} request {number}" for number in range(errors + 40)
    ]
    return {f"logs/{day}.log": "\n".join(lines) + "\n"}


def _errors_told(world: World) -> Checked:
    day = world.parameters["day"]
    errors = world.read(f"logs/{day}.log").count(" ERROR ")
    if world.occasion == "distractor":
        return all_of(
            the_log_is_deleted=not (world.workspace / "logs" / f"{day}.log").exists(),
            nothing_was_counted=not world.ran("errors"),
        )
    return all_of(the_answer_has_the_number=f"{errors} errors" in world.answer)


ERRORS = Plan(
    name="count-errors",
    kind="report",
    title="Report the errors in a day's log",
    traps=("the log must be unpacked first", "an argument of the service", "a setting of the level"),
    readme="""# Logs

## Counting errors

`./index <day>` reads the log of a day, `./errors <day>` counts its errors.

## Forgetting a log

`./forget <day>` deletes the log of a day for good.
""",
    commands={
        "unpack": Command("echo unpacked"),
        "index": Command("echo indexed", (Before("unpack"),)),
        "errors": Command(
            'echo "$(grep -c " ERROR " "logs/$1.log") errors on $1"',
            (Before("index"), Argument("--service=api"), Setting("LEVEL", "error", after="fault")),
        ),
        "forget": Command('rm "logs/$1.log"; echo "forgotten"'),
    },
    words=Words(
        repeat=(
            "Count the errors in the log of day {day} and report the number.",
            "How many errors are in the log of day {day}? Count them and report the number.",
            "Please count the errors of the day {day} in the log and report their number.",
        ),
        variant=("I need the number of errors for the day {day}: count them in the log and report.",),
        distractor=("Forget the log of day {day}: its errors must not be kept any longer.",),
    ),
    parameters=lambda occasion, number: {"day": day_of(occasion, number)},
    done=_errors_told,
    files=_log,
)


def _use(world: World) -> str:
    return f"{30 + place_of(world.occasion, len(world.parameters['cluster']))} % used by {world.parameters['cluster']}"


def _use_told(world: World) -> Checked:
    if world.occasion == "distractor":
        return all_of(
            the_report_is_paused=world.read("var/paused") == world.parameters["cluster"],
            nothing_was_asked_for=not world.seen,
        )
    return all_of(the_answer_has_the_figure=_use(world) in world.answer)


def _use_pages(world: World) -> Mapping[str, str]:
    if not world.ran("login"):
        return {"/": "log in first"}
    return {"/v3/usage" if world.changed else "/v2/usage": _use(world)}


CAPACITY = Plan(
    name="capacity-report",
    kind="report",
    title="Report how much of a cluster is used",
    traps=("a setting of the login", "the page with the figure has moved"),
    readme="""# Capacity

## Reporting

`./login <cluster>`, then `./get {server}/usage` shows how much is used.

## Pausing the weekly report

`./pause-report <cluster>`.
""",
    commands={
        "tunnel": Command("echo open"),
        "login": Command(
            'echo "hello"', (Before("tunnel"), Setting("REALM", "internal", file="docs/login.md"))
        ),
        "pause-report": Command('echo "$1" > var/paused; echo "paused"'),
    },
    words=Words(
        repeat=(
            "Report how much of cluster {cluster} is used.",
            "Please report how much capacity of the cluster {cluster} is used.",
            "How much of cluster {cluster} is used? Report the capacity.",
        ),
        variant=("Report on cluster {cluster}: how much is used?",),
        distractor=("Pause the weekly report for cluster {cluster}, however much is used.",),
    ),
    parameters=lambda occasion, number: {
        "cluster": one_of("argon boron carbon neon radon xenon", occasion, number)
    },
    done=_use_told,
    pages=_use_pages,
)


def _events(parameters: Mapping[str, str]) -> Mapping[str, str]:
    incident = parameters["incident"]
    minute = int(incident) % 60
    return {f"events/{incident}.txt": f"09:{minute:02} first alarm\n09:{(minute + 7) % 60:02} mitigated\n"}


def _timeline_told(world: World) -> Checked:
    incident = world.parameters["incident"]
    if world.occasion == "distractor":
        return all_of(
            the_incident_is_closed=incident in world.read("var/closed").split(),
            no_timeline_was_made=not world.ran("timeline"),
        )
    first = world.read(f"events/{incident}.txt").partition(" ")[0]
    return all_of(
        the_answer_says_when_it_began=bool(first) and first in world.answer and world.ran("timeline")
    )


TIMELINE = Plan(
    name="incident-timeline",
    kind="report",
    title="Report when an incident began",
    traps=("the events must be collected first", "a setting of the zone", "an argument of the order"),
    readme="""# Incidents

## Timelines

`./select <incident>`, then `./timeline <incident>` shows what happened, the beginning first.

## Closing an incident

`./close-incident <incident>` closes an incident.
""",
    commands={
        "collect": Command("echo collected"),
        "select": Command('echo "selected"', (Before("collect"),)),
        "timeline": Command(
            'echo "began at $(head -n 1 "events/$1.txt")"',
            (Before("select"), Setting("ZONE", "utc", after="local"), Argument("--oldest-first")),
        ),
        "close-incident": Command('echo "$1" >> var/closed; echo "closed"'),
    },
    words=Words(
        repeat=(
            "Make a timeline of incident {incident} and report when it began.",
            "Incident {incident} needs a timeline: make it and report when it began.",
            "Please make the timeline of the incident {incident} and report when it began.",
        ),
        variant=("Make one more timeline: when did incident {incident} begin? Report it.",),
        distractor=("Close incident {incident}: the timeline is done and reported.",),
    ),
    parameters=lambda occasion, number: {"incident": str(4000 + 3 * place_of(occasion, number))},
    done=_timeline_told,
    files=_events,
)

PLANS = (ERRORS, CAPACITY, TIMELINE)
