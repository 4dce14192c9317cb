"""The OpenTelemetry hook on real spans."""

from __future__ import annotations

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from yardarm.opentelemetry import telemetry
from yardarm.testing import TestClient


def test_each_call_is_an_event_of_the_span() -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    client = TestClient(hooks=[telemetry()]).set("f", "x")
    with trace.get_tracer("test").start_as_current_span("request"):
        client.string("f", {"targetingKey": "u"}, "")
        client.boolean("f", {}, True)
    (span,) = exporter.get_finished_spans()
    first, second = ((event.name, dict(event.attributes or {})) for event in span.events)
    version = str(client.status.version)
    assert first == (
        "feature_flag.evaluation",
        {
            "feature_flag.key": "f",
            "feature_flag.provider.name": "yardarm",
            "feature_flag.result.variant": "value",
            "feature_flag.result.reason": "static",
            "feature_flag.context.id": "u",
            "feature_flag.set.id": "test/test",
            "feature_flag.version": version,
        },
    )
    assert second[1]["feature_flag.result.value"] == "true"
    assert second[1]["error.type"] == "type_mismatch"
    assert "feature_flag.context.id" not in second[1]
