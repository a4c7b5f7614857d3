"""A program that stands in for hermes-agent: its command line, its settings, its loop and its review, in a few lines."""

import sys
from pathlib import Path

RUN_AGENT = """
import json, os, subprocess, threading, urllib.request

def ask(messages, tools):
    settings = json.load(open(os.environ["HERMES_HOME"] + "/config.yaml"))["model"]
    offered = [{"type": "function", "function": {"name": name}} for name in tools]
    body = {"model": settings["default"], "messages": messages, "tools": offered}
    request = urllib.request.Request(settings["base_url"] + "/chat/completions", json.dumps(body).encode())
    return json.load(urllib.request.urlopen(request))["choices"][0]["message"]

class AIAgent:
    def _spawn_background_review(self, messages):
        said = messages + [{"role": "user", "content": "Review the conversation above and keep what helps."}]
        threading.Thread(target=review, args=(said,), name="bg-review", daemon=True).start()

def review(said):
    threading.main_thread().join(0.3)  # a process that does not wait for it ends meanwhile
    ask(said, ["skill_manage"])
"""
ONESHOT = """
import json, subprocess
import run_agent

def run_oneshot(task):
    messages = [{"role": "user", "content": task}]
    while True:
        reply = run_agent.ask(messages, ["terminal"])
        messages.append(reply)
        if not reply.get("tool_calls"):
            break
        for each in reply["tool_calls"]:
            command = json.loads(each["function"]["arguments"])["command"]
            done = subprocess.run(command, shell=True, capture_output=True, text=True)
            result = {"output": done.stdout + done.stderr, "exit_code": done.returncode}
            messages.append({"role": "tool", "tool_call_id": each["id"], "content": json.dumps(result)})
    run_agent.AIAgent()._spawn_background_review(messages)
    print(reply["content"])
    return 0
"""


def stand_in(directory: Path) -> Path:
    """A venv, as far as the benchmark looks."""
    library, programs = directory / "lib", directory / "bin"
    (library / "hermes_cli").mkdir(parents=True)
    programs.mkdir()
    (library / "run_agent.py").write_text(RUN_AGENT)
    (library / "hermes_cli" / "__init__.py").touch()
    (library / "hermes_cli" / "oneshot.py").write_text(ONESHOT)
    python = f'PYTHONPATH="{library}" exec "{sys.executable}" -W ignore'
    once = "import sys; from hermes_cli.oneshot import run_oneshot; sys.exit(run_oneshot(sys.argv[2]))"
    _script(programs / "python", f'{python} "$@"')
    _script(programs / "hermes", f'{python} -c "{once}" "$@"')
    return directory


def _script(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
