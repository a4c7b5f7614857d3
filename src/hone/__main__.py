"""The `hone` command, also as `python -m hone`: ends quietly on a Ctrl-C that comes while it is still being loaded."""

import os
import sys

_INTERRUPTED = 130


def _stop(*_signal: object) -> None:
    """End at once: an exception could get lost in whatever is being imported."""
    os.write(2, b"hone: stopped\n")
    os._exit(_INTERRUPTED)


try:
    import signal

    if (
        signal.getsignal(signal.SIGINT) is signal.default_int_handler
    ):  # not where it is ignored, as under nohup
        signal.signal(signal.SIGINT, _stop)
    from hone.cli.main import main as _main
except KeyboardInterrupt:
    _stop()


def main() -> None:
    """Run the command line. Ends the process with the exit code."""
    if signal.getsignal(signal.SIGINT) is _stop:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        _main()
    except KeyboardInterrupt:  # before the command line listens, or after it stopped listening
        sys.stderr.write("hone: stopped\n")
        sys.exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
