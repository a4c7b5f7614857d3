"""The review: the writer is asked what to keep of a piece of work, and each answer is judged by the gate.

Nothing is written here: the verdicts are for `hone.changes.door`. What the writer reads is `brief`'s part, how its answers
are read `proposals`'.
"""

import datetime
import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from importlib import resources

import msgspec

from hone.changes.change import Change, Create, Facts, Tried, Verdict
from hone.changes.gate import without
from hone.errors import OverBudget, UsageError
from hone.events import ToolFinished, TurnStarted
from hone.history.rows import Recorded
from hone.jobs.nudge import Nudge
from hone.learning.brief import Material, write_brief
from hone.learning.condense import cost, loaded_skills, one_line
from hone.learning.episode import Episode
from hone.learning.proposals import ONLY_MEMORY, TOOLS, LearnNothing, Source, change_of, merged, understood
from hone.learning.tried import facts_of
from hone.messages import (
    Assistant,
    Message,
    System,
    ToolCall,
    ToolReply,
    ToolSpec,
    Trust,
    User,
    estimate_tokens,
)
from hone.models.base import Model, Reply, Request
from hone.skills.sidecar import read_tripwires
from hone.skills.tripwires import Tripwire

REQUESTS = 4
INPUT_TOKENS = 6_000  # of each request, schemas and instructions included
_LEAST_ROOM = 800  # tokens for the brief; with less the writer would decide blindly
_EXPECTED_OUTPUT = 1_500  # tokens
_MESSAGE = 30  # tokens that a message or a call takes beside its texts
_ENVELOPE = 60  # tokens around the messages and tools: the model's name, options, marks for the cache
_SPOKEN = 500  # characters of an answer in words that are sent back
_REASON = 300  # characters
_NEAREST = 3
_MOST_NEIGHBOURS = 200  # skills that are all compared with; of a larger library the nearest are
_OWN_EVENTS = 12
_TOOL_TOKENS = estimate_tokens(msgspec.json.encode(TOOLS).decode())
_ALL_KINDS = frozenset(("words", "malformed", "vague", "rejected"))
_VAGUE = (
    "these name no command, path, value or error of the transcript; say them with one, or leave them out:"
)
_TRY_AGAIN = "Answer once more with a better call, or with learn_nothing."
_WITHOUT_SKILLS = (
    "Skills are off here. What you would write as a skill, write as one fact of the project with `memory_update`: "
    "what works, in exact commands."
)
_CALL_A_TOOL = "Answer with a tool call: skill_create, skill_revise, memory_update or learn_nothing."


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What is reviewed: the turns of a nudge. `events` may end with the user's next message; `trust` is their least.

    `request` is what was asked, `project` the slug of the project. `heard` are the external texts of the session before.
    """

    nudge: Nudge
    events: Sequence[Recorded]
    episodes: Sequence[Episode]
    request: str
    session: str
    project: str | None
    trust: Trust
    heard: Sequence[str] = ()


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What a review is lent, all of it for reading but `record`, which is told of each reply.

    `skills` are whole SKILL.md texts by name, `memory` the texts of the memory files by their path below the home, `read`
    gives the bytes of a path there. `nearest` names the skills that are nearest to a text, the best first. `afford` says
    why a request of so many tokens must wait, or None. `is_project_file` says whether a word names a file of the git
    repository that the work was done in. `worked` are the calls of earlier turns there, newest turn first. `changed` says
    what of the facts that a skill relies on is otherwise by now.
    """

    judge: Callable[[Change, Facts], Verdict]
    skills: Mapping[str, str]
    memory: Mapping[str, str]
    read: Callable[[str], bytes | None]
    nearest: Callable[[str], Sequence[str]]
    today: datetime.date
    afford: Callable[[int], str | None]
    record: Callable[[Reply], None]
    is_project_file: Callable[[str], bool] = lambda _word: False
    worked: Sequence[tuple[Tried, ...]] = ()
    changed: Callable[[str], Sequence[str]] = lambda _name: ()
    tools: tuple[ToolSpec, ...] = TOOLS


class Reviewed(msgspec.Struct, frozen=True):
    """What is to be kept, in the order of the answers; `reason` says why nothing is. `requests` were sent."""

    verdicts: tuple[Verdict, ...]
    reason: str
    requests: int


async def review(work: Work, writer: Model, desk: Desk) -> Reviewed:
    """Ask `writer` what to keep of `work`, in at most four requests.

    An answer that cannot be used goes back once, with the reason. Raises ProviderError, and OverBudget if a request must
    wait and nothing is kept so far; the whole review can be repeated then.
    """
    return await _Review(work, writer, desk).run()


class _Fault(msgspec.Struct, frozen=True):
    """Why an answer is not kept. Of each kind one goes back to the writer."""

    kind: str  # words, malformed, vague, rejected
    reason: str


