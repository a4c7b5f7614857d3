"""The staging server of the demo: a real HTTP server on the loopback interface with the habits of a real one.

It takes a release only if its database has the release's schema, drops the first connection after a deployment (it is
still starting), and answers the health check at a path that the team has changed before.
"""

import json
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


class StagingServer:
    """A context manager; `health` is the path of the health check, `log` has every request as `METHOD path status`."""

    def __init__(self, health: str = "/healthz") -> None:
        self.health = health
        self.log: list[str] = []
        self.schema = 1
        self.release: dict[str, Any] | None = None
        self.starting = False
        self._http = _Server(("127.0.0.1", 0), _Handler, self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)

    @property
    def address(self) -> str:
        """host:port."""
        return f"127.0.0.1:{self._http.server_address[1]}"

    @property
    def healthy(self) -> bool:
        """Whether the newest release runs."""
        return self.release is not None and self.release["schema"] == self.schema

    def next_release(self) -> None:
        """A week later: the database is one migration behind again, and nothing is deployed."""
        self.release, self.schema, self.starting = None, self.schema - 1, False
        self.log.clear()

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, str]:
        """Status and text for a request."""
        if (method, path) == ("POST", "/migrate"):
            names = json.loads(body)
            pending = names[self.schema :]
            self.schema = len(names)
            return 200, f"migrated: {', '.join(pending)}" if pending else "nothing to migrate"
        if (method, path) == ("POST", "/deploy"):
            return self._deploy(json.loads(body))
        pages = {
            "index": "/",
            **{name: f"/{name}" for name in (self.release or {}).get("pages", {}) if name != "index"},
        }
        if path == self.health:
            return (200, f"ok, schema {self.schema}") if self.healthy else (503, "no release")
        if path in pages.values() and self.release:
            return 200, self.release["pages"]["index" if path == "/" else path[1:]]
        return 404, f"no such page: {path}; there are {' '.join([*pages.values(), self.health])}"

    def _deploy(self, release: dict[str, Any]) -> tuple[int, str]:
        if release["schema"] != self.schema:
            return (
                409,
                f"the release needs schema {release['schema']}, the database has {self.schema}: migrations are pending",
            )
        self.release, self.starting = release, True
        return 200, f"deployed {len(release['pages'])} pages; the server restarts"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(
        self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], staging: StagingServer
    ) -> None:
        self.staging = staging
        super().__init__(address, handler)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Reset the first connection after a deployment, before a byte was read."""
        if not self.staging.starting:
            return True
        self.staging.starting = False
        self.staging.log.append("connection reset")
        request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """`StagingServer.log` has it."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        status, text = self.server.staging.answer(self.command, self.path, body)
        self.server.staging.log.append(f"{self.command} {self.path} {status}")
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())
