"""The model of the examples: the demo's simulated one for its deployment and for reviews, for other tasks these replies."""

import sys
from pathlib import Path
from typing import Any

from hone.messages import Assistant
from hone.testing import Fault, call, say

sys.path.insert(0, str(Path(__file__).parents[2] / "demo"))

import simulated_agent
from run import respond as of_the_demo

NAME = simulated_agent.NAME
_REPLIES: dict[str, list[Assistant]] = {
    "Reply with one short word: ready": [say("ready")],
    "Say hello.": [say("Hello.")],
    "How many lines has README.md?": [
        call("shell", command="wc -l README.md"),
        say("README.md has 4 lines."),
    ],
    "Are there apples?": [call("in_stock", item="apples"), say("Yes, 3.")],
    "Prepare the release notes.": [say("I know how: from the log since the last tag.")],
    "Publish the package.": [
        call("shell", command="twine upload dist/*"),
        say("It was not published: nobody was there to allow it."),
    ],
    "Upload the release.": [
        call("shell", command="twine upload dist/*"),
        say("It was stopped: `twine check dist/*` comes first."),
    ],
    "Try to write to /usr.": [call("shell", command="touch /usr/note"), say("It cannot be written.")],
    "Note the opening hours": [
        call("shell", command="echo 'Open 9 to 17.' >> README.md; echo 9-17 > pages/hours.txt"),
        say("They are in README.md and on a page."),
    ],
    "Remember that": [
        call("remember", text="The shop is deployed on Tuesdays only.", file="memory"),
        say("I will."),
    ],
}


class DocumentedModel:
    """Replies by the last message of the user and how many replies came since; `surprises` are tasks without one."""

    def __init__(self) -> None:
        self.surprises: list[str] = []

    def respond(self, request: dict[str, Any]) -> Assistant | Fault:
        """The next reply; reviews and the demo's task have the demo's replies."""
        messages = request["messages"]
        last = max(index for index, message in enumerate(messages) if message["role"] == "user")
        task = str(messages[last]["content"])
        is_review = "skill_create" in {tool["function"]["name"] for tool in request.get("tools", ())}
        if is_review or task.startswith("Deploy the shop"):
            return of_the_demo(request)
        replies = next((_REPLIES[start] for start in _REPLIES if task.startswith(start)), None)
        given: int = sum(message["role"] == "assistant" for message in messages[last:])
        if replies is None or given >= len(replies):
            self.surprises.append(task)
            return say(f"no reply for {task!r}")
        return replies[given]