class _Review:
    """The dialogue. `_kept` are verdicts by what they are about, `_returned` the kinds of faults that went back."""

    def __init__(self, work: Work, writer: Model, desk: Desk) -> None:
        self._work = work
        self._writer = writer
        self._desk = desk
        self._facts = facts_of(work.events, desk.worked)
        self._material = _material(work, desk)
        self._dialogue: list[Message] = []
        self._kept: dict[object, Verdict] = {}
        self._returned: frozenset[str] = frozenset()
        self._reason = ""
        self._requests = 0

    async def run(self) -> Reviewed:
        while self._requests < REQUESTS:
            reply = await self._ask()
            if reply is None or not self._hear(reply):
                break
        verdicts = tuple(self._kept.values())
        return Reviewed(verdicts, "" if verdicts else one_line(self._reason, _REASON), self._requests)

    async def _ask(self) -> Reply | None:
        """The next reply; None if what is kept so far has to do, for lack of room or of budget."""
        system = System(_instructions(only_memory=self._desk.tools == ONLY_MEMORY))
        fixed = _ENVELOPE + _TOOL_TOKENS + sum(map(_weight, (system, *self._dialogue)))
        room = INPUT_TOKENS - fixed - _MESSAGE
        if room < _LEAST_ROOM:
            self._reason = self._reason or "the writer's answers were too long"
            return None
        brief = User(write_brief(self._material, room))
        if why_not := self._desk.afford(fixed + _weight(brief) + _EXPECTED_OUTPUT):
            if not self._kept:
                raise OverBudget(why_not)
            return None
        request = Request((system, brief, *self._dialogue), self._desk.tools)
        reply = await self._writer.complete(request, lambda _: None)
        self._requests += 1
        self._desk.record(reply)
        return reply

    def _hear(self, reply: Reply) -> bool:
        """Whether the writer is to be asked again."""
        calls = reply.message.tool_calls
        if not calls:
            return self._hear_words(reply.message.text)
        before = _ALL_KINDS if self._requests == REQUESTS else self._returned
        answers = [self._answer(call, reply.model, before) for call in calls]
        self._dialogue += [Assistant(tool_calls=calls), *answers]
        return not all(answer.ok for answer in answers)

    def _hear_words(self, text: str) -> bool:
        self._reason = self._reason or "the writer answered without a tool call"
        if self._kept or "words" in self._returned:
            return False
        self._returned |= {"words"}
        self._dialogue += [Assistant(text.strip()[:_SPOKEN] or "…"), User(_CALL_A_TOOL)]
        return True

    def _answer(self, call: ToolCall, model: str, before: Set[str]) -> ToolReply:
        """What the writer is told of `call`; not ok if it is to answer better."""
        said = self._consider(call, model, before)
        if isinstance(said, str):
            return ToolReply(call.id, call.name, said)
        self._reason = said.reason
        if said.kind in before:
            return ToolReply(call.id, call.name, f"Not kept: {said.reason}")
        self._returned |= {said.kind}
        return ToolReply(call.id, call.name, f"Not kept: {said.reason}\n{_TRY_AGAIN}", ok=False)

    def _consider(self, call: ToolCall, model: str, before: Set[str]) -> str | _Fault:
        """Keep what `call` proposes, or say why not."""
        try:
            proposal = understood(call, self._desk.tools)
            if isinstance(proposal, LearnNothing):
                self._reason = proposal.reason.strip() or "the writer saw nothing worth keeping"
                return "Noted."
            change = self._with_kept(change_of(proposal, self._source(model)))
        except UsageError as error:
            return _Fault("malformed", str(error))
        if change.op == "create" and (other := self._kept_create(change)):
            return _Fault(
                "rejected", f"one new skill in a review, and that is {other}: put it all into that one"
            )
        verdict = self._judge(change)
        for moved in verdict.also:
            self._keep(self._judge(moved))
        if not verdict.change.ops and verdict.also:
            return "Kept in memory for a few days instead: it says what is unavailable, not what to do."
        if verdict.decision != "reject" and verdict.vague:
            if "vague" not in before:
                return _Fault("vague", _VAGUE + "".join(f"\n- {text}" for text in verdict.vague))
            trimmed = without(verdict.change, verdict.vague)
            if not trimmed.ops or (isinstance(trimmed.ops[0], Create) and not trimmed.ops[0].steps):
                return _Fault("vague", "nothing in it names anything of the work")
            verdict = self._judge(trimmed)
        why = "; ".join(verdict.reasons)
        if verdict.decision == "reject":
            self._show_skill_named_in(why)
            return _Fault("rejected", why)
        self._keep(verdict)
        kept = "Kept." if verdict.decision == "accept" else "Kept for the user to decide:"
        return f"{kept} {why}".rstrip()

    def _show_skill_named_in(self, reason: str) -> None:
        """Who is told to revise a skill instead must see it."""
        names = [
            name
            for name in self._desk.skills
            if re.search(rf"\bskill (?:named )?{re.escape(name)}\b", reason)
        ]
        first = {name: self._desk.skills[name] for name in names}
        skills = dict(list((first | dict(self._material.skills)).items())[:_NEAREST])
        self._material = msgspec.structs.replace(self._material, skills=skills)

    def _kept_create(self, change: Change) -> str | None:
        """The name of another new skill that is kept already."""
        kept = (each.change for each in self._kept.values())
        return next((each.skill for each in kept if each.op == "create" and each.skill != change.skill), None)

    def _judge(self, change: Change) -> Verdict:
        known = msgspec.structs.replace(self._facts, neighbours=self._neighbours(change))
        return self._desk.judge(change, known)

    def _keep(self, verdict: Verdict) -> None:
        if verdict.decision != "reject":
            self._kept[_subject(verdict.change)] = msgspec.structs.replace(verdict, vague=(), also=())

    def _with_kept(self, change: Change) -> Change:
        """`change` and what was kept before of the same skill, unless the one or the other writes the skill anew."""
        earlier = self._kept.get(_subject(change))
        if earlier is None or change.op != "revise" or earlier.change.op != "revise":
            return change
        return merged(earlier.change, change)

    def _neighbours(self, change: Change) -> dict[str, str]:
        """The skills that a new one is compared with: those that could be revised instead, and any of the same name."""
        first = change.ops[0]
        if not isinstance(first, Create):
            return {}
        skills = self._desk.skills
        names: Iterable[str] = skills
        if len(skills) > _MOST_NEIGHBOURS:
            names = [
                change.skill or "",
                *self._desk.nearest(f"{change.skill} {first.title} {first.description}"),
            ]
        return {
            name: skills[name]
            for name in names
            if name in skills and (name == change.skill or _is_ours(name, self._desk))
        }

    def _source(self, model: str) -> Source:
        work = self._work
        return Source(
            session=work.session,
            turn=work.nudge.turn,
            nudge=work.nudge.id,
            project=work.project,
            trust=work.trust,
            model=model,
            evidence=_own_evidence(work),
            read=self._desk.read,
            is_project_file=self._desk.is_project_file,
        )


