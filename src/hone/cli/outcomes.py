"""What became of a change that a command made: one line, or an error with the exit code that fits."""

from hone.changes.change import Outcome
from hone.changes.door import Door
from hone.cli.sessions import printable
from hone.cli.streams import say
from hone.errors import Conflict, UsageError


def tell(door: Door, outcome: Outcome) -> None:
    """Print it. Raises UsageError if the change was refused, Conflict if it does not fit the file any more."""
    why = "; ".join(outcome.reasons)
    if outcome.status == "rejected":
        raise UsageError(f"refused: {why}")
    if outcome.status == "conflict":
        raise Conflict(why)
    if outcome.status == "unchanged":
        print("nothing to do: it says so already")
        return
    row = door.ledger.get(outcome.change.id)
    print(printable(f"{row.change.id}  {row.summary}"))
    for reason in outcome.reasons:
        say(f"note: {printable(reason)}")
