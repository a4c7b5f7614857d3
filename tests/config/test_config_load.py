"""The layers of the settings, the form printed in the design, and the one line that every mistake gets."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from hone.config.environ import hone_home, process_environ, user_home
from hone.config.load import Loaded, config_path, expand, load
from hone.config.settings import ModelEntry, Price, Settings
from hone.errors import ConfigError, HomeError

AS_PRINTED = """\
providers:
  - name: sandbase
    api_base: https://api.sandbase.ai/v1
    api_key: ${SANDBASE_API_KEY}          # ${NAME}, ${NAME:-default}; a missing one is an error only when that provider is used
    models:
      - anthropic/claude-sonnet-4         # first model of the first provider: main and writer
      - google/gemini-2.5-flash           # its second, if any: routine
      # or {id: …, context: 200000, price: {input: 3, output: 15, cached: 0.3}, tools: native|text, cache_control: true}
roles:                                    # optional
  main: sandbase:anthropic/claude-sonnet-4
  writer: [sandbase:anthropic/claude-sonnet-4, other:model]   # a list is a fallback chain
learning:
  mode: auto            # auto | hold (everything to the inbox) | off
  daily_tokens: 300000  # hard cap on what learning may spend; daily_usd likewise
  holdout: {run: 0.2, repl: 0}
approvals: {mode: auto}   # auto = ask on a terminal, else sandbox | ask | sandbox | yes
mcp: {}                   # servers, spelled as other clients do
search: {}                # web_search: {kind: searxng|brave|tavily, url, api_key}; no entry, no tool
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    directory = tmp_path / ".hone"
    directory.mkdir()
    return directory


