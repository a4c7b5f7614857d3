"""The order of a stream: what holds for every seed."""

from hypothesis import given
from hypothesis import strategies as some

from hone.bench.stream import CHANGED, Slot, stream, tasks_of

NAMES = ("deploy", "test", "import")


@given(some.integers(1, 6), some.text(max_size=5))
def test_every_scenario_keeps_its_own_order(repeats: int, seed: str) -> None:
    slots = stream(NAMES, repeats, seed)
    for name in NAMES:
        own = [slot for slot in slots if slot.scenario == name]
        kinds = [slot.occasion for slot in own]
        assert [slot.number for slot in own if slot.occasion == "repeat"] == list(range(1, repeats + 1))
        assert own[-CHANGED:] == [Slot(name, "changed", 1), Slot(name, "changed", 2)]
        assert kinds[: min(2, repeats)] == ["repeat"] * min(2, repeats)
        assert (kinds.count("variant"), kinds.count("distractor")) == (1, 1)
        assert len(own) == tasks_of(repeats)


@given(some.text(max_size=5))
def test_the_same_seed_gives_the_same_stream(seed: str) -> None:
    assert stream(NAMES, 4, seed) == stream(NAMES, 4, seed)


def test_scenarios_are_interleaved_and_seeds_differ() -> None:
    slots = stream(NAMES, 4, "1")
    assert slots != stream(NAMES, 4, "2")
    assert [slot.scenario for slot in slots] != sorted(slot.scenario for slot in slots)
