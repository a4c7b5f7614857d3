"""A secret that comes up anywhere in the work is on no disk afterwards but in the user's own file, and no model saw it again."""

import asyncio
import gzip
import re
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from hone.app import App
from hone.backup import back_up
from hone.clock import SystemClock
from hone.events import AnyEvent
from hone.git import Git
from hone.models.base import Model
from hone.models.redacting import RedactingModel
from hone.safety.secrets import Redactor
from hone.testing import ScriptedModel, call, make_app, say

CANARIES = {
    "request": "ghp_" + "rQ1s" * 9,
    "argument": "glpat-" + "aR2g" * 5,
    "output": "AKIA" + "OUT7PUT2" * 2,
    "assigned": "x9Kq2mmP0zzL4w7Rt",
    "answer": "sk-ant-api03-" + "aN5w" * 12,
    "writer": "npm_" + "wR6t" * 9,
    "refused": "hf_" + "rF7d" * 9,
    "memory": "glsa_" + "hE8d" * 8 + "_0a1b2c3d",
    "skill": "dop_v1_" + "5e1f" * 16,
}
SKILL = "---\nname: tea\ndescription: Makes tea. Use it for tea.\n---\n# Tea\n\n## Steps\n\n1. Use {}\n"
SCRIPT = (
    "#!/bin/sh\n[ \"$MODE\" = production ] || { echo 'MODE must be production'; exit 1; }\ncat ./settings\n"
)


async def _work(app: App, model: ScriptedModel) -> None:
    """A hard turn, the review of it, a turn that is told to remember, and one that fails at the provider."""
    model.enqueue(
        call("shell", command=f"./deploy --token {CANARIES['argument']}"),
        call("shell", command=f"MODE=production ./deploy --token {CANARIES['argument']}"),
        say(f"Deployed with {CANARIES['answer']}."),
    )
    await app.start().run(f"deploy the site with {CANARIES['request']}")
    model.enqueue(
        call("remember", text=f"The key is {CANARIES['refused']}", file="memory"),
        call("shell", command="cat ../home/memory.md"),
        say("Noted."),
    )
    await app.start().run("look after the tea")
    app.release()
    learner = app.learner()
    fact = "`./deploy` needs MODE=production"
    model.enqueue(
        call(
            "memory_update",
            file="memory",
            op="add",
            text=f"The token is {CANARIES['writer']}",
            evidence=["e4"],
        ),
        call("memory_update", file="user", op="add", text=fact, evidence=["e4"]),
        *[call("learn_nothing", reason=f"it is about {CANARIES['writer']}")] * 6,
    )
    await learner.drain()
    learner.door.scan()
    learner.close()


@pytest.fixture
def places(tmp_path: Path) -> Path:
    home, work = tmp_path / "home", tmp_path / "work"
    (home / "skills/tea").mkdir(parents=True)
    work.mkdir()
    (home / "memory.md").write_text(f"- grafana: {CANARIES['memory']}\n")
    (home / "skills/tea/SKILL.md").write_text(SKILL.format(CANARIES["skill"]))
    (work / "deploy").write_text(SCRIPT)
    (work / "deploy").chmod(0o755)
    (work / "settings").write_text(f"id {CANARIES['output']}\nSERVICE_API_KEY={CANARIES['assigned']}\n")
    return tmp_path


Wrapped = Callable[[ScriptedModel], Model]


def _by_the_app(model: ScriptedModel) -> Model:
    return model


def _redacting(model: ScriptedModel) -> Model:
    return RedactingModel(model, Redactor().redact)


def _played(places: Path, wrapped: Wrapped) -> tuple[ScriptedModel, list[AnyEvent]]:
    model, shown = ScriptedModel(), list[AnyEvent]()

    async def go() -> None:
        async with make_app(places, wrapped(model), show=shown.append) as app:
            await _work(app, model)

    asyncio.run(go())
    return model, shown


def test_no_secret_is_left_on_disk_but_in_the_users_own_files(places: Path) -> None:
    _played(places, _redacting)
    home = places / "home"
    own = {"memory": "memory.md", "skill": "skills/tea/SKILL.md"}
    found = [
        (name, path.relative_to(home).as_posix())
        for path in sorted(home.rglob("*"))
        if path.is_file()
        for data in _contents(path)
        for name, canary in CANARIES.items()
        if _telling(canary).encode() in data.lower()
    ]
    assert sorted(found) == sorted(own.items())
    assert not [name for name, canary in CANARIES.items() if canary in _git_objects(home)]
    assert "MODE=production" in (home / "user.md").read_text()


def test_no_model_is_shown_one_that_came_up_before(places: Path) -> None:
    model, _ = _played(places, _redacting)
    _assert_unseen(model)


def test_the_app_sees_to_it_by_itself(places: Path) -> None:
    model, _ = _played(places, _by_the_app)
    _assert_unseen(model)


def test_why_nothing_was_kept_is_stored_without_it(places: Path) -> None:
    model = ScriptedModel()

    async def go() -> None:
        async with make_app(places, model) as app:
            model.enqueue(
                call("shell", command="./deploy"),
                call("shell", command="MODE=production ./deploy"),
                say("Done."),
            )
            await app.start().run("deploy the site")
            app.release()
            learner = app.learner()
            model.enqueue(call("learn_nothing", reason=f"it is about {CANARIES['writer']}"))
            await learner.drain()
            learner.close()

    asyncio.run(go())
    assert CANARIES["writer"].encode() not in b"".join(_contents(places / "home/state.db"))


def test_a_backup_holds_none_either_but_the_users_own_files(places: Path) -> None:
    _played(places, _redacting)
    file = places / "home.tar.gz"
    back_up(places / "home", file, SystemClock())
    data = gzip.decompress(file.read_bytes())
    assert [name for name, canary in CANARIES.items() if canary.encode() in data] == ["memory", "skill"]


def _assert_unseen(model: ScriptedModel) -> None:
    asked = [msgspec.json.encode(request.messages).decode() for request in model.requests]
    seen = [
        (number, name)
        for number, request in enumerate(asked)
        for name, canary in CANARIES.items()
        if canary in request
    ]
    assert len(asked) > 6
    assert seen == []


def _telling(canary: str) -> str:
    """The longest word of it, in small letters: an index of words would keep it so."""
    return max(re.split("[-_]", canary), key=len).lower()


def _contents(path: Path) -> Iterator[bytes]:
    data = path.read_bytes()
    yield data
    if "objects" in path.parts and len(path.name) == 38:
        yield zlib.decompress(data)
    if path.name == "state.db":
        with sqlite3.connect(path) as connection:
            yield "\n".join(connection.iterdump()).encode()


def _git_objects(home: Path) -> str:
    told = Git(home, {"PATH": "/usr/bin:/bin"}).run("cat-file", "--batch-all-objects", "--batch")
    return told or ""