def load_text(home: Path, text: str | bytes, *, name: str = "config.yaml", **environ: str) -> Loaded:
    (home / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return load({"HOME": str(home.parent), **environ})


def load_project(home: Path, user: str, project: str) -> Loaded:
    (home / "config.yaml").write_text(user)
    file = home.parent / "project.yaml"
    file.write_text(project)
    return load({"HOME": str(home.parent)}, project_file=file)


def error_of(home: Path, text: str | bytes, **environ: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_text(home, text, **environ)
    assert "\n" not in str(caught.value)
    assert (home / "config.yaml").read_bytes() == (text if isinstance(text, bytes) else text.encode())
    return str(caught.value)


@pytest.mark.parametrize("name", ["config.yaml", "cli-config.yaml"])
def test_the_form_of_the_design_works_word_for_word_under_either_name(home: Path, name: str) -> None:
    loaded = load_text(home, AS_PRINTED, name=name)

    (provider,) = loaded.settings.providers
    assert provider.name == "sandbase"
    assert provider.api_key == "${SANDBASE_API_KEY}"
    assert provider.models == ("anthropic/claude-sonnet-4", "google/gemini-2.5-flash")
    assert loaded.settings.roles.main == "sandbase:anthropic/claude-sonnet-4"
    assert loaded.settings.roles.writer == ("sandbase:anthropic/claude-sonnet-4", "other:model")
    assert loaded.settings.learning.daily_tokens == 300_000
    assert loaded.settings.learning.holdout.repl == 0
    assert loaded.settings.mcp == {}
    assert loaded.settings.search.entry.kind is None
    assert loaded.origins["learning.mode"] == f"~/.hone/{name}:13"
    assert loaded.notices == ()


def test_a_model_can_be_an_entry_with_price_and_window(home: Path) -> None:
    entry = "{id: big, context: 200000, price: {input: 3, output: 15, cached: 0.3}, tools: text, cache_control: true}"

    loaded = load_text(home, f"providers:\n- name: a\n  api_base: b\n  models:\n  - {entry}\n")

    assert loaded.settings.providers[0].models == (
        ModelEntry(
            id="big",
            context=200_000,
            price=Price(input=3, output=15, cached=0.3),
            tools="text",
            cache_control=True,
        ),
    )


def test_without_any_file_every_key_is_a_default(tmp_path: Path) -> None:
    loaded = load({"HOME": str(tmp_path)})

    assert loaded.settings == Settings()
    assert set(loaded.origins.values()) == {"default"}
    assert not (tmp_path / ".hone").exists()


def test_config_yaml_wins_over_cli_config_yaml_and_says_so(home: Path) -> None:
    (home / "cli-config.yaml").write_text("learning: {mode: off}")

    loaded = load_text(home, "learning: {mode: hold}")

    assert loaded.settings.learning.mode == "hold"
    assert loaded.notices == ("~/.hone/cli-config.yaml is not read, because ~/.hone/config.yaml is there",)


def test_each_layer_wins_over_the_one_below_and_is_named(home: Path, tmp_path: Path) -> None:
    (home / "config.yaml").write_text("limits:\n  steps: 1\n  tokens: 1\n  usd: 1\n  seconds: 1\n")
    project = tmp_path / "project.yaml"
    project.write_text("limits: {tokens: 0, usd: 0.5, seconds: 0.5}\n")
    environ = {"HOME": str(tmp_path), "HONE_LIMITS_USD": "0.3", "HONE_LIMITS_SECONDS": "0.3"}

    loaded = load(environ, project_file=project, flags={"limits.seconds": 0.1, "limits.steps": None})

    limits = loaded.settings.limits
    assert (limits.steps, limits.tokens, limits.usd, limits.seconds) == (1, 0, 0.3, 0.1)
    assert loaded.origins["limits.steps"] == "~/.hone/config.yaml:2"
    assert loaded.origins["limits.tokens"] == "~/project.yaml:1"
    assert loaded.origins["limits.usd"] == "HONE_LIMITS_USD"
    assert loaded.origins["limits.seconds"] == "--timeout"
    assert loaded.origins["learning.mode"] == "default"


@pytest.mark.parametrize(
    ("variable", "text", "key", "value"),
    [
        ("HONE_MODEL", "a:b", "roles.main", "a:b"),
        ("HONE_ROLES_MAIN", "a:b, c", "roles.main", ("a:b", "c")),
        ("HONE_LEARNING_MODE", "off", "learning.mode", "off"),
        ("HONE_LEARNING_HOLDOUT_RUN", "0", "learning.holdout.run", 0),
        ("HONE_APPROVALS_NETWORK", "off", "approvals.network", False),
        ("HONE_LIMITS_STEPS", "none", "limits.steps", None),
        ("HONE_WEB_ALLOW_PRIVATE", "localhost", "web.allow_private", ("localhost",)),
    ],
)
def test_every_scalar_and_list_of_words_has_a_variable(
    tmp_path: Path, variable: str, text: str, key: str, value: object
) -> None:
    loaded = load({"HOME": str(tmp_path), variable: text})

    found: object = loaded.settings
    for part in key.split("."):
        found = getattr(found, part)
    assert found == value
    assert loaded.origins[key] == variable


def test_the_long_name_of_the_main_role_wins_over_the_short_one(tmp_path: Path) -> None:
    loaded = load({"HOME": str(tmp_path), "HONE_MODEL": "a", "HONE_ROLES_MAIN": "b"})

    assert loaded.settings.roles.main == "b"


@pytest.mark.parametrize(
    ("key", "value", "flag"),
    [
        ("roles.writer", "x", "--model"),
        ("approvals.mode", "ask", "--approvals"),
        ("limits.steps", 3, "--max-steps"),
        ("approvals.network", False, "--network"),
        ("web.allow_private", ["a", "b"], "--allow-private"),
    ],
)
def test_flags_are_named_as_they_are_spelled(tmp_path: Path, key: str, value: object, flag: str) -> None:
    assert load({"HOME": str(tmp_path)}, flags={key: value}).origins[key] == flag


def test_a_misspelled_variable_is_pointed_out(tmp_path: Path) -> None:
    loaded = load({"HOME": str(tmp_path), "HONE_LERNING_MODE": "off", "HONE_LIVE_BASE_URL": "x"})

    assert loaded.notices == ("the variable HONE_LERNING_MODE is not read; did you mean HONE_LEARNING_MODE?",)


def test_a_word_stays_a_word_and_a_switch_a_switch(home: Path) -> None:
    loaded = load_text(home, "learning: {mode: off}\napprovals: {mode: yes, network: off}\n")

    assert loaded.settings.learning.mode == "off"
    assert loaded.settings.approvals.mode == "yes"
    assert loaded.settings.approvals.network is False


def test_digits_are_text_where_text_is_expected(home: Path) -> None:
    text = "providers:\n- {name: 1, api_base: yes, api_key: 0123, models: [1.0, null-model], headers: {X-Team: 007}}\n"

    (provider,) = load_text(home, text).settings.providers

    assert (provider.name, provider.api_base, provider.api_key) == ("1", "yes", "0123")
    assert provider.models == ("1.0", "null-model")
    assert provider.headers == {"X-Team": "007"}


def test_free_sections_read_as_json_values_would(home: Path) -> None:
    text = 'mcp:\n  a: {command: npx, args: [1, 1.5, true, null, off, "2", 1e999], env: {}}\n'

    assert load_text(home, text).settings.mcp == {
        "a": {"command": "npx", "args": [1, 1.5, True, None, "off", "2", "1e999"], "env": {}}
    }


def test_a_key_with_nothing_behind_it_is_not_written(home: Path) -> None:
    loaded = load_text(home, "learning:\nmcp:\nproviders:\napprovals:\n  mode:\nlimits: {steps: null}\n")

    assert loaded.settings.learning == Settings().learning
    assert loaded.settings.approvals.mode == "auto"
    assert loaded.origins["approvals.mode"] == "default"
    assert loaded.settings.limits.steps is None


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "~", "\ufefflearning: {mode: auto}\r\n"])
def test_nothing_byte_order_marks_and_crlf_are_fine(home: Path, text: str) -> None:
    assert load_text(home, text).settings == Settings()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: 1",
            'unknown key "a"; known here: providers, roles, learning, approvals, limits, web, mcp, search',
        ),
        ("#\nlerning: {}", ':2: unknown key "lerning"; did you mean learning?'),
        ("learning:\n  mod: off", ':2: unknown key "mod" in learning; did you mean mode?'),
        ("learning: {\n daily_tokens: many}", ':2: learning.daily_tokens must be an integer, not "many"'),
        ("learning: {daily_tokens: -1}", 'daily_tokens must be an integer of at least 0, not "-1"'),
        (
            "learning: {holdout: {run: 2}}",
            'holdout.run must be a number of at least 0 and at most 1, not "2"',
        ),
        ("learning: {mode: of}", 'mode must be auto, hold or off, not "of"; did you mean off?'),
        ("learning: {mode: [a]}", "learning.mode must be auto, hold or off, not a list"),
        ("learning: off", 'learning must be keys and values, not "off"'),
        ("limits: {steps: {a: b}}", "limits.steps must be an integer or none, not keys and values"),
        ("limits: {usd: .inf}", "limits.usd must be a number or none"),
        ("approvals: {network: maybe}", 'approvals.network must be yes or no, not "maybe"'),
        ("roles: {main: [a, [b]]}", "roles.main[1] must be text, not a list"),
        ("roles: {main: [a, ]}\nweb: {allow_private: [~]}", "web.allow_private[0] must be text, not nothing"),
        ("providers: {name: a}", "providers must be a list, not keys and values"),
        ("providers:\n- name: a", ":2: providers[0] has no api_base; add api_base: …"),
        (
            "providers:\n- name: a\n  api_bas: b",
            ':3: unknown key "api_bas" in providers[0]; did you mean api_base',
        ),
        (
            "providers:\n- name: a\n  api_base: b\n  models: [[c]]",
            "models[0] must be text or keys and values, not a",
        ),
        (
            "providers:\n- {name: a, api_base: b}\n- {name: a, api_base: b}",
            ':3: the provider name "a" is there twice',
        ),
        (
            "providers:\n- {name: 'a:b', api_base: b}",
            'the provider name "a:b" must be letters, digits, . _ or -',
        ),
        ("learning: {mode: auto}\nlearning: {}", ':2: "learning" is there twice (first in line 1); keep one'),
        (
            "learning:\n\tmode: auto",
            ":2: not YAML: found character that cannot start any token; indent with spaces",
        ),
        ("search: {web_search: {api_key: ${KEY}}}", 'inside of { } a reference needs quotes: "${NAME}"'),
        ("learning: [", ":1: not YAML:"),
        ("- a", "settings are keys and values"),
        ("word", "settings are keys and values"),
        ("a: 1\n---\nb: 2", ":2: a second document; keep one, without ---"),
        ("? [a]\n: b", "a key must be a word"),
        ("&a mode: b", "anchors and tags are not read here"),
        (
            "learning: &a {mode: auto}",
            "anchors and aliases (&name, *name) are not read here; write the value out",
        ),
        ("learning: *a", "anchors and aliases"),
        ("learning: !!python/object:os.system {}", "tags (!name) are not read here"),
        ("a: \x1b", ":1: a control character (U+001B); delete it"),
        (b"a: 1\nb: \xff", ":2: not UTF-8; save the file with that encoding"),
        ("learning:\n  mode: auto".encode("utf-16"), ":1: not UTF-8"),
        ("\x1b[31m" * 100, "a control character"),
        ('"\\e[31m' + "x" * 100 + '": 1', 'unknown key "?[31mxxx'),
    ],
)
def test_a_mistake_is_one_line_with_file_and_line(home: Path, text: str | bytes, message: str) -> None:
    assert message in error_of(home, text)


