"""hone: a self-improving agent."""

__version__ = "0.1.0"
