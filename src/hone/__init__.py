"""hone: a self-improving agent. `Agent` runs a task; everything else public is named here or in `hone.testing`.

Each name is imported when it is first used: the command line starts without waiting for the Python API.
"""

TYPE_CHECKING = False  # typing takes 5 ms to load, in which a Ctrl-C would show a traceback

if TYPE_CHECKING:
    from hone.agent import Agent
    from hone.errors import HoneError, ProviderError, UsageError
    from hone.results import Result
    from hone.tools.base import Tool, ToolOutput, tool_from_function

__version__ = "0.1.0"
__all__ = [
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

_MODULES = {
    "hone.agent": ("Agent",),
    "hone.errors": ("HoneError", "ProviderError", "UsageError"),
    "hone.results": ("Result",),
    "hone.tools.base": ("Tool", "ToolOutput", "tool_from_function"),
}

if not TYPE_CHECKING:  # a type checker would take every misspelt name for a public one

    def __getattr__(name: str) -> object:
        for module, names in _MODULES.items():
            if name in names:
                return getattr(__import__(module, fromlist=names), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
