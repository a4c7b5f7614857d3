"""Listeners beside the screen: a file of every event (`trace`), OpenTelemetry spans (`spans`). `tracing` makes both."""
