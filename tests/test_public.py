"""The public names. Taking one away, or adding one by accident, is a decision that this test asks for."""

import hone
import hone.testing


def test_the_public_names_of_hone() -> None:
    assert hone.__all__ == [
        "Agent",
        "HoneError",
        "ProviderError",
        "Result",
        "Tool",
        "ToolOutput",
        "UsageError",
        "__version__",
        "tool_from_function",
    ]
    assert all(hasattr(hone, name) for name in hone.__all__)


def test_the_public_names_of_hone_testing() -> None:
    assert hone.testing.__all__ == [
        "FakeClock",
        "Fault",
        "ScriptedModel",
        "WireReply",
        "WireServer",
        "as_json",
        "as_stream",
        "call",
        "cut",
        "hang",
        "in_order",
        "make_app",
        "say",
        "status",
        "together",
    ]
    assert all(hasattr(hone.testing, name) for name in hone.testing.__all__)


def test_every_public_class_and_function_is_documented() -> None:
    for module in (hone, hone.testing):
        named = [getattr(module, name) for name in module.__all__ if name not in ("__version__", "WireReply")]
        assert [each.__name__ for each in named if not each.__doc__] == []
