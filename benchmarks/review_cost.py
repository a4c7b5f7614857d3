"""What a review costs: requests, bytes and tokens of the review of a deployment that was found out the hard way.

    python benchmarks/review_cost.py [--show]

The writer is simulated and answers with a skill at once, so the numbers are those of what hone sends. The transcript is
the deploy example's: the build needs NODE_ENV, migrations come first, the first connection is refused, the health check
has moved. The long one has the same in the middle of 200 calls with large outputs. `--show` prints what the writer reads.
"""

import argparse
import asyncio
import datetime
import json
from collections.abc import Sequence

import msgspec

from hone.changes.change import Change, Facts, Verdict
from hone.config.settings import ModelEntry
from hone.events import AnyEvent, StepFinished, ToolFinished, ToolStarted, TurnFinished, TurnStarted
from hone.history.rows import Recorded
from hone.jobs.nudge import Nudge
from hone.learning.friction import mine
from hone.learning.review import Desk, Reviewed, Work, review
from hone.messages import Assistant, ToolCall, ToolReply, Usage, User
from hone.models.endpoint import Dialect
from hone.models.wire import encode_request
from hone.testing import ScriptedModel, call

REQUEST = "Deploy the shop to staging and check that it is healthy."
DEPLOYMENT = (
    ("cat README.md", 0, "# shop\nBuild with npm run build, deploy with ./deploy.sh ENVIRONMENT.\n" * 6),
    ("npm run build", 1, "> shop@1.4.0 build\n> node build.js\n\nError: NODE_ENV is not set; use production\n    at build.js:3"),
    ("cat build.js", 0, "if (!process.env.NODE_ENV) throw new Error('NODE_ENV is not set; use production')\n" * 4),
    ("NODE_ENV=production npm run build", 0, "> shop@1.4.0 build\n> node build.js\n\nbuilt dist/ in 1.2 s"),
    ("./deploy.sh staging", 1, "deploying dist/ to staging\nerror: 2 migrations are pending: 0007_orders, 0008_index"),
    ("ls", 0, "README.md\nbuild.js\ndeploy.sh\ndist\nmigrate.sh\nmigrations\npackage.json"),
    ("./migrate.sh staging", 0, "applied 0007_orders\napplied 0008_index"),
    ("./deploy.sh staging", 0, "deploying dist/ to staging\nreleased 1.4.0"),
    ("curl -sf localhost:8080/health", 56, "curl: (56) Recv failure: Connection reset by peer"),
    ("curl -sf localhost:8080/health", 22, "curl: (22) The requested URL returned error: 404"),
    ("grep -rn health server.js", 0, "server.js:41:  if (path === '/healthz') return ok(response)"),
    ("curl -sf localhost:8080/healthz", 0, '{"status":"ok","release":"1.4.0"}'),
)  # fmt: skip
SKILL = call(
    "skill_create",
    name="deploy-to-staging",
    title="Deploy to staging",
    description="Deploys the shop to staging and checks it. Use it to deploy, release or ship to staging.",
    when_to_use="Somebody asks to deploy, release or ship the shop to staging.",
    steps=[
        "Run `NODE_ENV=production npm run build`.",
        "Run `./migrate.sh staging`.",
        "Run `./deploy.sh staging`.",
        "Run `curl -sf --retry 2 --retry-all-errors localhost:8080/healthz`; it prints the release.",
    ],
    gotchas=[
        {
            "text": "`npm run build` without NODE_ENV fails with 'NODE_ENV is not set' -> set NODE_ENV=production"
        },
        {"text": "`./deploy.sh` before `./migrate.sh` fails with 'migrations are pending' -> migrate first"},
        {"text": "The health check is at /healthz; /health gives 404 -> ask for /healthz"},
    ],
)
OTHER = (
    "---\nname: {0}\ndescription: How to {0}.\n---\n# {0}\n\n## Steps\n"
    + "1. Run `make {0} TARGET=all`.\n" * 12
)


def recorded(calls: Sequence[tuple[str, int, str]]) -> tuple[Recorded, ...]:
    """One turn with these commands, as the history would give it back."""
    events: list[AnyEvent] = [TurnStarted(REQUEST)]
    for number, (command, code, output) in enumerate(calls, start=1):
        made = ToolCall(f"call_{number}", "shell", json.dumps({"command": command}))
        reply = ToolReply(made.id, "shell", f"{output}\n[exit {code}]", code == 0, code)
        events += [
            StepFinished(number, Assistant("", (made,)), Usage(), "bench:model", 1.0),
            ToolStarted(made),
            ToolFinished(reply, 1.0),
        ]
    answer = "The shop 1.4.0 runs on staging and is healthy."
    events += [StepFinished(len(calls) + 1, Assistant(answer), Usage(), "bench:model", 1.0)]
    events += [TurnFinished(1, "answered", answer, "", len(calls) + 1, len(calls), 4, Usage(), 30.0)]
    return tuple(
        Recorded(f"e{number}", 1, number // 3, 1_000.0 + number, event)
        for number, event in enumerate(events, start=1)
    )


def work(calls: Sequence[tuple[str, int, str]]) -> Work:
    events = recorded(calls)
    nudge = Nudge(session="s", first_turn=1, turn=1, reasons=("fix",), id=1)
    return Work(
        nudge=nudge,
        events=events,
        episodes=mine(events),
        request=REQUEST,
        session="s",
        project="shop",
        trust="workspace",
    )


def reviewed(of: Work) -> tuple[Reviewed, ScriptedModel]:
    def judge(change: Change, _: Facts) -> Verdict:
        return Verdict("accept", change)

    skills = {name: OTHER.format(name) for name in ("rotate-logs", "release-package", "rebuild-search-index")}
    files = {f"skills/{name}/SKILL.md": text.encode() for name, text in skills.items()}
    writer = ScriptedModel(SKILL)
    desk = Desk(
        judge=judge,
        skills=skills,
        memory={
            "user.md": "- Writes in British English.\n",
            "memory.md": "- Staging is at localhost:8080.\n",
        },
        read=files.get,
        nearest=lambda _: tuple(skills),
        today=datetime.date(2026, 11, 22),
        afford=lambda _: None,
        record=lambda _: None,
    )
    return asyncio.run(review(of, writer, desk)), writer


def report(name: str, of: Work, *, show: bool) -> None:
    result, writer = reviewed(of)
    bodies = [encode_request(ModelEntry(id="writer"), request, Dialect()) for request in writer.requests]
    given = len(msgspec.json.encode(of.events))
    total = sum(map(len, bodies))
    print(
        f"{name:<22} {given:>9,} bytes of events -> {result.requests} request, {total:,} bytes, {-(-total // 4):,} tokens"
    )
    if show:
        message = writer.requests[0].messages[1]
        assert isinstance(message, User)
        print(f"\n{message.text}\n")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--show", action="store_true", help="print what the writer reads")
    options = parser.parse_args()
    noise = [(f"make part-{number}", 0, f"compiling part {number}\n" * 2_000) for number in range(94)]
    report("the deployment", work(DEPLOYMENT), show=options.show)
    report("the same in 200 calls", work((*noise, *DEPLOYMENT, *noise)), show=options.show)


if __name__ == "__main__":
    main()
