"""Which next message of the user corrects the agent, and which is thanks, an answer or the next task."""

import pytest
from tests.learning.traces import steer, trace

from hone.events import TurnStarted
from hone.learning.friction import is_correction, mine

DONE = trace(
    "npm install left-pad", "git commit -m 'Add padding'", answer="I installed it with npm in src/pad.ts."
)
ASKED = trace("ls", answer="There are two servers. Shall I restart both?")

CORRECTIONS = [
    "No, use pnpm in this repository.",
    "no use pnpm",
    "nope, that goes into lib/",
    "Wrong file, it should be lib/pad.ts",
    "wrong",
    "That's wrong: the port is 8081",
    "That is not what I asked for.",
    "this isn't right",
    "It was the wrong branch",
    "You should have used pnpm",
    "The tests pass, but you should have run the linter too",
    "you forgot the changelog",
    "Not npm but pnpm, please.",
    "I said pnpm!",
    "I meant the staging server",
    "I told you to leave the lockfile alone",
    "I didn't ask for a commit",
    "Why did you commit that?",
    "Undo the commit",
    "Revert that please",
    "Actually use pnpm instead of npm",
    "actually, use pnpm instead",
    "Don't use npm here, we use pnpm",
    "Please don't commit to main",
    "stop, not with npm",
    "Use pnpm instead of npm.",
    "It should be pnpm, npm breaks the lockfile",
    "Sorry, that's not the right directory",
    "no — the other package",
    "That’s not it",
    "Nein, nimm pnpm",
    "Das ist falsch",
    "Du hättest pnpm nehmen sollen",
    "nicht npm, sondern pnpm",
    "stattdessen pnpm statt npm",
    "Non, utilise pnpm ici",
    "C'est faux",
    "tu aurais dû utiliser pnpm",
    "No, usa pnpm aquí",
    "no npm, sino pnpm",
    "Eso no es correcto, deberías haber usado pnpm",
    "Não, usa pnpm",
    "sbagliato, usa pnpm",
    "nee, gebruik pnpm hier",
    "niet npm, maar pnpm",
    "Нет, используй pnpm",
    "неправильно",
    "不对，用 pnpm",
    "不是 npm，应该用 pnpm",
    "違います、pnpm を使って",
    "npm ではなく pnpm を使って",
]
NO_CORRECTIONS = [
    "",
    "thanks!",
    "Thanks, but no more changes please",
    "Perfect. Don't touch it any more.",
    "no problem",
    "No, thanks.",
    "No, that's all.",
    "no worries, looks good",
    "Nope, that's it. Thank you!",
    "not bad!",
    "never mind",
    "Don't worry about the lockfile",
    "Actually, that's great",
    "Actually, can you also add a test?",
    "Now add a test for it.",
    "Add the same for pad-right",
    "What is wrong with the linter?",
    "Is that wrong?",
    "How do I stop the server?",
    "Don't you think npm is slow?",
    "Do not forget to write tests for the next feature: a parser",
    "Instead of a list, what else could one use?",
    "It's not working yet",
    "I wanted to ask how padding works",
    "stop the redis container",
    "There is nothing in the log",
    "Nothing else, ship it",
    "Nein danke",
    "non merci",
    "no gracias",
    "não obrigado",
    "нет, спасибо",
    "不用",
    "いいえ、大丈夫です",
    "Write a function that says no to wrong input",
    "The button should have a border",
    "yes",
    "ok go on",
    "no\n" + "a long paste " * 200,
]


@pytest.mark.parametrize("text", CORRECTIONS)
def test_the_user_corrects(text: str) -> None:
    assert is_correction(text, DONE)


@pytest.mark.parametrize("text", NO_CORRECTIONS)
def test_the_user_does_not_correct(text: str) -> None:
    assert not is_correction(text, DONE)


@pytest.mark.parametrize(
    "text", ["no", "No, only the first one", "don't", "Nein, nur den ersten", "stop, not yet"]
)
def test_an_answer_to_a_question_is_no_correction(text: str) -> None:
    assert not is_correction(text, ASKED)


def test_what_says_wrong_is_a_correction_even_after_a_question() -> None:
    assert is_correction("That's wrong, there are three", ASKED)


def test_nothing_can_be_corrected_before_the_agent_said_something() -> None:
    assert not is_correction("no, use pnpm", ())


def test_the_next_message_is_told_with_what_it_corrects() -> None:
    episode = mine(DONE, "No, use pnpm here")[-1]
    assert (episode.kind, episode.said, episode.events) == ("correction", "No, use pnpm here", ("e11",))


def test_a_message_in_the_midst_of_the_work_corrects_too() -> None:
    events = trace("npm install", steer("no, use pnpm"), "pnpm install")
    (episode,) = mine(events)
    assert (episode.kind, episode.said) == ("correction", "no, use pnpm")
    assert episode.events == ("e3", "e6")


def test_a_later_turn_that_is_given_corrects_too() -> None:
    events = trace("npm install", TurnStarted("that's wrong, use pnpm"), "pnpm install", request="install")
    assert [episode.kind for episode in mine(events)] == ["correction"]
