"""What the scenarios share: parameters that differ from task to task, and words for what the checker finds."""

from hone.bench.scenario import Checked, Occasion

_FIRST = {"repeat": 0, "variant": 10, "distractor": 20, "changed": 30}


def place_of(occasion: Occasion, number: int) -> int:
    """A number that no other task of a scenario has."""
    return _FIRST[occasion] + number


def version_of(occasion: Occasion, number: int) -> str:
    """A version."""
    place = place_of(occasion, number)
    return f"{1 + place // 10}.{place % 10}.{(7 * place) % 5}"


def day_of(occasion: Occasion, number: int) -> str:
    """A day."""
    place = place_of(occasion, number)
    return f"2026-{3 + place // 10:02}-{1 + 2 * (place % 10):02}"


def one_of(names: str, occasion: Occasion, number: int) -> str:
    """One of the words."""
    choice = names.split()
    return choice[place_of(occasion, number) % len(choice)]


def all_of(**facts: bool) -> Checked:
    """Done if all facts hold; else the first that does not."""
    missing = next((name.replace("_", " ") for name, holds in facts.items() if not holds), "")
    return Checked(not missing, f"not so: {missing}" if missing else "")
