"""No secret reaches a model, whoever wrote it; its replies are as they are."""

import asyncio

from hone.messages import Assistant, System, ToolCall, ToolReply, User
from hone.models.base import Request
from hone.models.redacting import RedactingModel
from hone.testing import ScriptedModel, call

KEY = "ghp_" + "a1B2" * 9
MARK = "[redacted]"


def test_every_message_is_redacted_once_and_the_reply_comes_as_it_is() -> None:
    asked: list[str] = []

    def redact(text: str) -> str:
        asked.append(text)
        return text.replace(KEY, MARK)

    said = (
        System(KEY),
        User(f"it is {KEY}"),
        Assistant(KEY, (ToolCall("1", "shell", f'{{"command": "{KEY}"}}'),), KEY),
        ToolReply("1", "shell", KEY, ok=False, exit_code=2, trust="external"),
    )
    scripted = ScriptedModel(call("shell", command=KEY), "done")
    model = RedactingModel(scripted, redact)

    async def go() -> None:
        reply = await model.complete(Request(said), lambda _: None)
        assert reply.message.tool_calls[0].arguments == f'{{"command": "{KEY}"}}'
        count = len(asked)
        await model.complete(Request((*said, User("go on"))), lambda _: None)
        assert asked[count:] == ["go on"]
        await model.aclose()

    asyncio.run(go())
    assert model.name == scripted.name
    assert scripted.requests[1].messages == (
        System(MARK),
        User(f"it is {MARK}"),
        Assistant(MARK, (ToolCall("1", "shell", f'{{"command": "{MARK}"}}'),), MARK),
        ToolReply("1", "shell", MARK, ok=False, exit_code=2, trust="external"),
        User("go on"),
    )
