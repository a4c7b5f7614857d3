"""Which versions a project asks for, to compare with what somebody remembers of them."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from hone.errors import UsageError
from hone.skills.facts.manifests import version_specs
from hone.skills.facts.project_files import ProjectFiles
from hone.skills.facts.versions import exactly, read_range, written

_MANIFESTS = ("package.json", "pyproject.toml")
_OTHER_NAMES = {"node.js": "node", "nodejs": "node", "vue.js": "vue", "next.js": "next", "reactjs": "react"}


class ProjectVersions:
    """The dependencies and runtimes in the manifests of `workspace`, read when they are first asked for."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace

    def contradiction(self, name: str, version: str) -> str | None:
        """What a manifest says of `name` if that is no release of `version` (numbers and dots), else None."""
        asked = name.lower()
        said = self._said.get(_OTHER_NAMES.get(asked, asked))
        if said is None:
            return None
        manifest, spec = said
        allowed = read_range(spec)
        if allowed is None or allowed.meets(exactly(version)):
            return None
        return f"{manifest} says {name} {written(spec)}"

    @cached_property
    def _said(self) -> dict[str, tuple[str, str]]:
        return {name.lower(): (manifest, spec) for manifest, name, spec in self._specs()}

    def _specs(self) -> Iterator[tuple[str, str, str]]:
        files = ProjectFiles(self._workspace, "")
        for manifest in _MANIFESTS:
            try:
                text = files.manifest_text(manifest)
                specs = version_specs(manifest, text) if text is not None else {}
            except UsageError:  # broken at the moment: it says nothing
                continue
            yield from ((manifest, name, spec) for name, spec in specs.items())
