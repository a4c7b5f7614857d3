"""A server that writes any bytes: for what hone.testing.WireServer is too polite. Keeps the requests that came."""

import contextlib
import json
import socket
import ssl
import struct
import threading
import zlib
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Self

Act = bytes | Literal["hang", "reset", "pause"]
"""What is written next; silence until the client has gone; a connection that is torn down; a tenth of a second of silence."""


class Got(NamedTuple):
    """A request."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found


class RawServer:
    """Answers the first request with the first of `answers`, and so on; the last one is repeated. One thread a connection."""

    def __init__(
        self,
        answers: Sequence[Sequence[Act]],
        *,
        host: str = "127.0.0.1",
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.got: list[Got] = []
        self._answers = list(answers)
        self._context = context
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, 0), family=family)
        self._open: list[socket.socket] = []
        self._over = threading.Event()
        self._lock = threading.Lock()
        self.port: int = self._socket.getsockname()[1]
        self.host = f"[{host}]" if ":" in host else host
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def base_url(self) -> str:
        return f"{'https' if self._context else 'http'}://{self.host}:{self.port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, plain: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection = self._context.wrap_socket(plain, server_side=True) if self._context else plain
            with connection, connection.makefile("rb") as reader:
                while (request := _read(reader)) is not None:
                    with self._lock:
                        self.got.append(request)
                        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
                    if not self._write(connection, answer):
                        return

    def _write(self, connection: socket.socket, answer: Sequence[Act]) -> bool:
        """Whether another request may come on this connection."""
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for act in answer:
            if act == "hang":
                self._over.wait()
                return False
            if act == "pause":
                self._over.wait(0.1)
                continue
            if act == "reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return False
            assert isinstance(act, bytes)
            connection.sendall(act)
        return b"onnection: close" not in b"".join(act for act in answer if isinstance(act, bytes))


def _read(reader: Any) -> Got | None:
    line = reader.readline().decode().strip()
    if not line:
        return None
    headers: dict[str, str] = {}
    while header := reader.readline().decode().strip():
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    return Got(line, headers, reader.read(int(headers.get("content-length", 0))))


def http(body: bytes = b"", status: str = "200 OK", kind: str = "text/event-stream", more: str = "") -> bytes:
    """An answer of known length."""
    return _head(status, kind, f"content-length: {len(body)}\r\n{more}") + body


def until_closed(body: bytes, kind: str = "text/event-stream") -> bytes:
    """An answer that ends with its connection."""
    return _head("200 OK", kind, "connection: close\r\n") + body


def chunked(*pieces: bytes, kind: str = "text/event-stream", end: bool = True) -> bytes:
    """An answer in chunks."""
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces if piece)
    return _head("200 OK", kind, "transfer-encoding: chunked\r\n") + chunks + (b"0\r\n\r\n" if end else b"")


def compressed(body: bytes, how: Literal["gzip", "deflate"]) -> bytes:
    """An answer in one of the compressions of HTTP."""
    packer = zlib.compressobj(wbits=31 if how == "gzip" else 15)
    return http(packer.compress(body) + packer.flush(), more=f"content-encoding: {how}\r\n")


def _head(status: str, kind: str, more: str) -> bytes:
    return f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\n{more}\r\n".encode()
