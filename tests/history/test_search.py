"""Finding what was said: words in any script, any query, the right scope, the messages around."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hone import events as ev
from hone.errors import HomeError
from hone.history import search as module
from hone.history.rows import SessionInfo
from hone.history.store import History
from hone.history.words import excerpt, message_of, query_words
from hone.messages import Assistant, ToolCall, ToolReply, Usage


def say(history: History, *texts: str, session: str = "s") -> None:
    for text in texts:
        history.start_turn(session, ev.TurnStarted(text))


def found(history: History, query: str, **scope: Any) -> list[str]:
    return [hit.text for hit in history.search(query, **scope)]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Deploying the services failed", "deploy service"),
        ("the café is closed", "CAFE"),
        ("naïve Bayes", "naive"),
        ("run state_db.py twice", "state_db.py"),
        ("数据库连接失败了", "数据库"),
        ("数据库连接失败了", "了"),
        ("数据库连接失败了", "库"),
        ("错误在config.yaml里", "config.yaml"),
        ("東京タワーに行きました", "タワー"),
        ("데이터베이스 연결 실패", "베이스"),
        ("ＦＵＬＬ width", "full"),
        ("Kubernetes is up", "kubern"),
        ("who is it?", "who"),
        ("straße", "straße"),
    ],
)
def test_words_are_found_in_every_form_and_script(history: History, text: str, query: str) -> None:
    say(history, text, "something else", "另外的话")
    assert found(history, query)[0] == text
    assert found(history, query, limit=1) == [text]


def test_messages_with_all_words_come_first_and_rare_words_count_more(history: History) -> None:
    say(history, "port port port", "the docker port", "docker", *["port"] * 9)
    assert found(history, "docker port", limit=2) == ["the docker port", "docker"]


def test_words_of_every_sentence_do_not_drown_the_telling_one(history: History) -> None:
    say(history, "what did you do when the", "zebra", "what is the matter")
    assert found(history, "what did the zebra do")[0] == "zebra"


def test_one_matching_message_is_the_only_hit_of_a_word(history: History) -> None:
    say(history, "before", "needle", "after")
    assert found(history, "needle") == ["needle"]


def test_a_question_finds_the_answer_beside_its_words(history: History) -> None:
    say(history, "unrelated", "which database shall we choose", "postgres then", "more of the unrelated")
    assert found(history, "what database was chosen for billing")[:2] == [
        "which database shall we choose",
        "postgres then",
    ]


def test_a_word_that_ranks_nothing_gives_the_newest(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RANKED", 2)
    say(history, "error one", "error two", "error three", "rare error")
    assert found(history, "error", limit=2) == ["rare error", "error three"]
    assert found(history, "nothing error rare")[0] == "rare error"


def test_a_hit_says_where_it_is_and_what_stands_around_it(history: History, clock: Any) -> None:
    turn = history.start_turn("s", ev.TurnStarted("why does it fail"))
    history.append("s", turn, 1, ev.StepStarted(1, "m"))
    call = ToolCall("c", "shell", '{"command": "curl localhost"}')
    history.append("s", turn, 1, ev.StepFinished(1, Assistant("", (call,)), Usage(), "m", 1.0))
    history.append("s", turn, 1, ev.ToolStarted(call))
    reply = ToolReply("c", "shell", "connection refused", ok=False, exit_code=7, trust="external")
    history.append("s", turn, 1, ev.ToolFinished(reply, 1.0, "external"))
    (hit,) = history.search("curl")
    assert (hit.session, hit.turn, hit.event, hit.role, hit.at) == ("s", 1, "e3", "assistant", clock.now())
    assert hit.text == 'shell {"command": "curl localhost"}'
    assert hit.before == module.Excerpt("e1", "user", "why does it fail")
    assert hit.after == module.Excerpt("e5", "tool", "connection refused")
    assert hit.trust == "external"
    (hit,) = history.search("why fail")
    assert hit.before is None


def test_a_search_stays_in_its_scope(history: History) -> None:
    for name, project in (("t", "p"), ("u", "q")):
        history.open_session(
            SessionInfo(id=name, cwd="", workspace="", origin="run", system_prompt="", project=project)
        )
    for name in ("s", "t", "u"):
        say(history, f"needle {name}", session=name)
    assert sorted(found(history, "needle")) == ["needle s", "needle t", "needle u"]
    assert found(history, "needle", session="t") == ["needle t"]
    assert sorted(found(history, "needle", project="p")) == ["needle s", "needle t"]
    assert sorted(found(history, "needle", exclude="s")) == ["needle t", "needle u"]
    assert found(history, "needle", project="p", exclude="s") == ["needle t"]


def test_an_index_that_names_what_is_not_there_is_a_damaged_file(history: History, path: Path) -> None:
    say(history, "needle")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM events")
    with pytest.raises(HomeError, match="is damaged"):
        history.search("needle")


@pytest.mark.parametrize("query", ["", " ", "?!", "🦓", "_", "\x00", "absent", "a" * 9_999])
def test_nothing_to_find_is_no_error(history: History, query: str) -> None:
    say(history, "something")
    assert history.search(query) == ()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=60) | st.text("\"*^:(){}-+ANDORNOT '\\", max_size=40))
def test_no_query_is_an_error(history: History, query: str) -> None:
    say(history, query)
    history.search(query)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(st.text(st.characters(categories=["Lu", "Ll", "Lo"], max_codepoint=0x9FFF), min_size=2, max_size=12))
def test_what_was_said_is_found_by_its_own_words(history: History, text: str) -> None:
    say(history, f"{text} unlikelyword")
    assert history.search(f"{text} unlikelyword", limit=1)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("What is the health check?", ('"health"', '"check"')),
        ("what is the", ('"what"', '"is"', '"the"')),
        ("Port port PORT", ('"port"',)),
        ("数据库", ('"数据"', '"据库"')),
        ("库", ('"库"*',)),
        ('say "NOT" (this*)', ('"say"',)),
        ("x=1", ('"x"', '"1"')),
        (" ".join(f"w{number}" for number in range(99)), tuple(f'"w{number}"' for number in range(32))),
    ],
)
def test_a_query_becomes_quoted_words(query: str, words: tuple[str, ...]) -> None:
    assert query_words(query) == words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("short\n  text", "short text"),
        ("a" * 30, "a" * 20 + "…"),
        ("x" * 30 + " needle " + "y" * 30, "…" + "x" * 5 + " needle " + "y" * 7 + "…"),
        ("x" * 30 + " needle", "…" + "x" * 13 + " needle"),
    ],
)
def test_an_excerpt_is_one_line_around_the_first_word(text: str, expected: str) -> None:
    assert excerpt(text, "the needle", 20) == expected


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (ev.TurnStarted("a"), "a"),
        (ev.Attached("steering", "user", "b"), "b"),
        (ev.Attached("skill", "s", "long skill"), None),
        (ev.StepFinished(1, Assistant("a", (ToolCall("1", "f", "{}"),), "r"), Usage(), "m", 1.0), "a\nf {}"),
        (ev.StepFinished(1, Assistant(""), Usage(), "m", 1.0), None),
        (ev.ToolFinished(ToolReply("1", "f", "out"), 1.0), "out"),
        (ev.ToolFinished(ToolReply("1", "f", ""), 1.0), None),
        (ev.Notice("n"), None),
    ],
)
def test_messages_are_what_was_said_and_done(event: ev.AnyEvent, text: str | None) -> None:
    said = message_of(event)
    assert (said and said.text) == text


def test_of_a_long_output_the_beginning_is_searched(history: History) -> None:
    say(history, "early " + "x " * 4_000 + "late")
    assert history.search("early")
    assert not history.search("late")


def test_arguments_that_json_wrote_as_escapes_are_found_as_they_read(history: History) -> None:
    turn = history.start_turn("s", ev.TurnStarted("x"))
    asked = Assistant("", (ToolCall("c", "write", r'{"content": "\u72ec\u89d2\u517d"}'),))
    history.append("s", turn, 1, ev.StepFinished(1, asked, Usage(), "m", 1.0))
    (hit,) = history.search("独角兽")
    assert "独角兽" in hit.text
    assert history.events("s")[-1].event == ev.StepFinished(1, asked, Usage(), "m", 1.0)


def test_recall_finds_what_a_compaction_left_out_and_nothing_that_still_stands_there(
    history: History,
) -> None:
    history.open_session(SessionInfo(id="t", cwd="/", workspace="/", origin="run", system_prompt=""))
    say(history, "an amber lamp elsewhere", session="t")
    say(history, "an amber lamp", "a green one", "a last amber lamp")

    def recalled() -> set[str]:
        return {hit.text for hit in history.recall("amber", "s")}

    assert recalled() == {"an amber lamp elsewhere"}
    history.append("s", 3, 0, ev.Compacted("so far", 1))
    assert recalled() == {"an amber lamp elsewhere", "an amber lamp"}
    say(history, "one more amber lamp")
    assert recalled() == {"an amber lamp elsewhere", "an amber lamp"}
    history.append("s", 4, 0, ev.Compacted("so far", 0))
    assert len(recalled()) == 4
