"""Whatever a model sends as arguments, each call gets a reply, and nothing outside the workspace changes."""

import asyncio
import json
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.tools.test_skill_tool import loader

from hone.messages import ToolCall
from hone.safety.approve import Approver
from hone.safety.grants import Grants
from hone.safety.paths import PathPolicy
from hone.skills.discover import Library
from hone.testing import FakeClock
from hone.tools.access import FileAccess
from hone.tools.execute import Toolbox
from hone.tools.files import file_tools
from hone.tools.history import recall_tool
from hone.tools.skills import skill_tool

NAMES = ("read", "write", "edit", "find", "skill", "recall", "nothing")
KEYS = ("path", "content", "old", "new", "all", "offset", "limit", "pattern", "name", "query")
TEXTS = st.one_of(
    st.text(max_size=30), st.sampled_from(["a.txt", "../out.txt", "/etc/passwd", "", "~", "\0", "a" * 300])
)
VALUES = st.one_of(TEXTS, st.integers(), st.booleans(), st.none(), st.floats(), st.lists(TEXTS, max_size=2))
ARGUMENTS = st.one_of(
    st.text(max_size=60),
    st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5).map(json.dumps),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(NAMES), arguments=ARGUMENTS)
def test_any_arguments_get_a_reply_and_nothing_outside_changes(
    tmp_path: Path, name: str, arguments: str
) -> None:
    workspace = tmp_path / "work"
    workspace.mkdir(exist_ok=True)
    outside = tmp_path / "out.txt"
    outside.write_text("untouched")
    policy = PathPolicy(workspace=workspace, user_home=tmp_path / "user")
    files = FileAccess(policy, lambda: workspace, {})
    tools = [
        *file_tools(files),
        skill_tool(Library(), loader(set())),
        recall_tool(lambda _: (), lambda _: ()),
    ]
    approver = Approver("sandbox", policy, Grants(tmp_path / "home"), None, lambda: None)
    box = Toolbox(tools, approver, str, FakeClock())

    call = ToolCall("1", name, arguments)
    (reply,) = asyncio.run(box.execute([call], lambda _call: None, lambda _event: None))

    assert reply.call_id == "1"
    assert reply.text or reply.ok
    assert outside.read_text() == "untouched"
    assert {entry.name for entry in tmp_path.iterdir()} <= {"work", "out.txt"}
