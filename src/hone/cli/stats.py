"""`hone stats`: what came of what was learned. Today: how often each tripwire stopped a call, and whether it was heeded."""

import json

from hone.cli.sessions import JsonFlag, printable
from hone.cli.skills import reachable
from hone.cli.tripwires import tripwires_of


def stats(as_json: JsonFlag = False) -> None:
    """Show what came of what was learned: which known mistakes were stopped before they ran."""
    tripwires = tripwires_of(skill for skill in reachable().skills if skill.trusted)
    if as_json:
        data = {"tripwires": [each.as_data() for each in tripwires]}
        print(json.dumps(data, ensure_ascii=False, indent=2))
    elif tripwires:
        for each in tripwires:
            print(printable(f"{each.skill}  {each.as_line()}"))
    else:
        print("no tripwires yet: no skill from here knows a mistake that can be seen coming")
