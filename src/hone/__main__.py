"""The `hone` command, also as `python -m hone`: ends quietly on a Ctrl-C that comes while it is still being loaded."""

import sys
from typing import NoReturn


def _stop() -> NoReturn:
    sys.stderr.write("hone: stopped\n")
    sys.exit(130)


try:
    from hone.cli.main import main as _main
except KeyboardInterrupt:
    _stop()


def main() -> None:
    """Run the command line. Ends the process with the exit code."""
    try:
        _main()
    except KeyboardInterrupt:  # before the command line listens, or after it stopped listening
        _stop()


if __name__ == "__main__":
    main()
