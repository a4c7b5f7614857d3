"""hone: a self-improving agent. `Agent` runs a task; everything else public is named here or in `hone.testing`."""

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
