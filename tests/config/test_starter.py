"""The first config file: what a name or an address stands for, and the file that is written."""

from pathlib import Path

import pytest

from hone.config.load import load
from hone.config.settings import Provider
from hone.config.starter import KNOWN, as_reference, config_text, endpoint, write_config
from hone.errors import ConfigError, HomeError, UsageError


@pytest.mark.parametrize(
    ("choice", "name", "api_base", "api_key"),
    [
        ("openai", "openai", "https://api.openai.com/v1", "${OPENAI_API_KEY}"),
        ("https://api.openai.com/v1/", "openai", "https://api.openai.com/v1", "${OPENAI_API_KEY}"),
        ("Ollama", "ollama", "http://127.0.0.1:11434/v1", ""),
        ("https://api.sandbase.ai/v1", "sandbase", "https://api.sandbase.ai/v1", "${SANDBASE_API_KEY}"),
        ("http://192.168.0.2:8000/v1", "local", "http://192.168.0.2:8000/v1", ""),
        ("http://localhost:1/v1", "local", "http://localhost:1/v1", ""),
        ("http://[::1]:1/v1", "local", "http://[::1]:1/v1", ""),
        ("https://my-host/v1", "my-host", "https://my-host/v1", "${MY_HOST_API_KEY}"),
    ],
)
def test_a_name_or_an_address_stands_for_an_endpoint(
    choice: str, name: str, api_base: str, api_key: str
) -> None:
    found = endpoint(choice)

    assert (found.name, found.api_base, found.api_key) == (name, api_base, api_key)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ("olama", "did you mean ollama"),
        ("ftp://host", "is not an address such as"),
        ("http://", "is not an address such as"),
        ("http://host:99999", "is not an address: "),
        ("http://[", "is not an address: "),
    ],
)
def test_what_is_neither_is_refused(choice: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        endpoint(choice)


def test_every_known_name_is_an_endpoint() -> None:
    assert [endpoint(name).name for name in KNOWN] == list(KNOWN)


@pytest.mark.parametrize(
    ("key", "reference"),
    [("MY_KEY", "${MY_KEY}"), ("OTHER", "OTHER"), ("sk-1", "sk-1"), ("${MY_KEY}", "${MY_KEY}"), ("", "")],
)
def test_the_name_of_a_variable_becomes_a_reference(key: str, reference: str) -> None:
    assert as_reference(key, {"MY_KEY": "x"}) == reference


def test_the_file_reads_back_as_it_was_meant(tmp_path: Path) -> None:
    provider = Provider(name="a", api_base="http://h/v1?x=#1", api_key="${K:-a b}", models=("m: 1", "off"))

    kept = write_config(tmp_path / "config.yaml", provider)

    assert kept is None
    assert load({"HONE_HOME": str(tmp_path)}).settings.providers == (provider,)
    assert (tmp_path / "config.yaml").stat().st_mode & 0o777 == 0o600


def test_without_a_key_there_is_no_key_line() -> None:
    assert "api_key" not in config_text(Provider(name="a", api_base="b", models=("m",)))


def test_the_old_file_is_kept_beside_the_new_one(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("# mine\n")

    kept = write_config(file, Provider(name="a", api_base="b", models=("m",)))

    assert kept == tmp_path / "config.yaml.bak"
    assert kept.read_text() == "# mine\n"


def test_a_value_that_makes_no_valid_file_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("# mine\n")

    with pytest.raises(ConfigError):
        write_config(file, Provider(name="a", api_base="b", models=("\udc80",)))

    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


def test_a_directory_in_the_way_is_a_home_error(tmp_path: Path) -> None:
    with pytest.raises(HomeError):
        write_config(tmp_path, Provider(name="a", api_base="b", models=("m",)))
