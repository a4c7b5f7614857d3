"""Talking to the staging server."""

import http.client
import json
import pathlib

SERVER = json.loads((pathlib.Path(__file__).parent / "staging.json").read_text())["server"]


def ask(method, path, body=None, at=SERVER):
    connection = http.client.HTTPConnection(at, timeout=10)
    connection.request(method, path, body)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()
