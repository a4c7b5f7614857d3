"""All the stories."""

from tests.attacks import mcp, memory, output, readme, secret, skill, transcript, web

_TABLES = (web, readme, output, mcp, skill, memory, transcript, secret)

ATTACKS = tuple(story for table in _TABLES for story in table.ATTACKS)
MIRRORS = tuple(story for table in _TABLES for story in table.MIRRORS)
