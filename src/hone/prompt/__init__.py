"""The frozen system prompt of a session, made of small Markdown templates."""
