"""The skills of one session: which one fits a request, what was learned meanwhile, and which tripwires are on.

The model has a part of it as tools; the rest happens unasked, before a request and before each call.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from hone.errors import NotFound, UsageError
from hone.events import AnyEvent, Attached, TurnFinished, Withheld
from hone.messages import ToolCall
from hone.proof.trials import Candidate, Trials, target_of
from hone.skills.armed import armed
from hone.skills.discover import Library
from hone.skills.index import BUDGET, holds_all
from hone.skills.read import Skill
from hone.skills.retrieve import Found, Retrieval, clear_match
from hone.skills.tripwires import Armed, objection
from hone.tools.base import Tool
from hone.tools.execute import BeforeCall, Emit
from hone.tools.loading import Loader, Outdated
from hone.tools.skills import skill_search_tool, skill_tool

SkillUse = Literal["attached", "offered", "hidden"]
"""How skills come into a session: unasked where one clearly fits; if the model asks; or not, but for their tripwires."""

_LEARNED_MEANWHILE = "A skill for this task has just been learned. Follow it from here on."
_TO_MEASURE = "to measure what it saves"
_LED_TO_FAILURES = "because its last uses led to failures (hone stats)"


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
    tripwires: bool = True


class Shelf:
    """The skills that one session may use on `project`. `renewable` are those that did their job although what they rely
    on had changed, with what had. `trials` records each turn as a task, and may withhold a skill. `aside` are not offered.
    """

    def __init__(self, catalogue: Catalogue, loader: Loader, project: str | None, trials: Trials) -> None:
        self.renewable: list[Outdated] = []
        self._catalogue = catalogue
        self._loader = loader
        self._project = project
        self._trials = trials
        self._newest = catalogue.newest()
        self._library = catalogue.library
        self._armed: tuple[Armed, ...] = ()
        self.aside: frozenset[str] = frozenset()
        self._told_of: set[str] = set()
        loader.withheld |= trials.withheld() - loader.loaded  # of a session that is reopened
        self._take_in()

    def tools(self) -> list[Tool]:
        """What the model can ask for; nothing if there are no skills."""
        library = self._catalogue.library.without(self.aside)
        if self._catalogue.use == "hidden" or not library.loadable:
            return []
        loading = skill_tool(library, self._loader)
        if holds_all(library, self._project, budget_tokens=self._catalogue.index_tokens):
            return [loading]
        return [loading, skill_search_tool(self._search, self._loader)]

    def names(self) -> dict[str, str]:
        """The skills that a person can name, with their descriptions."""
        return {skill.name: skill.description for skill in self._usable()}

    def is_proven(self, name: str) -> bool:
        """Whether the skill of that name is none on trial."""
        skill = self._named(name)
        return skill is not None and skill.status == "proven"

    def take(self, name: str) -> Attached:
        """The skill that a person named, whatever its status. Raises NotFound, and UsageError if it is held back."""
        skill = self._named(name)
        if skill is None:
            raise NotFound("skill", name, self.names())
        self._loader.withheld.discard(name)
        self._trials.named.add(name)
        return Attached("skill", name, self._loader.load(skill), "workspace")

    def named_in(self, text: str) -> tuple[str, list[Attached]]:
        """The request and the skill of `/NAME REQUEST`; any other text as it is. Raises UsageError if it is held back."""
        name, _, request = text.strip().partition(" ")
        if not name.startswith("/") or self._named(name[1:]) is None:
            return text, []
        return request.strip() or f"Use the skill {name[1:]}.", [self.take(name[1:])]

    def attach(self, request: str) -> list[Attached | Withheld]:
        """The skill that `request` is clearly about, once a session; nothing if none is. A coin may withhold it."""
        self._look_again()
        fitting = self._fitting(request) if self._catalogue.use == "attached" else None
        is_aside = fitting is not None and fitting.skill.name in self.aside
        candidate = None if fitting is None or is_aside else _candidate(fitting)
        is_withheld = self._trials.begin(request, candidate)
        if fitting is None or not (is_withheld or is_aside):
            return [*self._load(fitting)]
        return self._withhold(fitting.skill.name, _LED_TO_FAILURES if is_aside else _TO_MEASURE)

    def attach_late(self, request: str) -> list[Attached]:
        """The same in the middle of the work on `request`, if something was learned since it began."""
        if not self._look_again() or self._catalogue.use != "attached":
            return []
        return [
            msgspec.structs.replace(each, text=f"{_LEARNED_MEANWHILE}\n{each.text}")
            for each in self._load(self._fitting(request))
        ]

    def guard(self, events: Sequence[AnyEvent], emit: Emit) -> BeforeCall:
        """Stops a call of the turn of `events` that is about to repeat a known mistake."""

        def before_call(call: ToolCall) -> str | None:
            tripped = objection(call, self._on(), events)
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

    def _load(self, fitting: Found | None) -> list[Attached]:
        if fitting is None or fitting.skill.name in self._loader.loaded:
            return []
        try:
            text = self._loader.load(fitting.skill)
        except UsageError:  # it went or broke since the session began, is held back or withheld
            return []
        return [Attached("skill", fitting.skill.name, text, "workspace")]

    def _withhold(self, name: str, reason: str) -> list[Attached | Withheld]:
        """Told once in a session."""
        if name in self._told_of | self._loader.loaded:
            return []
        self._told_of.add(name)
        self._loader.withheld.add(name)
        return [Withheld(name, reason)]

    def _on(self) -> Sequence[Armed]:
        withheld = self._loader.withheld
        return [each for each in self._armed if each.skill not in withheld] if withheld else self._armed

    def _is_held_back(self, name: str) -> bool:
        """Whether the skill reads like an attack: then its tripwires have no say either."""
        skill = self._named(name)
        return skill is None or self._loader.is_held_back(skill)

    def _look_again(self) -> bool:
        """Take in what was learned since the last look; whether there was anything."""
        newest = self._catalogue.newest()
        if newest == self._newest:
            return False
        self._newest = newest
        self._library = self._catalogue.rediscover()
        self._take_in()
        self._catalogue.retrieval.refresh(self._library)
        return True

    def _take_in(self) -> None:
        """Arm the tripwires of the library, and set aside the skills that led to failures and were not changed since."""
        self._armed = armed(self._library.loadable, self._project) if self._catalogue.tripwires else ()
        withheld = self._loader.withheld - self.aside
        self.aside = self._trials.set_aside(self._library)
        self._loader.withheld = {*withheld, *self.aside}

    def _search(self, query: str) -> list[Found]:
        found = self._catalogue.retrieval.search(query, self._project)
        return [each for each in found if each.skill.name not in self._loader.withheld]

    def _fitting(self, request: str) -> Found | None:
        """The skill that `request` is clearly about."""
        found = self._catalogue.retrieval.search(request, self._project)
        skill = clear_match(found) or self._taught_by(request) or self._taught_by_kind(request, found[:1])
        if skill is None:
            return None
        return next((each for each in found if each.skill.name == skill.name), Found(skill, 0.0))

    def _taught_by(self, request: str) -> Skill | None:
        """A skill that was learned from this very request, whatever its words."""
        names = self._catalogue.taught_by(request)
        return next((skill for skill in self._usable() if skill.name in names), None)

    def _taught_by_kind(self, request: str, best: Sequence[Found]) -> Skill | None:
        """The best that was found, if tasks of this kind taught it: a task that recurs, in words that do not tell much."""
        taught = self._trials.taught_by_kind(request) if best else ()
        return next((each.skill for each in best if target_of(each.skill) in taught), None)

    def _usable(self) -> list[Skill]:
        scopes = ("all", f"project:{self._project}")
        return [skill for skill in self._library.loadable if skill.scope in scopes]

    def _named(self, name: str) -> Skill | None:
        return next((skill for skill in self._library.loadable if skill.name == name), None)


def _candidate(found: Found) -> Candidate:
    skill = found.skill
    return Candidate(skill.name, found.score, skill.status == "trial", target_of(skill))
