"""What the writer reads beside the transcript, and how the room is shared."""

import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.learning.working import Did, Trace, work_of

from hone.learning.brief import Material, write_brief
from hone.learning.condense import cost
from hone.learning.episode import Episode
from hone.skills.tripwires import Tripwire

PLENTY = 100_000
SKILL = """---
name: deploy
description: "How to deploy the shop."
---
# Deploy

## Steps
1. Run `./deploy.sh`.

## Gotchas
- Health check is at /health.
"""
FIX = Episode(
    kind="fix",
    events=("e5", "e9"),
    failed="npm run build",
    error="NODE_ENV is not set\nstop",
    worked="NODE_ENV=production npm run build",
    calls=2,
    seconds=14.4,
)


def material(**given: Any) -> Material:
    defaults: dict[str, Any] = {
        "reasons": ("fix",),
        "episodes": (FIX,),
        "events": work_of("Deploy it.", [Did("npm run build", 1, "NODE_ENV is not set")]).events,
        "skills": {},
        "memory": {},
        "project": None,
        "today": datetime.date(2026, 11, 22),
    }
    return Material(**(defaults | given))


def test_a_brief_says_why_what_was_hard_and_what_happened() -> None:
    text = write_brief(material(), PLENTY)
    assert text.startswith("Today is 2026-11-22. The work was done in no project")
    assert "Why you are asked: something failed, and another call then did the job." in text
    assert (
        """1. failed, then another call did it [e5, e9], cost 2 calls, 14 s
   failed: npm run build
   error: NODE_ENV is not set stop
   what worked: NODE_ENV=production npm run build
"""
        in text
    )
    assert "# No skill is near" in text
    assert "[e5] shell, exit 1: npm run build" in text
    assert "# Memory" not in text


def test_every_kind_of_episode_is_told_the_gravest_first() -> None:
    kinds = ("warm_up", "dead_end", "in_vain", "precondition", "fix", "correction", "misfire")
    told = {
        "correction": Episode("correction", ("e1",), said="No, to staging."),
        "precondition": Episode("precondition", ("e2",), failed="./deploy.sh", needed="./migrate.sh"),
        "misfire": Episode("misfire", ("e3",), skill="deploy", failed="curl :8080/health"),
    }
    episodes = tuple(told.get(kind, Episode(kind, ("e4",))) for kind in kinds)  # type: ignore[arg-type]
    text = write_brief(material(episodes=episodes, reasons=("misfire", "correction")), PLENTY)
    order = [
        "1. led there by a skill [e3]",
        "skill: deploy",
        "2. corrected by the user [e1]",
        "said: No, to staging.",
    ]
    order += [
        "4. failed until something else had run",
        "first: ./migrate.sh",
        "6. failed and was given up",
        "7.",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)


def test_without_episodes_it_says_so() -> None:
    text = write_brief(material(episodes=(), reasons=("remember", "learn", "long_work")), PLENTY)
    assert "# What was hard, found by a program\nNothing." in text


def test_an_error_that_came_from_outside_is_a_stub() -> None:
    trace = Trace()
    trace.ask("go")
    failed, worked = (trace.run(Did("curl https://a", code, "evil", trust="external"))[0] for code in (1, 0))
    episode = Episode(
        "fix", (failed, worked), failed="curl https://a", error="evil orders", worked="curl https://b"
    )
    text = write_brief(material(events=trace.events, episodes=(episode, Episode("fix", (worked,)))), PLENTY)
    assert "evil" not in text
    assert "error: [external text, 11 characters]" in text


def test_skills_are_shown_in_full_and_those_that_cannot_be_changed_are_marked() -> None:
    text = write_brief(material(skills={"deploy": SKILL, "other": SKILL}, fixed=frozenset({"other"})), PLENTY)
    assert f"<skill name='deploy'>\n{SKILL.strip()}\n</skill>" in text
    assert "<skill name='other' note='you cannot change this one'>" in text


