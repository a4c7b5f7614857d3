"""A home in which the site was deployed before, a skill for it, and a model that is better off with the skill."""

import asyncio
import random
import subprocess
from pathlib import Path
from typing import Any

from hone.clock import SystemClock
from hone.given import Given
from hone.rig import Errand, run_errand
from hone.testing import WireReply, WireServer, call, say

DEPLOY = (
    '#!/bin/sh\n[ "$MODE" = production ] || { echo "MODE must be set"; exit 1; }\necho $MODE > deployed.txt\n'
)
SKILL = """---
name: deploy-the-site
description: Deploys the site with ./deploy. Use it to deploy the site.
---

# Deploy the site

## Steps

1. Run `MODE=production ./deploy`.
"""
REQUESTS = ("deploy the site", "deploy the site to staging", "please deploy the site once more")


def deployer(request: dict[str, Any]) -> WireReply:
    """With the skill it deploys at once; without it only after a failure and a look at the script. It judges, too."""
    messages = request["messages"]
    if "Judge whether" in str(messages[0]["content"]):
        return say("yes: it is deployed" if "+production" in str(messages[-1]["content"]) else "no")
    done: int = sum(message["role"] == "assistant" for message in messages)
    knows = any("Run `MODE=production" in str(message["content"]) for message in messages)
    right = call("shell", command="MODE=production ./deploy")
    hard: list[WireReply] = [
        call("shell", command="./deploy"),
        call("shell", command="cat deploy"),
        right,
        say("Deployed."),
    ]
    return hard[done + 2 if knows else done]


def git(directory: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@localhost", *arguments]
    return subprocess.run(command, cwd=directory, check=True, capture_output=True, text=True).stdout


class Place:
    """`home`, `user` and `work` below a directory; the workspace is a git repository, and nothing is approved by anyone."""

    def __init__(self, directory: Path, environ: dict[str, str]) -> None:
        self.home, self.user, self.work = (directory / name for name in ("home", "user", "work"))
        for each in (self.home, self.user, self.work):
            each.mkdir(exist_ok=True)
        self.environ = {**environ, "HOME": str(self.user), "HONE_HOME": str(self.home)}
        (self.work / "deploy").write_text(DEPLOY)
        (self.work / "deploy").chmod(0o755)
        git(self.work, "init", "-q")
        git(self.work, "add", ".")
        git(self.work, "commit", "-qm", "the site")

    @property
    def given(self) -> Given:
        return Given(self.environ, self.work, SystemClock(), random.Random())

    def use(self, server: WireServer, more: str = "") -> None:
        provider = f"- {{name: wire, api_base: '{server.base_url}', api_key: a-key, models: [wire-model]}}"
        text = f"providers:\n{provider}\napprovals: {{mode: 'yes'}}\nlearning: {{mode: hold}}\n{more}"
        (self.home / "config.yaml").write_text(text)

    def put_skill(self) -> Path:
        folder = self.home / "skills" / "deploy-the-site"
        folder.mkdir(parents=True)
        (folder / "SKILL.md").write_text(SKILL)
        return folder

    def record(self, *requests: str) -> None:
        """Do tasks, each in a session of its own; what they made is taken away again."""
        for request in requests:
            done = asyncio.run(run_errand(Errand(given=self.given, request=request)))
            assert done.finished.status == "answered", done.finished.reason
            (self.work / "deployed.txt").unlink(missing_ok=True)
