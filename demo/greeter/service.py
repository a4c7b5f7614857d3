"""A greeting service: GET /greeting answers with a line, GET /healthz says whether it can."""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

HERE = Path(__file__).parent
SETTINGS = json.loads((HERE / "settings.json").read_text())


def greeting() -> str:
    lines = (HERE / SETTINGS["greetings_file"]).read_text().splitlines()
    return str(lines[SETTINGS["line"]])


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        try:
            body, status = greeting(), 200
        except (OSError, IndexError) as error:
            body, status = f"unhealthy: {type(error).__name__}: {error}", 503
        if self.path == "/healthz" and status == 200:
            body = "ok"
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    server = HTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0), Handler)
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
