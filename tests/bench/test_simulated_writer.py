"""What the simulated writer makes of a brief of hone's review."""

import json
from typing import Any

from hone.bench import simulated

TOOLS = ("skill_create", "skill_revise", "memory_update", "learn_nothing")
SAID = "[e1] user:\n| Deploy the web shop, version 1.2."
RAN = "[e5] shell, exit 0: MODE=x ./build\n[e9] shell, exit 0: ./deploy 1.2"
SETTING = """1. failed, then it worked [e3, e5], cost 2 calls, 1 s
   failed: ./build
   error: exit 2: error: MODE must be x
   what worked: MODE=x ./build
"""
ORDER = """2. failed, then it worked [e7, e9], cost 3 calls, 1 s
   failed: ./deploy 1.2
   error: exit 3: run `./migrate` first
   had to run first: ./migrate
   what worked: ./deploy 1.2
"""
PAGE = """3. failed, then it worked [e11, e13], cost 2 calls, 1 s
   failed: ./get http://127.0.0.1:80/health
   error: exit 22: HTTP 404
   what worked: ./get http://127.0.0.1:80/healthz
"""
SKILL = """<skill name='deploy-shop'>
1. Run `MODE=x ./build`.
2. Run `./get http://127.0.0.1:80/health`.

- `./build` fails -> run `MODE=x ./build`.
- The page is at `/health`, not `/`, which answers 404.
</skill>
"""


def review(*brief: str, tools: tuple[str, ...] = TOOLS) -> tuple[str, dict[str, Any]]:
    """The tool that it calls for a brief, with its arguments."""
    messages = [{"role": "system", "content": "Review."}, {"role": "user", "content": "\n".join(brief)}]
    offered = [{"type": "function", "function": {"name": name}} for name in tools]
    reply = simulated.respond({"messages": messages, "tools": offered})
    made = json.loads(b"".join(reply.chunks))["choices"][0]["message"]["tool_calls"][0]["function"]
    return made["name"], json.loads(made["arguments"])


def test_a_solved_task_becomes_a_skill_with_parameters_in_the_place_of_values() -> None:
    name, skill = review(SETTING, SAID, RAN)
    assert name == "skill_create"
    assert skill["steps"] == ["Run `MODE=x ./build`.", "Run `./deploy <version>`."]
    assert "1.2" not in json.dumps(skill)


def test_every_mistake_becomes_a_gotcha_with_its_evidence_and_a_tripwire() -> None:
    setting, order, page = review(SETTING, ORDER, PAGE, SAID, RAN)[1]["gotchas"]
    assert setting["evidence"] == ["e3", "e5"]
    assert setting["tripwire"] == {
        "tool": "shell",
        "has": ["./build"],
        "lacks": ["MODE=x"],
        "say": "Run `MODE=x ./build`.",
    }
    assert order["tripwire"]["unless_after"] == ["./migrate"]
    assert (page["tripwire"]["has"], page["tripwire"]["lacks"]) == (["/health"], ["/healthz"])


def test_where_no_skills_may_be_written_it_keeps_a_line_of_memory_and_replaces_its_own() -> None:
    only = ("memory_update", "learn_nothing")
    name, added = review(SETTING, SAID, RAN, tools=only)
    assert (name, added["op"]) == ("memory_update", "add")
    assert (
        added["text"] == "To deploy the web shop, a version: run `MODE=x ./build`, then `./deploy <version>`."
    )
    replaced = review(SETTING, f"- {added['text']} [abc]", SAID, RAN, tools=only)[1]
    assert (replaced["op"], replaced["old"]) == ("replace", added["text"])


def test_a_skill_that_misled_is_revised_where_it_names_what_failed() -> None:
    name, revised = review(f"{PAGE}   skill: deploy-shop\n", SAID, RAN, SKILL)
    assert (name, revised["name"]) == ("skill_revise", "deploy-shop")
    assert [(each["op"], each["old"]) for each in revised["ops"]] == [
        ("replace_step", "Run `./get http://127.0.0.1:80/health`."),
        ("replace_gotcha", "The page is at `/health`, not `/`, which answers 404."),
    ]
    assert revised["ops"][0]["text"] == "Run `./get http://127.0.0.1:80/healthz`."


def test_nothing_is_learned_where_nothing_was_solved_or_the_skill_is_not_to_blame() -> None:
    assert review("1. failed [e3], cost 1 calls, 1 s\n   failed: ./build\n", SAID)[0] == "learn_nothing"
    assert review(f"{PAGE}   skill: another\n", SAID, RAN, SKILL)[0] == "learn_nothing"
