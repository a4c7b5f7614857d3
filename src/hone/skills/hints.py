"""Which languages and tools a project and a skill are about, in one small vocabulary, so that they can be compared."""

import os
import re
from itertools import islice
from pathlib import Path

from hone.late import late

_MOST_FILES = 500

_BY_NAME = {
    "cargo.toml": ("rust", "cargo"),
    "cmakelists.txt": ("c++", "cmake"),
    "compose.yaml": ("docker",),
    "composer.json": ("php",),
    "docker-compose.yml": ("docker",),
    "dockerfile": ("docker", "container"),
    "gemfile": ("ruby",),
    "go.mod": ("golang",),
    "makefile": ("make", "makefile"),
    "mix.exs": ("elixir",),
    "next.config.js": ("next.js", "react"),
    "package.json": ("node", "npm", "javascript"),
    "pom.xml": ("java", "maven"),
    "pubspec.yaml": ("dart", "flutter"),
    "pyproject.toml": ("python",),
    "requirements.txt": ("python",),
    "tsconfig.json": ("typescript",),
}
_BY_SUFFIX = {
    ".cpp": ("c++",),
    ".cs": ("c#", ".net"),
    ".csproj": ("c#", ".net"),
    ".csv": ("csv",),
    ".go": ("golang",),
    ".gradle": ("java", "gradle"),
    ".ipynb": ("jupyter", "notebook"),
    ".java": ("java",),
    ".js": ("javascript",),
    ".kt": ("kotlin",),
    ".php": ("php",),
    ".py": ("python",),
    ".rb": ("ruby",),
    ".rs": ("rust",),
    ".sh": ("shell", "bash"),
    ".sln": (".net",),
    ".sql": ("sql",),
    ".swift": ("swift",),
    ".tex": ("latex",),
    ".tf": ("terraform",),
    ".ts": ("typescript",),
    ".tsx": ("typescript", "react"),
    ".xlsx": ("excel", "xlsx"),
}

_VOCABULARY = sorted({word for words in (*_BY_NAME.values(), *_BY_SUFFIX.values()) for word in words})
_TOPIC = late(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, _VOCABULARY))})(?![^\W_]|[+#])")


def topics(text: str) -> tuple[str, ...]:
    """The words of the vocabulary that `text` holds, sorted."""
    return tuple(sorted(set(_TOPIC.findall(text.lower()))))


def workspace_hints(workspace: Path) -> frozenset[str]:
    """The topics of the files in `workspace` (not below it), by their names alone."""
    try:
        with os.scandir(workspace) as entries:
            names = [entry.name.lower() for entry in islice(entries, _MOST_FILES)]
    except OSError:
        return frozenset()
    return frozenset(
        word for name in names for word in (*_BY_NAME.get(name, ()), *_BY_SUFFIX.get(Path(name).suffix, ()))
    )
