"""Tools of MCP servers. `bundle` is where a session gets them from; the SDK is loaded when a server is first talked to."""