def test_a_wrong_variable_is_named(home: Path) -> None:
    message = error_of(home, "", HONE_LIMITS_STEPS="many")

    assert message == 'HONE_LIMITS_STEPS: limits.steps must be an integer or none, not "many"'


@pytest.mark.parametrize(
    "bomb",
    [
        "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b]\n",
        "[" * 200_000,
        "- " * 100_000,
        "? " * 100_000,
        "{a: " * 50_000,
        "learning: " + "9" * 200_000,
        "learning: {daily_tokens: " + "9" * 200_000 + "}",
        "#" * 300_000,
    ],
)
def test_bombs_are_refused_at_once(home: Path, bomb: str) -> None:
    assert len(error_of(home, bomb)) < 300


def test_a_file_that_cannot_be_read_is_a_home_error(home: Path) -> None:
    (home / "config.yaml").mkdir()

    with pytest.raises(HomeError, match=r"config\.yaml"):
        load({"HOME": str(home.parent)})


def test_a_home_that_is_a_file_is_a_home_error(tmp_path: Path) -> None:
    (tmp_path / ".hone").write_text("")

    with pytest.raises(HomeError, match="HONE_HOME"):
        load({"HOME": str(tmp_path)})


class TestProject:
    def test_providers_mcp_search_and_web_are_the_users_alone(self, home: Path) -> None:
        stolen = "providers: [{name: evil, api_base: 'http://evil', api_key: '${OPENAI_API_KEY}'}]\n"

        loaded = load_project(
            home, "", stolen + "mcp: {a: {command: x}}\nsearch: {}\nweb: {allow_private: [a]}\n"
        )

        assert loaded.settings == Settings()
        assert len(loaded.notices) == 4
        assert (
            loaded.notices[0]
            == "~/project.yaml:1: providers is ignored; only the user's own config.yaml may set it"
        )

    @pytest.mark.parametrize(
        ("user", "project", "mode"),
        [
            ("auto", "ask", "ask"),
            ("auto", "sandbox", "sandbox"),
            ("yes", "ask", "ask"),
        ],
    )
    def test_approvals_can_get_stricter(self, home: Path, user: str, project: str, mode: str) -> None:
        loaded = load_project(home, f"approvals: {{mode: {user}}}", f"approvals: {{mode: {project}}}")

        assert loaded.settings.approvals.mode == mode
        assert loaded.notices == ()

    @pytest.mark.parametrize(("user", "project"), [("auto", "yes"), ("ask", "sandbox"), ("ask", "auto")])
    def test_approvals_cannot_get_looser(self, home: Path, user: str, project: str) -> None:
        loaded = load_project(home, f"approvals: {{mode: {user}}}", f"approvals: {{mode: {project}}}")

        assert loaded.settings.approvals.mode == user
        assert loaded.notices == (
            "~/project.yaml:1: approvals.mode is ignored; a project may only make approvals stricter",
        )

    def test_the_network_stays_off(self, home: Path) -> None:
        loaded = load_project(home, "approvals: {network: no}", "approvals: {network: yes}")

        assert loaded.settings.approvals.network is False
        assert "approvals.network is ignored" in loaded.notices[0]

    def test_roles_can_be_chosen_among_the_users_models(self, home: Path) -> None:
        assert load_project(home, "", "roles: {main: other}").settings.roles.main == "other"

    @pytest.mark.parametrize(
        ("user", "project", "change"),
        [
            (
                "learning: {daily_tokens: 5}",
                "learning: {daily_tokens: 9}",
                "learning.daily_tokens from 5 to 9",
            ),
            ("limits: {usd: 5}", "limits: {usd: none}", "limits.usd from 5.0 to no limit"),
            ("learning: {mode: off}", "learning: {mode: auto}", "learning.mode from off to auto"),
        ],
    )
    def test_a_looser_limit_is_said(self, home: Path, user: str, project: str, change: str) -> None:
        assert load_project(home, user, project).notices == (f"~/project.yaml sets {change}",)

    def test_a_tighter_limit_is_not(self, home: Path) -> None:
        assert (
            load_project(home, "", "learning: {daily_tokens: 9, mode: hold}\nlimits: {steps: 5}").notices
            == ()
        )

    def test_an_empty_section_leaves_what_the_user_set(self, home: Path) -> None:
        loaded = load_project(
            home, "learning: {mode: off}\napprovals: {mode: ask}", "learning:\napprovals: {mode: }\n"
        )

        assert (loaded.settings.learning.mode, loaded.settings.approvals.mode) == ("off", "ask")

    def test_a_mistake_is_named_with_its_file(self, home: Path) -> None:
        with pytest.raises(
            ConfigError, match=r'^~/project.yaml:1: unknown key "aprovals"; did you mean approvals '
        ):
            load_project(home, "", "aprovals: {}")

    def test_a_project_without_a_file_changes_nothing(self, tmp_path: Path) -> None:
        assert load({"HOME": str(tmp_path)}, project_file=tmp_path / "absent").settings == Settings()


