"""Who listens to a conversation beside the screen: a trace file, OpenTelemetry spans, both or nobody."""

from collections.abc import Callable
from pathlib import Path

from hone.config.settings import Settings
from hone.events import AnyEvent, Notice
from hone.observe.spans import Spans
from hone.observe.trace import Around, Trace

__all__ = ["Around", "traced"]

Show = Callable[[AnyEvent], None]


def traced(
    show: Show, around: Around, settings: Settings, *, file: Path | None
) -> tuple[Show, Callable[[], None]]:
    """`show` with the listeners behind it, and what ends them: after at most two seconds.

    There are spans if the settings say `otel: true`. Raises UsageError if the file cannot be written, or the extra
    `otel` is not installed.
    """
    listeners: list[Trace | Spans] = []

    def tell(text: str) -> None:
        show(Notice(text))

    if file is not None:
        listeners.append(Trace(file, around, tell))
    if settings.otel:
        listeners.append(Spans(settings.providers, around, tell))

    def shown(event: AnyEvent) -> None:
        show(event)
        for listener in listeners:
            listener(event)

    def close() -> None:
        for listener in listeners:
            listener.close()

    return shown, close
