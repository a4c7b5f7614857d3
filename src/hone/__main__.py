"""The `hone` command, also as `python -m hone`: ends quietly on a Ctrl-C that comes while it is still being loaded."""

import sys

_STOPPED = "hone: stopped\n"
_INTERRUPTED = 130

try:
    from hone.cli.main import main as _main
except KeyboardInterrupt:
    sys.stderr.write(_STOPPED)
    sys.exit(_INTERRUPTED)


def main() -> None:
    """Run the command line. Ends the process with the exit code."""
    try:
        _main()
    except KeyboardInterrupt:  # before the command line listens, or after it stopped listening
        sys.stderr.write(_STOPPED)
        sys.exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