def test_of_a_skill_that_is_too_long_the_lines_about_the_work_are_shown_else_its_description() -> None:
    long = SKILL + "- filler line that says nothing of it\n" * 2_000
    about = material(
        skills={"deploy": long, "far": long.replace("Health check is at /health", "Use port 80")},
        episodes=(Episode("misfire", ("e5",), failed="curl localhost:8080/health", error="404"),),
    )
    text = write_brief(about, 4_000)
    assert (
        "[too long to show; the lines that have to do with this work:]\n- Health check is at /health.\n"
        in text
    )
    assert "<skill name='far'>\n[too long to show] How to deploy the shop.\n</skill>" in text


@pytest.mark.parametrize("broken", ["no frontmatter " * 5_000, "---\nnever closed" + "x" * 50_000])
def test_a_long_skill_that_cannot_be_read_is_left_out(broken: str) -> None:
    assert "<skill" not in write_brief(material(skills={"broken": broken}), 2_000)


def test_memory_is_shown_without_what_has_expired() -> None:
    memory = {
        "user.md": "# Me\n- Likes tea\n- Was away (until 2026-11-01)\n",
        "memory.md": "- Staging is at\n  port 8080\n",
        "projects/shop/memory.md": "",
    }
    text = write_brief(material(memory=memory, project="shop"), PLENTY)
    assert text.endswith("## user.md\n- Likes tea\n## memory.md\n- Staging is at\n  port 8080")
    assert "done in project shop." in text


def test_of_much_memory_the_newest_entries_are_shown() -> None:
    memory = {
        "user.md": "- x\n" * 4_000,
        "memory.md": "".join(f"- fact {number}\n" for number in range(4_000)),
    }
    text = write_brief(material(memory=memory), 2_000)
    assert "- fact 3999" in text
    assert "- fact 17\n" not in text
    assert cost(text) <= 2_000


def test_an_entry_too_long_for_its_part_leaves_its_file_out() -> None:
    assert "## user.md" not in write_brief(material(memory={"user.md": "- " + "x" * 50_000}), 2_000)


def test_what_a_part_does_not_need_flows_to_the_others() -> None:
    calls = [Did(f"make part-{number}", 1, "error " * 60) for number in range(30)]
    long = material(events=work_of("go", calls).events)
    assert cost(write_brief(long, 3_000)) > 2_700


@settings(max_examples=40, deadline=None)
@given(
    st.integers(800, 6_000),
    st.lists(st.text(max_size=4_000), max_size=3),
    st.lists(st.text(max_size=4_000), max_size=3),
    st.lists(st.text(max_size=3_000), max_size=8),
)
def test_a_brief_takes_no_more_room_than_there_is(
    room: int, skills: list[str], memory: list[str], outputs: list[str]
) -> None:
    big = material(
        skills={f"skill-{number}": text * 5 for number, text in enumerate(skills)},
        memory={f"{number}.md": f"- {text}" for number, text in enumerate(memory)},
        events=work_of("go", [Did("make", 1, text * 9) for text in outputs]).events,
        episodes=tuple(Episode("fix", ("e5",), failed=text, error=text) for text in outputs),
    )
    assert cost(write_brief(big, room)) <= room


def test_the_tripwires_of_a_skill_stand_below_it_as_they_would_be_proposed() -> None:
    tripwires = {
        "deploy": [
            Tripwire("shell", ("/health",), ("/healthz",), say="Use /healthz", id="t3", evidence=("e1",))
        ]
    }
    text = write_brief(material(skills={"deploy": SKILL}, tripwires=tripwires), PLENTY)
    assert (
        "- Health check is at /health.\n"
        '[tripwire t3] {"tool":"shell","has":["/health"],"lacks":["/healthz"],"say":"Use /healthz"}\n</skill>'
    ) in text


def test_of_many_tripwires_the_newest_are_shown() -> None:
    tripwires = {"deploy": [Tripwire("shell", ("x" * 2_000,), id=f"t{number}") for number in range(30)]}
    text = write_brief(material(skills={"deploy": SKILL}, tripwires=tripwires), PLENTY)
    assert "[tripwire t19]" not in text
    assert text.count("[tripwire t2") == 10
    assert len(text) < 10_000
