"""Memory as files: entries of `user.md`, `memory.md` and a project's memory, within their budget."""
