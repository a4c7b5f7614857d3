"""Starting the worker that reviews in the background: a process of its own that outlives the one that starts it."""

import subprocess
import sys
from collections.abc import Mapping
from types import MappingProxyType

from hone.config.environ import hone_home
from hone.config.load import variable
from hone.errors import HoneError


def spawn_drain(environ: Mapping[str, str], flags: Mapping[str, str] = MappingProxyType({})) -> int:
    """Start `hone worker --drain` in a session of its own and return at once; its process id.

    The worker gets the models of `flags` (dotted settings) as variables. It stands in HONE_HOME, so that it keeps no
    workspace busy, and holds no stream. Raises HoneError if no process can be started; the nudges then wait for the next.
    """
    home = hone_home(environ)
    try:
        worker = subprocess.Popen(
            # -P: Python would otherwise import modules from the directory that it stands in.
            [sys.executable, "-P", "-m", "hone", "worker", "--drain"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=home,
            env={
                **environ,
                **{variable(key): value for key, value in flags.items() if key.startswith("roles.")},
                "HONE_HOME": str(home),  # it may have been relative to the directory here
            },
            start_new_session=True,
        )
    except OSError as error:
        raise HoneError(
            f"no worker could be started in {home} ({error.strerror}); what was learned waits: hone worker --drain"
        ) from error
    worker.returncode = 0  # nobody waits for it: without this Python warns of a process left running
    return worker.pid
