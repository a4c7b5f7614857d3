"""Where spans go: OTLP over HTTP as the `OTEL_EXPORTER_OTLP_…` variables say, from a thread of its own."""

import logging
import re
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hone.errors import UsageError

if TYPE_CHECKING:
    from opentelemetry.trace import Span

_PATIENCE = 2.0  # seconds that the end of a session waits for the collector
_LOGGERS = "opentelemetry"


class Sender:
    """Makes spans and sends them in the background. `failure` is the first reason why some did not arrive, or empty.

    Raises UsageError if the libraries are not installed, or the variables cannot be used.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        addresses = (environ.get(f"OTEL_EXPORTER_OTLP_{name}ENDPOINT") for name in ("TRACES_", ""))
        address = next(filter(None, addresses), "http://localhost:4318")
        self._address = re.sub(r"//[^/]*@", "//", address)  # without a password
        self._complaints = _Complaints()
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - only with `otel: true`
                OTLPSpanExporter,
            )
            from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
            from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
            from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
        except ImportError as error:
            raise UsageError(
                "otel: true needs more libraries: pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http, or set otel: false"
            ) from error
        logging.getLogger(_LOGGERS).addHandler(self._complaints)  # else they go to standard error
        name = environ.get("OTEL_SERVICE_NAME", "hone")
        try:
            self._provider = TracerProvider(
                resource=Resource.create({"service.name": name}), shutdown_on_exit=False
            )
            self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        except ValueError as error:
            raise UsageError(f"otel: a variable OTEL_… of the environment cannot be used: {error}") from error
        self._tracer = self._provider.get_tracer("hone")

    @property
    def failure(self) -> str:
        """Why spans did not arrive, and where; empty while nothing is known of it."""
        first = self._complaints.first
        return f"{self._address}: {first}" if first else ""

    def start(
        self,
        name: str,
        attributes: dict[str, Any],
        at: int,
        parent: "Span | None" = None,
        *,
        remote: bool = False,
    ) -> "Span":
        """A span that begins `at` nanoseconds since the epoch; `remote`: somebody else does the work."""
        from opentelemetry.trace import SpanKind, set_span_in_context  # noqa: PLC0415 - only with `otel: true`

        context = set_span_in_context(parent) if parent else None
        kind = SpanKind.CLIENT if remote else SpanKind.INTERNAL
        return self._tracer.start_span(name, context, kind, attributes, start_time=at)

    def close(self) -> None:
        """Send what is left; what takes longer than two seconds is given up."""
        ending = threading.Thread(target=self._provider.shutdown, daemon=True)
        ending.start()
        ending.join(_PATIENCE)
        if ending.is_alive():
            self._complaints.first = self._complaints.first or f"no answer within {_PATIENCE:g} s"
        logging.getLogger(_LOGGERS).removeHandler(self._complaints)


class _Complaints(logging.Handler):
    """Hears what the libraries have to say, on whatever thread; keeps the first."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.first = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.first = self.first or " ".join(record.getMessage().split())[:200]
