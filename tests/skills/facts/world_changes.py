"""Changes of a small world, each with what must be called stale of the skill that was written before."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

SKILL = """\
---
name: deploy-shop
description: Deploy the shop.
---

# Deploy the shop

## When to use

Deploy `never/looked/at.sh`.

## Steps

1. Bump `version` in `package.json` and add a line to `CHANGELOG.md`.
2. Run `npm run build` and `npm test -- --ci`.
3. Check the types: `npx tsc --noEmit`; the lint is `ruff check src/`.
4. ```sh
   $ cd services/api && make deploy ENV=<env>
   docker compose up -d web
   docker build --target prod -t shop:<tag> .
   ```
5. Ship it with `./scripts/deploy.sh staging > out/deploy.log`, `bash scripts/smoke.sh` and `python -m shop.check`.
6. The job `release` of `.github/workflows/release.yml` does the rest, in .gitlab-ci.yml it is `publish`.

## Gotchas

- Read the region from `config/regions.toml`, the keys from `.env` and the names from `docs/hosts.md:12`.
- `shop-cli` waits for the import of `uv run pytest tests/smoke/`; `requests` must be there, and so must `jq`.
- Never run `npm install` with `package-lock.json` half merged.
"""

FILES = {
    "package.json": """\
{
  "version": "1.4.0",
  "scripts": {"build": "tsc -p .", "test": "vitest run", "lint": "eslint ."},
  "dependencies": {"express": "^4.18.2"},
  "devDependencies": {"typescript": "~5.4.2", "vitest": "^1.2.0"},
  "engines": {"node": ">=20.1"}
}
""",
    "package-lock.json": "{}",
    "pyproject.toml": """\
[project]
name = "shop"
requires-python = ">=3.11"
dependencies = ["requests>=2.31,<3 ; python_version > '3'", "other"]

[project.scripts]
shop-cli = "shop.cli:main"

[dependency-groups]
dev = ["pytest~=8.1", "ruff>=0.15"]
""",
    "services/api/Makefile": """\
# how to deploy
IMAGE := shop
deploy: build test
\t@echo deploying
\t./push.sh $(IMAGE)

build:
\tdocker build .
""",
    "Dockerfile": "FROM node:20.1.3-slim AS deps\nRUN npm ci\nFROM deps AS prod\nEXPOSE 8080\n",
    "compose.yml": """\
services:
  web:
    image: nginx:1.25.3
    ports: ["8080:80"]
    environment: {KEY: hidden}
  db:
    image: postgres:16
""",
    ".github/workflows/release.yml": """\
on: push
jobs:
  release:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: |
          # ship
          npm run build
  notify:
    steps: [{run: echo}]
