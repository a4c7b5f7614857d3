"""A server by hand, for what the SDK's would not do. `python raw.py [MODE]`; without a mode it offers two pages of tools."""

import json
import sys
import time

MODE = sys.argv[1] if len(sys.argv) > 1 else ""


def tool(name: str, **more: object) -> dict[str, object]:
    return {"name": name, "inputSchema": {"type": "object"}, **more}


def listed(parameters: dict[str, str]) -> dict[str, object]:
    if MODE == "silent-list":
        time.sleep(60)
    if MODE == "no-list":
        raise LookupError("no list of tools here")
    if parameters.get("cursor") == "2":
        return {"tools": [tool("refuse"), tool("links"), tool("drop", annotations={"destructiveHint": True})]}
    return {"tools": [tool("hello")], "nextCursor": "2"}


def called(name: str) -> dict[str, object]:
    if name != "links":
        return {"content": [{"type": "text", "text": name}]}
    of_a_resource = {"uri": "file:///a", "mimeType": "text/plain"}
    return {
        "content": [
            {"type": "resource", "resource": {**of_a_resource, "text": "the text of a"}},
            {"type": "resource", "resource": {**of_a_resource, "blob": "AAAA"}},
            {"type": "resource_link", "name": "b", "uri": "file:///b"},
        ]
    }


def answer(method: str, parameters: dict[str, str]) -> dict[str, object]:
    match method:
        case "initialize" if MODE != "silent":
            info = {"name": "raw", "version": "1"}
            return {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": info}
        case "initialize":
            time.sleep(60)
        case "tools/list":
            return listed(parameters)
        case "tools/call" if parameters["name"] != "refuse":
            return called(parameters["name"])
    raise LookupError(f"no {method} here")


if MODE == "noisy":
    print("Starting up…", flush=True)
    print("the key is sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD", file=sys.stderr, flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if "id" not in request:
        continue
    reply = {"jsonrpc": "2.0", "id": request["id"]}
    try:
        reply["result"] = answer(request["method"], request.get("params", {}))
    except LookupError as error:
        reply["error"] = {"code": -32601, "message": str(error)}
    print(json.dumps(reply), flush=True)
    if "error" in reply and request["method"] == "tools/call":
        if MODE == "leaves":
            break
        if MODE == "falls-silent":
            time.sleep(60)
