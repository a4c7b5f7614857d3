"""What a project's manifests say, by key: scripts, dependencies, targets, services, jobs. Pure.

Only what a step may rely on counts: white space, comments, order and patch releases make no difference to a value.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import msgspec

from hone.errors import UsageError
from hone.skills import frontmatter as fm
from hone.skills.facts.build_files import read_dockerfile, read_makefile
from hone.skills.facts.digest import digest
from hone.skills.facts.versions import written

_TABLES = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
# Patterns, compiled by their first use and not at every start.
_REQUIREMENT = r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*([^;]*)"
_TAGGED = r"(\d+)\.(\d+)(?:\.\d+)+"
_COMPOSE = r"(?:docker-)?compose(?:\.[\w-]+)?\.ya?ml"
_OF_SERVICE = ("build", "command", "entrypoint", "ports", "profiles")
_OF_GITHUB_JOB = ("needs", "strategy")
_OF_GITLAB_JOB = ("script", "before_script", "after_script", "stage", "needs", "trigger")
_NO_GITLAB_JOB = frozenset(
    ("default", "variables", "workflow", "include", "stages", "image", "cache", "services")
)


def is_manifest(path: str) -> bool:
    """Whether the file at `path` (relative to the project, with `/`) is one that can be read here."""
    return _reader(path) is not None


def read_manifest(path: str, text: str) -> Mapping[str, str]:
    """What the manifest says, by key (`scripts.build`, `dependencies.react`): a version, an image, or a `sha256:…`.

    Raises UsageError if it cannot be understood as a whole.
    """
    reader = _reader(path)
    if reader is None:
        raise UsageError(f"{path}: no manifest that can be read")
    return dict(reader(text))


def dependency(name: str) -> str:
    """The key of the dependency `name`, however it is spelled."""
    return f"dependencies.{_canonical(name)}"


def version_specs(path: str, text: str) -> Mapping[str, str]:
    """The version of each dependency and runtime that the manifest asks for, as it is written there, by name.

    Raises UsageError if it cannot be understood.
    """
    name = PurePosixPath(path).name
    if name == "package.json":
        fields = _json(text)
        return {**_specs_of_npm(fields), **_strings(fields.get("engines"))}
    return dict(_specs_of_python(_toml(text))) if name == "pyproject.toml" else {}


_Facts = Iterable[tuple[str, str]]


def _reader(path: str) -> Callable[[str], _Facts] | None:
    where = PurePosixPath(path)
    if where.suffix in (".yml", ".yaml"):
        if where.parts[-3:-1] == (".github", "workflows"):
            return _github
        if where.name in (".gitlab-ci.yml", ".gitlab-ci.yaml"):
            return _gitlab
        return _compose if re.fullmatch(_COMPOSE, where.name) else None
    if where.name == "Dockerfile" or where.name.startswith("Dockerfile.") or where.suffix == ".Dockerfile":
        return lambda text: (
            (key, _image(value) if key != "expose" else value) for key, value in read_dockerfile(text)
        )
    named: dict[str, Callable[[str], _Facts]] = {
        "package.json": _npm,
        "pyproject.toml": _python,
        "Makefile": read_makefile,
        "makefile": read_makefile,
        "GNUmakefile": read_makefile,
    }
    return named.get(where.name)


def _npm(text: str) -> Iterator[tuple[str, str]]:
    fields = _json(text)
    for name, command in _strings(fields.get("scripts")).items():
        yield f"scripts.{name}", digest(" ".join(command.split()))
    for name, spec in _specs_of_npm(fields).items():
        yield dependency(name), _version(spec)
    for name, spec in _strings(fields.get("engines")).items():
        yield f"engines.{name}", _version(spec)


def _specs_of_npm(fields: Mapping[str, Any]) -> dict[str, str]:
    return {name: spec for table in reversed(_TABLES) for name, spec in _strings(fields.get(table)).items()}


def _python(text: str) -> Iterator[tuple[str, str]]:
    fields = _toml(text)
    project, poetry = _mapping(fields.get("project")), _poetry(fields)
    for scripts in (poetry.get("scripts"), project.get("scripts")):
        for name, target in _mapping(scripts).items():
            yield f"scripts.{name}", digest(target)
    for name, spec in _specs_of_python(fields):
        yield "requires-python" if name == "python" else dependency(name), _version(spec)


def _specs_of_python(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """As PEP 621, dependency groups, poetry and uv have them."""
    project, poetry = _mapping(fields.get("project")), _poetry(fields)
    uv = _mapping(_mapping(fields.get("tool")).get("uv"))
    lists = [uv.get("dev-dependencies")]
    lists += _mapping(fields.get("dependency-groups")).values()
    lists += [*_mapping(project.get("optional-dependencies")).values(), project.get("dependencies")]
    for requirement in (each for group in lists for each in _list(group) if isinstance(each, str)):
        if match := re.match(_REQUIREMENT, requirement):
            yield _canonical(match[1]), match[2].strip(" ()")
    groups = [
        *_mapping(poetry.get("group")).values(),
        {"dependencies": poetry.get("dev-dependencies")},
        poetry,
    ]
    for group in groups:
        for name, spec in _mapping(_mapping(group).get("dependencies")).items():
            wanted = spec.get("version", "") if isinstance(spec, dict) else spec
            yield _canonical(name), wanted if isinstance(wanted, str) else ""
    if isinstance(project.get("requires-python"), str):
        yield "python", project["requires-python"]


def _poetry(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    return _mapping(_mapping(fields.get("tool")).get("poetry"))


def _compose(text: str) -> Iterator[tuple[str, str]]:
    """Of a service what is started and how it is reached; its environment may hold secrets and is never looked at."""
    for name, service in _mapping(_yaml(text).get("services")).items():
        fields = _mapping(service)
        relied_on: dict[str, Any] = {key: fields[key] for key in _OF_SERVICE if key in fields}
        if isinstance(fields.get("image"), str):
            relied_on["image"] = _image(fields["image"])
        yield f"services.{name}", digest(relied_on)


def _github(text: str) -> Iterator[tuple[str, str]]:
    for name, job in _mapping(_yaml(text).get("jobs")).items():
        fields = _mapping(job)
        relied_on: dict[str, Any] = {key: fields[key] for key in _OF_GITHUB_JOB if key in fields}
        steps = [fields, *map(_mapping, _list(fields.get("steps")))]
        relied_on["does"] = [
            _words(step["run"]) if "run" in step else str(step["uses"]).partition("@")[0]
            for step in steps
            if "run" in step or "uses" in step
        ]
        yield f"jobs.{name}", digest(relied_on)


def _gitlab(text: str) -> Iterator[tuple[str, str]]:
    for name, job in _yaml(text).items():
        if isinstance(job, dict) and name not in _NO_GITLAB_JOB and not name.startswith("."):
            yield f"jobs.{name}", digest({key: _words(job[key]) for key in _OF_GITLAB_JOB if key in job})


def _version(spec: str) -> str:
    """The version in short; what is no version (an address, a path, `*`) may hold anything, so its hash."""
    return written(spec) or digest(spec.strip())


def _image(name: str) -> str:
    """An image without patch release and content hash."""
    return re.sub(_TAGGED, r"\1.\2", name.partition("@")[0])


def _words(value: Any) -> Any:
    """A script without its comments, blank lines and spacing."""
    if not isinstance(value, str):
        return value
    lines = (" ".join(line.split()) for line in value.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _canonical(name: str) -> str:
    return name if name.startswith("@") else re.sub(r"[-_.]+", "-", name).lower()


def _json(text: str) -> Mapping[str, Any]:
    try:
        return _whole(msgspec.json.decode(text))
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise UsageError(f"not valid JSON: {error}") from error


def _toml(text: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"not valid TOML: {error}") from error


def _yaml(text: str) -> Mapping[str, Any]:
    return fm.parse_mapping(text)


def _whole(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise UsageError("not a mapping of names")
    return value


def _mapping(value: object) -> Mapping[str, Any]:
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else {}


def _strings(value: object) -> dict[str, str]:
    return {key: item for key, item in _mapping(value).items() if isinstance(item, str)}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
