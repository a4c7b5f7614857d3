"""Every quirk of the table, against a server that writes those bytes."""

import asyncio
import json
import random
from pathlib import Path

import pytest
from tests.models.quirks import GOOD, IDLE, QUIRKS, Quirk, delta, sse
from tests.models.raw_server import Act, RawServer, http

from hone.config.settings import ModelEntry
from hone.errors import ProviderError
from hone.events import TextDelta
from hone.messages import System, ToolSpec, User
from hone.models.base import Progress, Reply, Request
from hone.models.chat import ChatModel, Endpoint
from hone.models.learned import Dialects
from hone.testing import FakeClock

SHELL = ToolSpec("shell", "Run a command.", {"type": "object", "properties": {"command": {"type": "string"}}})
ASK = Request((System("be brief"), User("hi"), User("and quick")), (SHELL,))


def ask(
    server: RawServer,
    entry: ModelEntry,
    progress: Progress = lambda _event: None,
    dialects: Dialects | None = None,
) -> Reply:
    async def asking() -> Reply:
        endpoint = Endpoint("wire", server.base_url, "sk-secret-key", entry, idle_timeout=IDLE)
        model = ChatModel(endpoint, FakeClock(), random.Random(1), dialects=dialects)
        try:
            return await model.complete(ASK, progress)
        finally:
            await model.aclose()

    return asyncio.run(asking())


@pytest.mark.parametrize("quirk", QUIRKS, ids=lambda quirk: quirk.id)
def test_a_quirk_ends_in_the_right_answer_or_a_typed_error(quirk: Quirk) -> None:
    shown: list[object] = []
    with RawServer(quirk.answers) as server:
        if quirk.error:
            with pytest.raises(quirk.error) as raised:
                ask(server, quirk.entry)
            message = str(raised.value)
            assert quirk.says in message
            assert "\n" not in message
            assert "sk-secret-key" not in message
        else:
            reply = ask(server, quirk.entry, shown.append)
            said = [(call.name, call.arguments) for call in reply.message.tool_calls]
            assert (reply.message.text, tuple(said)) == (quirk.text, quirk.calls)
            assert (reply.message.reasoning, reply.finish) == (quirk.reasoning, quirk.finish)
            assert reply.usage.input > 0
            assert len({call.id for call in reply.message.tool_calls}) == len(said)
    assert len(server.got) == quirk.requests
    assert quirk.asked(server.got)
    if quirk.requests == 1 and not quirk.error:
        assert "".join(each.text for each in shown if isinstance(each, TextDelta)) == quirk.text


def test_every_quirk_has_a_name_of_its_own_and_says_what_it_is() -> None:
    assert len({quirk.id for quirk in QUIRKS}) == len(QUIRKS) >= 45
    assert all(quirk.server and quirk.hone for quirk in QUIRKS)


@pytest.mark.parametrize("nothing", [b": working\n\n", sse(delta(content=""), delta(), done=False)])
def test_neither_comments_nor_empty_events_keep_a_request_for_ever(nothing: bytes) -> None:
    drip: list[Act] = [act for _ in range(60) for act in ("pause", nothing)]
    head = http(b"x").replace(b"content-length: 1", b"connection: close").removesuffix(b"x")
    with (
        RawServer([[head, *drip, "hang"], [http(GOOD)]]) as server,
        pytest.raises(ProviderError, match="silent"),
    ):
        asyncio.run(_impatient(server))


async def _impatient(server: RawServer) -> Reply:
    endpoint = Endpoint("wire", server.base_url, "", ModelEntry(id="m"), idle_timeout=IDLE)
    model = ChatModel(endpoint, FakeClock(), random.Random(1), attempts=1)
    try:
        return await model.complete(ASK, lambda _event: None)
    finally:
        await model.aclose()


