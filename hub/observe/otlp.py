"""Spans out, by OTLP over HTTP. The only file that knows OpenTelemetry, which the extra `orderhub[otel]` brings."""

import contextlib
import os
import random
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hub.domain.errors import Misconfigured
from hub.observe import traces

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor

_PATH = "/v1/traces"
_TIMEOUT = 5.0  # seconds for one export; also what the end of the process may cost
_QUEUE = 8192  # spans that wait for the collector; beyond, the oldest are dropped and a line is logged
_ALL = 1 << 64
_STIR = 0x9E3779B97F4A7C15  # 2^64 by the golden ratio: neighbours land far apart (Knuth, volume 3, 6.4)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# By the conventions of OpenTelemetry where there are some; all else is ours.
_NAMES = {
    "method": "http.request.method",
    "path": "url.path",
    "status": "http.response.status_code",
    "vendor": "peer.service",
}


@contextlib.contextmanager
def exporting(endpoint: str, sample: float) -> Iterator[None]:
    """Tells the collector at `endpoint` of this process's spans; `""`: nobody. What waits at the end is still sent."""
    if not endpoint:
        yield
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise Misconfigured("[traces] endpoint needs the extra: pip install 'orderhub[otel]'") from None
    address = endpoint if endpoint.endswith(_PATH) else endpoint.rstrip("/") + _PATH
    # Never on the way of the work: a thread of its own sends what the queue holds.
    processor = BatchSpanProcessor(OTLPSpanExporter(address, timeout=_TIMEOUT), max_queue_size=_QUEUE)
    try:
        with traces.exporting(Spans(processor, sample)):
            yield
    finally:
        # A collector that hangs must not keep the process from its end.
        ending = threading.Thread(target=processor.shutdown, daemon=True)
        ending.start()
        ending.join(_TIMEOUT)


class Spans:
    """Ended spans, handed to a processor of the SDK.

    Made ended, not started and ended later: movements tell of themselves in batches, with ids that are not drawn.
    """

    def __init__(self, processor: "SpanProcessor", sample: float) -> None:
        """`sample`: the share of traces that is told of. The id decides, so that all processes agree."""
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import ReadableSpan
        from opentelemetry.sdk.util.instrumentation import InstrumentationScope
        from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

        self._processor = processor
        self._below = round(sample * _ALL)
        self._resource = Resource.create(
            {"service.name": "orderhub", "service.instance.id": f"{socket.gethostname()}:{os.getpid()}"}
        )
        self._scope = InstrumentationScope("orderhub")
        self._span, self._context, self._flags = ReadableSpan, SpanContext, TraceFlags(TraceFlags.SAMPLED)
        self._kinds = {"receive": SpanKind.SERVER, "intend": SpanKind.SERVER, "call": SpanKind.CLIENT}
        self._internal = SpanKind.INTERNAL
        self._fine, self._failed = Status(StatusCode.UNSET), Status(StatusCode.ERROR)

    def record(
        self,
        name: str,
        trace: int,
        span: int,
        parent: int,
        started: datetime,
        ended: datetime,
        failed: bool,
        attributes: dict[str, traces.Attribute],
    ) -> None:
        # Stirred: ids of one millisecond count on from one another, and would be in or out together.
        if trace * _STIR & (_ALL - 1) >= self._below:
            return
        of, flags = self._context, self._flags
        self._processor.on_end(
            self._span(
                name,
                context=of(trace, span or random.getrandbits(64) or 1, False, flags),
                parent=of(trace, parent, True, flags) if parent else None,
                resource=self._resource,
                attributes={
                    _NAMES.get(key) or f"orderhub.{key}": value
                    for key, value in attributes.items()
                    if value is not None and value != ""
                },
                kind=self._kinds.get(name, self._internal),
                status=self._failed if failed else self._fine,
                start_time=_nanoseconds(started),
                end_time=_nanoseconds(max(started, ended)),
                instrumentation_scope=self._scope,
            )
        )


def _nanoseconds(at: datetime) -> int:
    since = at - _EPOCH
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1000
