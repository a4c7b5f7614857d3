"""The demo's shop and its staging server, to try hone on by hand: the place where docs/tutorial.md happens.

    python demo/play.py DIR [--simulated]

Copies the shop to DIR/shop and serves until Ctrl-C. With `--simulated` a simulated model is served as well, for those who have
none: rules that read the messages, good for the tutorial's tasks and nothing else.
"""

import argparse
import contextlib
import json
import shutil
import time
from pathlib import Path

import simulated_agent
from run import HERE, respond
from staging_server import StagingServer

from hone.testing import WireServer


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directory", type=Path, metavar="DIR", help="a directory that does not exist yet")
    parser.add_argument("--simulated", action="store_true", help="serve a simulated model, too")
    options = parser.parse_args()
    shop = options.directory.absolute() / "shop"
    if shop.exists():
        parser.error(f"{shop} exists: name another directory")
    shutil.copytree(HERE / "shop", shop)
    with contextlib.ExitStack() as stack:
        staging = stack.enter_context(StagingServer())
        (shop / "staging.json").write_text(json.dumps({"server": staging.address}))
        print("The staging server runs. In another terminal:\n")
        print(f"cd {shop}")
        if options.simulated:
            server = stack.enter_context(WireServer(respond, models=[simulated_agent.NAME]))
            print(f"hone setup --base-url {server.base_url} --model {simulated_agent.NAME}")
        print("\nCtrl-C ends it.", flush=True)
        moved = options.directory.absolute() / "health-check"
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                time.sleep(0.2)
                if moved.exists():  # the tutorial moves the health check by this file
                    staging.health = moved.read_text().strip() or staging.health
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
