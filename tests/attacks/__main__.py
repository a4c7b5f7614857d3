"""`python -m tests.attacks [NAME…]`: plays the stories and prints what became of them."""

import sys
import tempfile
from pathlib import Path

from tests.attacks.tales import ATTACKS, MIRRORS
from tests.attacks.telling import played, report


def main(names: list[str]) -> None:
    """Play the stories of these names, all of them if there are none."""
    attacks = [story for story in ATTACKS if not names or story.name in names]
    mirrors = [story for story in MIRRORS if not names or story.name in names]
    with tempfile.TemporaryDirectory() as directory:
        print(report(played(attacks, Path(directory)), played(mirrors, Path(directory))))


if __name__ == "__main__":
    main(sys.argv[1:])
