"""`hone setup`: from questions or flags to a config file that works, or to no file at all."""

import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from hone.cli.setup import Choices, ask_model, configure
from hone.config.load import load
from hone.config.settings import Provider
from hone.errors import AuthError, ConfigError, NoModel, UsageError

CHOSEN = Choices(base_url="https://api.sandbase.ai/v1", model="main", routine="small")


class Endpoint(BaseHTTPRequestHandler):
    """A local Chat Completions endpoint that wants the key `good`."""

    def do_GET(self) -> None:
        self._answer(200, {"data": [{"id": "first"}, {"id": "second"}]})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Authorization"] != "Bearer good":
            return self._answer(401, {"error": {"message": "wrong key"}})
        message = {"role": "assistant", "content": "ready"}
        return self._answer(200, {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})

    def _answer(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Say nothing."""


@pytest.fixture
def base() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()


async def accepts(provider: Provider, environ: Mapping[str, str]) -> str:
    return "ready"


async def refuses(provider: Provider, environ: Mapping[str, str]) -> str:
    raise AuthError("wrong key")


def answer_questions(
    home: Path, typed: str, choices: Choices | None = None, *, works: bool = True, **environ: str
) -> Result:
    app = typer.Typer()

    @app.command()
    def run() -> None:
        try_model = accepts if works else refuses
        configure(
            choices or Choices(), {"HONE_HOME": str(home), **environ}, terminal=True, try_model=try_model
        )

    return CliRunner().invoke(app, [], input=typed)


def without_questions(home: Path, choices: Choices, *, works: bool = True, **environ: str) -> None:
    try_model = accepts if works else refuses
    configure(choices, {"HONE_HOME": str(home), **environ}, terminal=False, try_model=try_model)


def provider_in(home: Path) -> Provider:
    (provider,) = load({"HONE_HOME": str(home)}).settings.providers
    return provider


def test_answers_become_a_private_file(tmp_path: Path) -> None:
    result = answer_questions(tmp_path, "https://api.sandbase.ai/v1\nsk-typed\nmain\nsmall\n")

    assert result.exit_code == 0, result.output
    assert provider_in(tmp_path) == Provider(
        name="sandbase", api_base="https://api.sandbase.ai/v1", api_key="sk-typed", models=("main", "small")
    )
    assert (tmp_path / "config.yaml").stat().st_mode & 0o777 == 0o600
    assert "sk-typed" not in result.output
    assert "it answers: ready" in result.stderr


def test_a_key_in_a_variable_is_written_as_a_reference(tmp_path: Path) -> None:
    answer_questions(tmp_path, "openai\n\n\n", OPENAI_API_KEY="sk-1")

    provider = provider_in(tmp_path)
    assert provider.api_key == "${OPENAI_API_KEY}"
    assert len(provider.models) == 2


def test_the_typed_name_of_a_variable_is_written_as_a_reference(tmp_path: Path) -> None:
    answer_questions(tmp_path, "https://api.sandbase.ai/v1\nMY_KEY\nm\n\n", MY_KEY="sk-1")

    assert provider_in(tmp_path).api_key == "${MY_KEY}"
    assert provider_in(tmp_path).models == ("m",)


def test_what_is_found_in_the_environment_is_offered(tmp_path: Path, base: str) -> None:
    result = answer_questions(tmp_path, "\n\n\n", OPENAI_BASE_URL=base, OPENAI_API_KEY="sk-1")

    assert result.exit_code == 0, result.output
    assert provider_in(tmp_path) == Provider(
        name="openai", api_base=base, api_key="${OPENAI_API_KEY}", models=("first",)
    )


def test_a_failed_request_writes_nothing_unless_the_person_wants_it(tmp_path: Path) -> None:
    no = answer_questions(tmp_path, "\nn\n", CHOSEN, works=False)

    assert isinstance(no.exception, AuthError)
    assert not (tmp_path / "config.yaml").exists()

    yes = answer_questions(tmp_path, "\ny\n", CHOSEN, works=False)

    assert yes.exit_code == 0
    assert provider_in(tmp_path).name == "sandbase"


def test_an_existing_file_is_replaced_only_when_confirmed(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("# mine\n")

    no = answer_questions(tmp_path, "n\n", CHOSEN)

    assert isinstance(no.exception, UsageError)
    assert file.read_text() == "# mine\n"

    yes = answer_questions(tmp_path, "y\n\n", CHOSEN)

    assert yes.exit_code == 0
    assert "config.yaml.bak" in yes.stdout
    assert (tmp_path / "config.yaml.bak").read_text() == "# mine\n"


def test_flags_need_no_terminal(tmp_path: Path) -> None:
    without_questions(tmp_path, CHOSEN, SANDBASE_API_KEY="sk-1")

    assert provider_in(tmp_path).api_key == "${SANDBASE_API_KEY}"
    assert provider_in(tmp_path).models == ("main", "small")


def test_without_terminal_and_flags_it_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--base-url") as caught:
        without_questions(tmp_path, Choices())

    assert caught.value.exit_code == 2


def test_without_terminal_an_existing_file_needs_force(tmp_path: Path) -> None:
    (tmp_path / "cli-config.yaml").write_text("# mine\n")

    with pytest.raises(UsageError, match="--force"):
        without_questions(tmp_path, CHOSEN)
    without_questions(tmp_path, Choices(base_url="ollama", model="m", force=True))

    assert [path.name for path in sorted(tmp_path.iterdir())] == ["cli-config.yaml", "cli-config.yaml.bak"]


def test_without_terminal_a_failed_request_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(AuthError):
        without_questions(tmp_path, CHOSEN, works=False)

    assert list(tmp_path.iterdir()) == []


def test_a_missing_model_is_the_first_that_the_endpoint_lists(tmp_path: Path, base: str) -> None:
    without_questions(tmp_path, Choices(base_url=base))

    assert provider_in(tmp_path).models == ("first",)


def test_an_endpoint_that_lists_nothing_needs_the_flag(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--model"):
        without_questions(tmp_path, Choices(base_url="http://127.0.0.1:1/v1"))


def test_yes_takes_what_is_found(tmp_path: Path) -> None:
    without_questions(tmp_path, Choices(yes=True), ANTHROPIC_API_KEY="sk-1")

    assert provider_in(tmp_path).name == "anthropic"


def test_yes_without_anything_says_what_was_tried(tmp_path: Path, base: str) -> None:
    with pytest.raises(NoModel, match="lists no model"):
        without_questions(tmp_path, Choices(yes=True), OPENAI_BASE_URL="http://127.0.0.1:1/v1")


def test_a_reference_to_a_missing_variable_is_refused(tmp_path: Path, base: str) -> None:
    with pytest.raises(ConfigError, match="MISSING"):
        without_questions(tmp_path, Choices(base_url=base, api_key="${MISSING}"))


def test_the_real_request_reaches_the_endpoint_with_the_key(tmp_path: Path, base: str) -> None:
    choices = Choices(base_url=base, api_key="KEY")
    configure(choices, {"HONE_HOME": str(tmp_path), "KEY": "good"}, terminal=False, try_model=ask_model)

    assert provider_in(tmp_path).api_key == "${KEY}"


def test_a_wrong_key_is_told_by_the_real_request(tmp_path: Path, base: str) -> None:
    with pytest.raises(AuthError):
        configure(
            Choices(base_url=base, api_key="bad"),
            {"HONE_HOME": str(tmp_path)},
            terminal=False,
            try_model=ask_model,
        )

    assert list(tmp_path.iterdir()) == []
