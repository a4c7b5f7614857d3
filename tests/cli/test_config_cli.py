"""`hone config show|set|path` on real files."""

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from hone.cli.config import app
from hone.config.load import load
from hone.errors import ConfigError
from hone.safety.grants import Grants

CONFIG = """\
providers:
- name: a
  api_base: https://user:pass@host/v1
  api_key: sk-literal
  models: [m, {id: n, price: {input: 1}}]
- name: b
  api_base: https://b
  api_key: ${B_KEY}
learning:
  mode: off  # why
mcp: {s: {command: x, env: {TOKEN: t0p}}}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text(CONFIG)
    return tmp_path


def run(home: Path, *arguments: str, **environ: str) -> Result:
    return CliRunner().invoke(app, arguments, env={"HOME": "/nowhere", "HONE_HOME": str(home), **environ})


def test_show_prints_yaml_that_reads_back_without_any_secret(home: Path, tmp_path: Path) -> None:
    result = run(home, "show")

    assert result.exit_code == 0
    for secret in ("sk-literal", "pass", "t0p"):
        assert secret not in result.output
    assert "api_key: ${B_KEY}" in result.output
    again = tmp_path / "again"
    again.mkdir()
    (again / "config.yaml").write_text(result.stdout)
    settings = load({"HONE_HOME": str(again)}).settings
    original = load({"HONE_HOME": str(home)}).settings
    assert settings.learning == original.learning
    assert settings.limits == original.limits
    assert settings.providers[0].models == original.providers[0].models


def test_show_origin_says_where_each_value_came_from(home: Path) -> None:
    lines = run(home, "show", "--origin", HONE_LIMITS_USD="3").stdout.splitlines()

    assert f"providers:  # {home}/config.yaml:1" in lines
    assert f"  mode: off  # {home}/config.yaml:10" in lines
    assert "  usd: 3.0  # HONE_LIMITS_USD" in lines
    assert "  daily_tokens: 300000  # default" in lines
    assert yaml.safe_load("\n".join(lines))["limits"]["steps"] == 100


def test_show_json_is_one_object_with_settings_and_origins(home: Path) -> None:
    shown = json.loads(run(home, "show", "--json").stdout)

    assert shown["settings"]["learning"]["mode"] == "off"
    assert shown["settings"]["providers"][0]["api_key"] == "********"
    assert shown["origins"]["learning.mode"] == f"{home}/config.yaml:10"


def test_show_counts_a_trusted_project_and_no_other(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    (project / ".hone").mkdir(parents=True)
    (project / ".hone" / "config.yaml").write_text("limits: {steps: 7}\n")
    (project / ".git").mkdir()
    monkeypatch.chdir(project)

    before = json.loads(run(home, "show", "--json").stdout)
    Grants(home).trust_folder(project, True)
    after = json.loads(run(home, "show", "--json").stdout)

    assert before["origins"]["limits.steps"] == "default"
    assert after["origins"]["limits.steps"] == f"{project}/.hone/config.yaml:1"


def test_show_works_where_no_project_can_be(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")

    assert run(home, "show").exit_code == 0


def test_notices_are_on_standard_error(home: Path) -> None:
    (home / "cli-config.yaml").touch()

    result = run(home, "show", "--json")

    assert "cli-config.yaml is not read" in result.stderr
    json.loads(result.stdout)


def test_set_changes_the_one_line_and_says_where(home: Path) -> None:
    result = run(home, "set", "learning.mode", "hold")

    assert result.stdout == f"learning.mode: hold (in {home}/config.yaml)\n"
    assert (home / "config.yaml").read_text() == CONFIG.replace("mode: off", "mode: hold")


def test_set_says_when_something_above_wins(home: Path) -> None:
    result = run(home, "set", "learning.mode", "hold", HONE_LEARNING_MODE="auto")

    assert result.stderr == "hone: HONE_LEARNING_MODE sets learning.mode too, and wins here\n"


def test_set_writes_the_file_in_force(tmp_path: Path) -> None:
    (tmp_path / "cli-config.yaml").write_text("learning: {mode: off}\n")

    run(tmp_path, "set", "learning.mode", "hold")

    assert (tmp_path / "cli-config.yaml").read_text() == "learning: {mode: hold}\n"
    assert not (tmp_path / "config.yaml").exists()


def test_set_refuses_an_unknown_key_with_the_nearest(home: Path) -> None:
    result = run(home, "set", "learning.mod", "hold")

    assert isinstance(result.exception, ConfigError)
    assert "did you mean learning.mode" in str(result.exception)
    assert (home / "config.yaml").read_text() == CONFIG


def test_path_names_the_file_whether_it_is_there_or_not(home: Path, tmp_path: Path) -> None:
    assert run(home, "path").stdout == f"{home}/config.yaml\n"
    assert run(tmp_path / "new", "path").stdout == f"{tmp_path}/new/config.yaml\n"
