"""The SIMULATED model as an endpoint: what `hone bench --simulated` measures is the machinery, not a language model's gain."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from hone.bench import simulated_agent as agent
from hone.bench import simulated_writer as writer
from hone.messages import Assistant, estimate_tokens
from hone.wire_server import Fault, WireServer, as_json, as_stream, call, say

STRONG, CHEAP = "simulated-strong", "simulated-cheap"


class Server(WireServer):
    """Serves both models, by the name that a request gives. A context manager."""

    def __init__(self) -> None:
        super().__init__(
            lambda request: respond(request, cheap=request.get("model") == CHEAP), (STRONG, CHEAP)
        )


def respond(request: dict[str, Any], *, cheap: bool = False) -> Fault:
    """The reply on the wire, with tokens at four characters each. It depends on nothing but the messages and tools."""
    reply = _reply(request["messages"], _tools(request), cheap=cheap)
    sent = json.dumps([request["messages"], request.get("tools", [])], ensure_ascii=False)
    written = reply.text + "".join(each.arguments for each in reply.tool_calls)
    usage = {"prompt_tokens": estimate_tokens(sent), "completion_tokens": estimate_tokens(written)}
    return (
        as_stream(_numbered(reply, request), usage)
        if request.get("stream")
        else as_json(_numbered(reply, request), usage)
    )


def _reply(messages: Sequence[Mapping[str, Any]], tools: Sequence[str], *, cheap: bool) -> Assistant:
    if "learn_nothing" in tools:  # a review by hone
        name, arguments = writer.from_brief(messages, tools)
        return call(name, **arguments)
    users = [str(each["content"]) for each in messages if each["role"] == "user"]
    if users and users[-1].startswith("Review the conversation above"):  # a review by an agent that goes on
        made = writer.from_conversation(messages) if messages[-1]["role"] == "user" else None
        return call(made[0], **made[1]) if made and made[0] in tools else say("Nothing to save.")
    if not tools:  # a title, a summary
        return say("A task.")
    move = agent.next_move(messages, tools, cheap=cheap)
    return say(move) if isinstance(move, str) else call(move["name"], **move["arguments"])


def _numbered(reply: Assistant, request: Mapping[str, Any]) -> Assistant:
    """Calls with ids that no other call of the conversation has."""
    number = len(request["messages"])
    calls = tuple(msgspec.structs.replace(each, id=f"call_{number}") for each in reply.tool_calls)
    return msgspec.structs.replace(reply, tool_calls=calls)


def _tools(request: Mapping[str, Any]) -> list[str]:
    return [str(tool["function"]["name"]) for tool in request.get("tools") or ()]
