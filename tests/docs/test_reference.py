"""The pages that list things list all of them."""

import pytest
from msgspec import inspect
from tests.docs import cli_reference, endpoints_reference
from tests.docs.pages import ROOT

from hone.config import settings
from hone.config.schema import leaves, settings_type


def test_the_page_of_the_command_line_is_up_to_date() -> None:
    assert cli_reference.PAGE.read_text(encoding="utf-8") == cli_reference.reference(), (
        "docs/cli.md is out of date: run scripts/generate-docs"
    )


def test_the_page_of_the_endpoints_is_up_to_date() -> None:
    assert endpoints_reference.PAGE.read_text(encoding="utf-8") == endpoints_reference.reference(), (
        "docs/endpoints.md is out of date: run scripts/generate-docs"
    )


def keys_of(kind: type) -> list[str]:
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)
    return [field.encode_name for field in described.fields]


@pytest.mark.parametrize("key", [dotted for dotted, _ in leaves(settings_type())])
def test_every_setting_is_named_in_the_page_of_the_configuration(key: str) -> None:
    assert f"`{key}`" in (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", [settings.Provider, settings.ModelEntry, settings.Price])
def test_every_key_of_a_provider_is_named_too(kind: type) -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert [key for key in keys_of(kind) if f"`{key}`" not in text] == []