""",
    ".gitlab-ci.yml": "publish:\n  script: [make publish]\n  tags: [x]\n",
    "scripts/deploy.sh": "#!/bin/sh\n# ships\nrsync -a out/ host:/srv\n",
    "scripts/smoke.sh": "curl -f localhost:8080/healthz\n",
    "shop/check.py": "print('ok')\n",
    "config/regions.toml": "region = 'eu'\n",
    "docs/hosts.md": "a\nb\n",
    "CHANGELOG.md": "# 1.4.0\n",
    ".env": "KEY=1\n",
    "src/app.py": "x = 1\n",
    "tests/smoke/test_a.py": "",
}
COMMANDS = ("npm", "npx", "make", "docker", "ruff", "jq", "uv", "python")


class Case(NamedTuple):
    what: str
    change: Callable[[Path], object]
    said: tuple[str, ...] = ()


def build(root: Path) -> None:
    """The project in `root`/work, its commands in `root`/bin."""
    for name, text in FILES.items():
        write(name, text)(root)
    (root / "bin").mkdir()
    for command in COMMANDS:
        program(f"../bin/{command}")(root)


def write(name: str, text: str) -> Callable[[Path], object]:
    def change(root: Path) -> None:
        path = root / "work" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())

    return change


def edit(name: str, old: str, new: str) -> Callable[[Path], object]:
    def change(root: Path) -> None:
        text = (root / "work" / name).read_bytes().decode()
        assert old in text, f"{old!r} is not in {name}"
        write(name, text.replace(old, new))(root)

    return change


def program(name: str) -> Callable[[Path], object]:
    def change(root: Path) -> None:
        write(name, "#!/bin/sh\n")(root)
        (root / "work" / name).chmod(0o755)

    return change


def gone(name: str) -> Callable[[Path], object]:
    def change(root: Path) -> None:
        path = root / "work" / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return change


def renamed(old: str, new: str) -> Callable[[Path], object]:
    return lambda root: (root / "work" / old).rename(root / "work" / new)


def both(*changes: Callable[[Path], object]) -> Callable[[Path], object]:
    return lambda root: [change(root) for change in changes]


def linked(name: str, to: str) -> Callable[[Path], object]:
    def change(root: Path) -> None:
        gone(name)(root)
        (root / "work" / name).symlink_to(to)

    return change


SINCE = "since 2026-11-22"

MUST = [
    Case(
        "another command in a script",
        edit("package.json", "tsc -p .", "vite build"),
        (f"package.json: script build changed {SINCE}",),
    ),
    Case(
        "a script gone", edit("package.json", '"test":', '"check":'), ("package.json: script test is gone",)
    ),
    Case(
        "a dependency's next major",
        edit("pyproject.toml", "pytest~=8.1", "pytest~=9.0"),
        ("pyproject.toml: dependency pytest is 9.0 now, was 8.1",),
    ),
    Case(
        "a dependency's next minor",
        edit("pyproject.toml", "ruff>=0.15", "ruff>=0.16"),
        ("pyproject.toml: dependency ruff is 0.16 now, was 0.15",),
    ),
    Case(
        "a dependency's upper end",
        edit("pyproject.toml", ">=2.31,<3 ;", ">=2.31,<4 ;"),
        ("pyproject.toml: dependency requests is 2.31 <4 now, was 2.31 <3",),
    ),
    Case(
        "a dependency from an address",
        edit("pyproject.toml", "pytest~=8.1", "pytest @ git+https://example.org/pytest"),
        (f"pyproject.toml: dependency pytest changed {SINCE}",),
    ),
    Case(
        "a dependency gone",
        edit("pyproject.toml", '"pytest~=8.1", ', ""),
        ("pyproject.toml: dependency pytest is gone",),
    ),
    Case(
        "another runtime",
        edit("pyproject.toml", '">=3.11"', '">=3.12"'),
        ("pyproject.toml: requires-python is 3.12 now, was 3.11",),
    ),
    Case(
        "another engine",
        edit("package.json", ">=20.1", ">=22"),
        ("package.json: engine node is 22 now, was 20.1",),
    ),
    Case(
        "another entry point",
        edit("pyproject.toml", "shop.cli:main", "shop.app:main"),
        (f"pyproject.toml: script shop-cli changed {SINCE}",),
    ),
    Case(
        "another recipe",
        edit("services/api/Makefile", "./push.sh", "./ship.sh"),
        (f"services/api/Makefile: target deploy changed {SINCE}",),
    ),
    Case(
        "another prerequisite",
        edit("services/api/Makefile", "deploy: build test", "deploy: build"),
        (f"services/api/Makefile: target deploy changed {SINCE}",),
    ),
    Case(
        "a target gone",
        edit("services/api/Makefile", "deploy:", "release:"),
        ("services/api/Makefile: target deploy is gone",),
    ),
    Case("a manifest gone", gone("services/api/Makefile"), ("services/api/Makefile is gone",)),
    Case(
        "another base image",
        edit("Dockerfile", "node:20.1.3-slim", "node:22.2-slim"),
        ("Dockerfile: stage prod is node:22.2-slim now, was node:20.1-slim",),
    ),
    Case("a stage gone", edit("Dockerfile", "AS prod", "AS live"), ("Dockerfile: stage prod is gone",)),
    Case("a service gone", edit("compose.yml", "web:", "site:"), ("compose.yml: service web is gone",)),
    Case(
        "another port of a service",
        edit("compose.yml", "8080:80", "9090:80"),
        (f"compose.yml: service web changed {SINCE}",),
    ),
    Case(
        "another image of a service",
        edit("compose.yml", "nginx:1.25.3", "nginx:1.27.0"),
        (f"compose.yml: service web changed {SINCE}",),
    ),
    Case("a compose file gone", gone("compose.yml"), ("compose.yml is gone",)),
    Case(
        "a job gone",
        edit(".github/workflows/release.yml", "  release:", "  ship:"),
        (".github/workflows/release.yml: job release is gone",),
    ),
    Case(
        "a job that does something else",
        edit(".github/workflows/release.yml", "npm run build", "make"),
        (f".github/workflows/release.yml: job release changed {SINCE}",),
    ),
    Case(
        "a job of the other kind",
        edit(".gitlab-ci.yml", "make publish", "make ship"),
        (f".gitlab-ci.yml: job publish changed {SINCE}",),
    ),
    Case("a file gone", gone("scripts/smoke.sh"), ("scripts/smoke.sh is gone",)),
    Case("a file renamed", renamed("scripts/deploy.sh", "scripts/ship.sh"), ("scripts/deploy.sh is gone",)),
    Case("a folder gone", gone("tests/smoke"), ("tests/smoke is gone",)),
    Case(
        "a script's content",
        edit("scripts/deploy.sh", "rsync", "scp"),
        (f"scripts/deploy.sh changed {SINCE}",),
    ),
    Case("a module that is run", edit("shop/check.py", "ok", "no"), (f"shop/check.py changed {SINCE}",)),
    Case("a setting", edit("config/regions.toml", "eu", "us"), (f"config/regions.toml changed {SINCE}",)),
    Case("a file of secrets gone", gone(".env"), (".env is gone",)),
    Case("a document gone", gone("docs/hosts.md"), ("docs/hosts.md is gone",)),
    Case(
        "a file that is a folder now",
        both(gone("docs/hosts.md"), write("docs/hosts.md/x", "")),
        ("docs/hosts.md is no file any more",),
    ),
    Case(
        "a folder that is a file now", both(gone("src"), write("src", "")), ("src is no directory any more",)
    ),
    Case(
        "a link out of the project",
        linked("scripts/smoke.sh", "/etc/hostname"),
        ("scripts/smoke.sh leads out of the project now",),
    ),
    Case("a command gone", gone("../bin/jq"), ("command jq is not on PATH any more",)),
    Case(
        "a manifest that is broken",
        write("compose.yml", "services: [\n"),
        ("compose.yml cannot be read any more",),
    ),
]

MUST_NOT = [
    Case("nothing", lambda root: None),
    Case("another script in the same manifest", edit("package.json", "eslint .", "biome check")),
    Case("a new script", edit("package.json", '"lint"', '"x": "y", "lint"')),
    Case("the version, which the steps bump", edit("package.json", "1.4.0", "1.5.0")),
    Case(
        "scripts in another order",
        edit(
            "package.json",
            '"build": "tsc -p .", "test": "vitest run"',
            '"test": "vitest run", "build": "tsc -p ."',
        ),
    ),
    Case("another layout of a manifest", edit("package.json", '  "scripts": {', '"scripts"  :\n{\n')),
    Case("line ends of a manifest", edit("package.json", "\n", "\r\n")),
    Case("a dependency that nothing names", edit("package.json", "^4.18.2", "^5.0.0")),
    Case("a patch release", edit("pyproject.toml", "pytest~=8.1", "pytest~=8.1.4")),
    Case(
        "a dependency in another group",
        both(
            edit("pyproject.toml", '"pytest~=8.1", ', ""), edit("pyproject.toml", '"other"', '"pytest~=8.1"')
        ),
    ),
    Case("a comment in a manifest", edit("pyproject.toml", "[project]", "# mine\n[project]")),
    Case(
        "comments and layout of a Makefile",
        edit("services/api/Makefile", "\t@echo", "\t# says it\n\t  @echo"),
    ),
    Case("line ends of a Makefile", edit("services/api/Makefile", "\n", "\r\n")),
    Case("another target", edit("services/api/Makefile", "docker build .", "docker build -t x .")),
    Case("prerequisites in another order", edit("services/api/Makefile", "build test", "test build")),
    Case("a patch release of a base image", edit("Dockerfile", "20.1.3", "20.1.9")),
    Case("another layer of an image", edit("Dockerfile", "RUN npm ci", "RUN npm ci --quiet  # fast")),
    Case("another service", edit("compose.yml", "postgres:16", "postgres:17")),
    Case("the environment of a service", edit("compose.yml", "hidden", "other")),
    Case("a patch release of a service", edit("compose.yml", "1.25.3", "1.25.4")),
    Case("another job", edit(".github/workflows/release.yml", "echo", "date")),
    Case("a newer action", edit(".github/workflows/release.yml", "@v4", "@v5")),
    Case("a comment in a job", edit(".github/workflows/release.yml", "# ship", "# ship it")),
    Case("tags of a job", edit(".gitlab-ci.yml", "[x]", "[y]")),
    Case("a lock file", edit("package-lock.json", "{}", '{"a": 1}')),
    Case("a lock file gone", gone("package-lock.json")),
    Case("a file that the steps edit", edit("CHANGELOG.md", "1.4.0", "1.5.0")),
    Case("a document", edit("docs/hosts.md", "b", "c")),
    Case("a secret", edit(".env", "1", "2")),
    Case("a file within a folder", write("src/new.py", "")),
    Case(
        "comments, blank lines and line ends of a script",
        edit("scripts/deploy.sh", "# ships\n", "\r\n# sends\n\n"),
    ),
    Case("only the time of a file", lambda root: (root / "work/scripts/deploy.sh").touch()),
    Case("permissions", lambda root: (root / "work/docs/hosts.md").chmod(0o600)),
    Case("a file that may not be read", lambda root: (root / "work/config/regions.toml").chmod(0)),
    Case("a log that was written", write("out/deploy.log", "x")),
    Case("a tool that moved into the project", both(gone("../bin/jq"), program("node_modules/.bin/jq"))),
    Case("a tool that moved into its environment", both(gone("../bin/ruff"), program(".venv/bin/ruff"))),
    Case("the checkout elsewhere", lambda root: None),  # the test moves it
    Case("a script that grew too large", write("scripts/smoke.sh", "x" * 1_000_001)),
    Case("a file of which only the section When to use speaks", write("never/looked/at.sh", "")),
    Case(
        "a link within the project",
        both(write("other.sh", FILES["scripts/smoke.sh"]), linked("scripts/smoke.sh", "../other.sh")),
    ),
]
