"""The agent's tools. `base` says what a tool is, `execute` runs calls, every other module is one kind of tool."""
