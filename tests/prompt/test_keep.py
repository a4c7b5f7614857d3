"""What stays of a long conversation as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.messages import Assistant, Message, System, ToolCall, ToolReply, User
from hone.prompt.keep import Tail, files_in, size, skills_in, tail_within, without_skills

SKILL = '<skill_content name="deploy">\nRun ./build.\n</skill_content>'


def call(tool: str, arguments: str, text: str = "out") -> list[Message]:
    return [Assistant("", (ToolCall("c", tool, arguments),)), ToolReply("c", tool, text)]


def test_a_call_stays_with_its_result() -> None:
    messages = [User("go"), *call("read", "{}"), *call("read", "{}")]
    one = size(messages[-2:])
    assert tail_within(messages, one) == Tail(2)
    assert tail_within(messages, 2 * one - 1) == Tail(2)
    assert tail_within(messages, 2 * one) == Tail(4)
    assert tail_within(messages, 10 * one) == Tail(5)


def test_texts_of_a_step_that_is_too_large_alone_are_cut_to_what_there_is_room_for() -> None:
    messages = [User("go"), *call("shell", "{}", "x" * 10_000)]
    tail = tail_within(messages, 2_000)
    assert tail.kept == 2
    assert tail.longest is not None
    assert 1_500 < tail.longest < 2_000


def test_a_step_whose_arguments_are_too_large_does_not_stay() -> None:
    assert tail_within([User("go"), *call("write", "x" * 10_000)], 2_000) == Tail(0)


def test_without_messages_nothing_stays() -> None:
    assert tail_within([], 10) == Tail(0)


MESSAGES = st.lists(
    st.one_of(
        st.builds(User, st.text(max_size=300)),
        st.builds(lambda text: tuple(call("shell", "{}", text)), st.text(max_size=600)),
    ),
    max_size=8,
)


@given(MESSAGES, st.integers(0, 2_000))
def test_the_tail_never_begins_with_a_result_and_fits(
    steps: list[User | tuple[Message, ...]], room: int
) -> None:
    messages = [message for step in steps for message in ([step] if isinstance(step, User) else step)]
    tail = tail_within(messages, room)
    kept = messages[len(messages) - tail.kept :]
    assert not kept or not isinstance(kept[0], ToolReply)
    assert tail.longest is not None or size(kept) <= room


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (User(f"do it\n\n{SKILL}"), {"deploy": SKILL}),
        (ToolReply("c", "skill", SKILL), {"deploy": SKILL}),
        (ToolReply("c", "shell", SKILL), {}),
        (ToolReply("c", "web_fetch", SKILL, trust="external"), {}),
        (Assistant(SKILL), {}),
        (System(SKILL), {}),
    ],
)
def test_a_skill_is_one_only_where_hone_puts_it(message: Message, found: dict[str, str]) -> None:
    assert skills_in([message]) == found


def test_a_skill_is_named_in_the_place_of_its_text() -> None:
    assert without_skills(f"do it\n\n{SKILL}") == "do it\n\n[the skill deploy]"


def test_files_are_named_once_the_last_one_last() -> None:
    messages = [
        *call("read", '{"path": "a.py"}'),
        *call("edit", '{"path": "b.py", "old": "1", "new": "2"}'),
        *call("read", '{"path": "a.py"}'),
        *call("shell", '{"path": "c.py"}'),
        *call("read", "not json"),
        *call("read", '{"path": 3}'),
        *call("read", "{}"),
    ]
    assert files_in(messages) == ("b.py", "a.py")


def test_only_the_last_files_are_named() -> None:
    messages = [message for number in range(30) for message in call("read", f'{{"path": "{number}"}}')]
    assert files_in(messages) == tuple(str(number) for number in range(10, 30))
