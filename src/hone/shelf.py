"""The skills of one session: which one fits a request, what was learned meanwhile, and which tripwires are on.

The model has a part of it as tools; the rest happens unasked, before a request and before each call.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from hone.errors import NotFound, UsageError
from hone.events import AnyEvent, Attached, TurnFinished
from hone.messages import ToolCall
from hone.skills.armed import armed
from hone.skills.discover import Library
from hone.skills.index import BUDGET, holds_all
from hone.skills.read import Skill
from hone.skills.retrieve import Retrieval, clear_match
from hone.skills.tripwires import objection
from hone.tools.base import Tool
from hone.tools.execute import BeforeCall, Emit
from hone.tools.loading import Loader, Outdated
from hone.tools.skills import skill_search_tool, skill_tool

SkillUse = Literal["attached", "offered", "hidden"]
"""How skills come into a session: unasked where one clearly fits; if the model asks; or not, but for their tripwires."""

_LEARNED_MEANWHILE = "A skill for this task has just been learned. Follow it from here on."


class Catalogue(msgspec.Struct, frozen=True):
    """Where the skills of a session come from.

    `newest` is a number that grows with every change of skills and memory; `rediscover` gives the library as it is now,
    `taught_by` the names of skills that a request of the same words led to. `index_tokens` is the room for their list.
    """

    library: Library
    retrieval: Retrieval
    newest: Callable[[], int]
    taught_by: Callable[[str], frozenset[str]]
    rediscover: Callable[[], Library]
    use: SkillUse = "attached"
    index_tokens: int = BUDGET


class Shelf:
    """The skills that one session may use on `project`. `renewable` are those that did their job although what they rely
    on had changed, with what had.
    """

    def __init__(self, catalogue: Catalogue, loader: Loader, project: str | None) -> None:
        self.renewable: list[Outdated] = []
        self._catalogue = catalogue
        self._loader = loader
        self._project = project
        self._newest = catalogue.newest()
        self._library = catalogue.library
        self._armed = armed(self._library.loadable, project)

    def tools(self) -> list[Tool]:
        """What the model can ask for; nothing if there are no skills."""
        library, retrieval = self._catalogue.library, self._catalogue.retrieval
        if self._catalogue.use == "hidden" or not library.loadable:
            return []
        loading = skill_tool(library, self._loader)
        if holds_all(library, self._project, budget_tokens=self._catalogue.index_tokens):
            return [loading]
        search = skill_search_tool(lambda query: retrieval.search(query, self._project), self._loader)
        return [loading, search]

    def names(self) -> dict[str, str]:
        """The skills that a person can name, with their descriptions."""
        scopes = ("all", f"project:{self._project}")
        usable = [skill for skill in self._library.loadable if skill.scope in scopes]
        return {skill.name: skill.description for skill in usable}

    def take(self, name: str) -> Attached:
        """The skill that a person named, whatever its status. Raises NotFound, and UsageError if it is held back."""
        skill = next((each for each in self._library.loadable if each.name == name), None)
        if skill is None:
            raise NotFound("skill", name, self.names())
        return Attached("skill", name, self._loader.load(skill), "workspace")

    def attach(self, request: str) -> list[Attached]:
        """The skill that `request` is clearly about, once a session; nothing if none is."""
        self._look_again()
        if self._catalogue.use != "attached":
            return []
        found = self._catalogue.retrieval.search(request, self._project)
        skill = clear_match(found) or self._taught_by(request)
        if skill is None or skill.name in self._loader.loaded:
            return []
        try:
            text = self._loader.load(skill)
        except UsageError:  # it went or broke since the session began, or is held back
            return []
        return [Attached("skill", skill.name, text, "workspace")]

    def attach_late(self, request: str) -> list[Attached]:
        """The same in the middle of the work on `request`, if something was learned since it began."""
        if not self._look_again():
            return []
        return [
            msgspec.structs.replace(each, text=f"{_LEARNED_MEANWHILE}\n{each.text}")
            for each in self.attach(request)
        ]

    def guard(self, events: Sequence[AnyEvent], emit: Emit) -> BeforeCall:
        """Stops a call of the turn of `events` that is about to repeat a known mistake."""

        def before_call(call: ToolCall) -> str | None:
            tripped = objection(call, self._armed, events)
            if tripped is None or self._is_held_back(tripped.skill):
                return None
            emit(tripped)
            return None if tripped.passed else tripped.text

        return before_call

    def concluded(self, finished: TurnFinished) -> None:
        """A turn has ended: what was outdated and did its job all the same is `renewable`."""
        if finished.status == "answered" and not finished.learning.queued:
            outdated = self._loader.outdated
            self.renewable += [
                msgspec.structs.replace(outdated.pop(name), turn=finished.turn)
                for name in finished.skills
                if name in outdated
            ]

    def _is_held_back(self, name: str) -> bool:
        """Whether the skill reads like an attack: then its tripwires have no say either."""
        skill = next((each for each in self._library.loadable if each.name == name), None)
        return skill is None or self._loader.is_held_back(skill)

    def _look_again(self) -> bool:
        """Take in what was learned since the last look; whether there was anything."""
        newest = self._catalogue.newest()
        if newest == self._newest:
            return False
        self._newest = newest
        self._library = self._catalogue.rediscover()
        self._armed = armed(self._library.loadable, self._project)
        self._catalogue.retrieval.refresh(self._library)
        return True

    def _taught_by(self, request: str) -> Skill | None:
        """A skill that was learned from this very request, whatever its words."""
        names = self._catalogue.taught_by(request)
        scopes = ("all", f"project:{self._project}")
        usable = (skill for skill in self._library.loadable if skill.scope in scopes)
        return next((skill for skill in usable if skill.name in names), None)