def _material(work: Work, desk: Desk) -> Material:
    misled = [episode.skill for episode in work.episodes if episode.skill]
    hard = " ".join(episode.failed for episode in work.episodes)
    near = desk.nearest(f"{work.request}\n{hard}".strip())
    names = dict.fromkeys([*misled, *loaded_skills(work.events), *near])
    shown = [name for name in names if name in desk.skills][:_NEAREST]
    return Material(
        reasons=work.nudge.reasons,
        episodes=work.episodes,
        events=work.events,
        skills={name: desk.skills[name] for name in shown},
        tripwires={name: _tripwires_of(name, desk) for name in shown},
        changed={name: desk.changed(name) for name in shown},
        memory=desk.memory,
        heard=work.heard,
        project=work.project,
        today=desk.today,
        fixed=frozenset(name for name in shown if not _is_ours(name, desk)),
    )


def _tripwires_of(name: str, desk: Desk) -> tuple[Tripwire, ...]:
    written = read_tripwires((desk.read(f"skills/{name}/hone.yaml") or b"").decode(errors="replace"))
    return tuple(each for each in written if not each.retired)


def _is_ours(name: str, desk: Desk) -> bool:
    return desk.read(f"skills/{name}/SKILL.md") is not None


def _own_evidence(work: Work) -> tuple[str, ...]:
    """The events that show what was hard; without any, what was asked and the last results."""
    shown = dict.fromkeys(each for episode in work.episodes for each in episode.events)
    if shown:
        return tuple(shown)[:_OWN_EVENTS]
    told = [each.id for each in work.events if isinstance(each.event, TurnStarted | ToolFinished)]
    return tuple(dict.fromkeys([*told[:1], *told[1 - _OWN_EVENTS :]]))


def _subject(change: Change) -> object:
    """What a change is about: of a skill there is one change in a review, of a memory file one for each edit."""
    return change.target if change.skill else (change.target, change.ops)


def _weight(message: Message) -> int:
    """Tokens of a message in a request."""
    calls = message.tool_calls if isinstance(message, Assistant) else ()
    return _MESSAGE + cost(message.text) + sum(_MESSAGE + cost(call.arguments) for call in calls)


def _instructions(*, only_memory: bool) -> str:
    text = (resources.files("hone.prompt") / "templates" / "review.md").read_text("utf-8").strip()
    return f"{text}\n\n{_WITHOUT_SKILLS}" if only_memory else text