class TestExpand:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("plain $A {A}", "plain $A {A}"),
            ("${A}", "one"),
            ("x${A}-${A}y", "xone-oney"),
            ("${B:-two}", "two"),
            ("${B:-}", ""),
            ("${EMPTY:-three}", "three"),
            ("${A:-two}", "one"),
        ],
    )
    def test_references_are_replaced(self, text: str, value: str) -> None:
        assert expand(text, {"A": "one", "EMPTY": ""}, "provider a") == value

    @pytest.mark.parametrize("text", ["${B}", "${EMPTY}"])
    def test_a_missing_variable_is_named_with_its_user_and_a_way_out(self, text: str) -> None:
        with pytest.raises(
            ConfigError, match=r"^provider a needs the environment variable \w+, .*hone setup"
        ):
            expand(text, {"EMPTY": ""}, "provider a")

    @pytest.mark.parametrize("text", ["${", "${A", "${}", "${A B}", "${1}", "${A-b}"])
    def test_a_malformed_reference_is_refused(self, text: str) -> None:
        with pytest.raises(ConfigError, match=r"\$\{NAME:-default\}"):
            expand(text, {"A": "one"}, "provider a")


class TestHome:
    @pytest.mark.parametrize(
        ("chosen", "path"), [(None, "/u/.hone"), ("", "/u/.hone"), ("~", "/u"), ("~/x", "/u/x"), ("/y", "/y")]
    )
    def test_hone_home_is_found_and_not_made(self, chosen: str | None, path: str) -> None:
        environ = {"HOME": "/u"} if chosen is None else {"HOME": "/u", "HONE_HOME": chosen}

        assert hone_home(environ) == Path(path)

    def test_a_relative_home_is_made_absolute(self) -> None:
        assert hone_home({"HONE_HOME": "x"}).is_absolute()

    def test_a_process_without_home_still_has_one(self) -> None:
        assert user_home({}).is_absolute()
        assert "PATH" in process_environ()

    def test_the_file_in_force_is_the_first_that_exists(self, tmp_path: Path) -> None:
        assert config_path(tmp_path) == tmp_path / "config.yaml"
        (tmp_path / "cli-config.yaml").touch()
        assert config_path(tmp_path) == tmp_path / "cli-config.yaml"
        (tmp_path / "config.yaml").touch()
        assert config_path(tmp_path) == tmp_path / "config.yaml"


YAML_PIECES = [
    "learning",
    "providers",
    "mode",
    "name",
    ":",
    "[",
    "]",
    "{",
    "}",
    ",",
    "&a",
    "*a",
    "off",
    "1",
    "|",
    ">",
    "'",
    '"',
    "#",
    "!",
    "%",
    "?",
    "---",
    "...",
    "<<",
    "~",
    "é",
    "\\",
    "${A}",
]
YAML_LIKE = st.lists(st.sampled_from([*YAML_PIECES, ": ", "\n", "  ", "- ", "\t", "\r"]), max_size=30)


@hypothesis_settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.binary(max_size=200) | YAML_LIKE.map(lambda pieces: "".join(pieces).encode()))
def test_any_bytes_are_settings_or_a_config_error_and_stay_as_they_are(home: Path, data: bytes) -> None:
    file = home / "config.yaml"
    file.write_bytes(data)

    message = None
    try:
        load({"HOME": str(home.parent)})
    except ConfigError as error:
        message = str(error)
    assert message is None or (message.startswith("~/.hone/config.yaml") and "\n" not in message)
    assert file.read_bytes() == data