class TestRedirects:
    def moved(self, code: str, to: str) -> bytes:
        return http(b"", f"{code} Moved", more=f"location: {to}\r\n")

    @pytest.mark.parametrize("code", ["307", "308"])
    def test_one_on_the_same_host_is_followed_with_method_and_body(self, code: str) -> None:
        with RawServer([[self.moved(code, "/v2/chat/completions")], [http(GOOD)]]) as server:
            assert ask(server, ModelEntry(id="m")).message.text == "Hello you."
        assert [got.line.split()[:2] for got in server.got] == [
            ["POST", "/v1/chat/completions"],
            ["POST", "/v2/chat/completions"],
        ]
        assert server.got[0].body == server.got[1].body

    @pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2"])
    def test_another_host_or_port_never_gets_the_key(self, host: str) -> None:
        with RawServer([[http(GOOD)]], host=host) as other:
            to = f"{other.base_url}/chat/completions"
            with (
                RawServer([[self.moved("307", to)]]) as server,
                pytest.raises(ProviderError, match="set api_base") as raised,
            ):
                ask(server, ModelEntry(id="m"))
            assert f"{host}:{other.port}" in str(raised.value)
            assert other.got == []

    @pytest.mark.parametrize("code", ["301", "302", "303"])
    def test_one_that_would_lose_the_request_is_an_error_that_names_the_address(self, code: str) -> None:
        with (
            RawServer([[self.moved(code, "/v2/chat/completions")]]) as server,
            pytest.raises(ProviderError, match="/v2/chat/completions"),
        ):
            ask(server, ModelEntry(id="m"))
        assert len(server.got) == 1

    def test_a_circle_ends(self) -> None:
        with (
            RawServer([[self.moved("307", "/v1/chat/completions")]]) as server,
            pytest.raises(ProviderError, match="moved"),
        ):
            ask(server, ModelEntry(id="m"))
        assert len(server.got) == 2


class TestMemory:
    """What was refused once is not sent by the next process."""

    REFUSED = http(
        b'{"error": {"message": "this model does not support tools"}}', "400 Bad Request", "application/json"
    )

    def test_it_is_not_asked_for_again(self, tmp_path: Path) -> None:
        dialects = Dialects(tmp_path / "cache" / "endpoints.json", FakeClock())
        with RawServer([[self.REFUSED], [http(GOOD)]]) as server:
            for _ in range(2):
                ask(server, ModelEntry(id="m"), dialects=dialects)
        assert ["tools" in got.json for got in server.got] == [True, False, False]

    def test_of_one_model_only_and_until_the_settings_say_otherwise(self, tmp_path: Path) -> None:
        dialects = Dialects(tmp_path / "endpoints.json", FakeClock())
        with RawServer([[self.REFUSED], [http(GOOD)]]) as server:
            ask(server, ModelEntry(id="m"), dialects=dialects)
            endpoint = Endpoint("wire", server.base_url, "", ModelEntry(id="m"))
            assert dialects.get(endpoint).tools == "text"
            for entry in (ModelEntry(id="other"), ModelEntry(id="m", tools="schema")):
                assert dialects.get(Endpoint("wire", server.base_url, "", entry)).tools == entry.tools

    def test_for_thirty_days(self, tmp_path: Path) -> None:
        clock = FakeClock()
        dialects = Dialects(tmp_path / "endpoints.json", clock)
        endpoint = Endpoint("wire", "http://x/v1", "", ModelEntry(id="m"))
        learned = dialects.get(endpoint).__class__(stream=False)
        dialects.put(endpoint, learned)
        assert dialects.get(endpoint) == learned
        clock.advance(31 * 86_400)
        assert dialects.get(endpoint).stream

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"x": 1}', '{"x": {"at": "soon"}}'])
    def test_a_broken_file_is_no_file(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "endpoints.json").write_text(text)
        dialects = Dialects(tmp_path / "endpoints.json", FakeClock())
        endpoint = Endpoint("wire", "http://x/v1", "", ModelEntry(id="m"))
        assert dialects.get(endpoint).stream
        dialects.put(endpoint, dialects.get(endpoint).__class__(stream=False))
        assert not dialects.get(endpoint).stream
        assert "sk-" not in (tmp_path / "endpoints.json").read_text()

    def test_a_home_that_cannot_be_written_is_no_error(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        dialects = Dialects(tmp_path / "file" / "endpoints.json", FakeClock())
        endpoint = Endpoint("wire", "http://x/v1", "", ModelEntry(id="m"))
        dialects.put(endpoint, dialects.get(endpoint))
        assert dialects.get(endpoint).stream

    def test_the_file_stays_small(self, tmp_path: Path) -> None:
        dialects = Dialects(tmp_path / "endpoints.json", FakeClock())
        for number in range(210):
            endpoint = Endpoint("wire", "http://x/v1", "", ModelEntry(id=f"m{number}"))
            dialects.put(endpoint, dialects.get(endpoint))
        assert len(json.loads((tmp_path / "endpoints.json").read_text())) == 200
