"""Spans, without a hub: what is told, what is not, and what telling costs."""

import socket
import sys
import time as clocks
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest

from hub.domain.errors import Misconfigured
from hub.domain.ids import new_id
from hub.observe import traces
from hub.observe.otlp import exporting
from tests.observe.collector import Collector, attributes, collector

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
SOON = AT + timedelta(milliseconds=250)


def told(share: float, *roots: str) -> Collector:
    with collector() as kept:
        with exporting(kept.address, share):
            for root in roots:
                traces.record("receive", root, AT, SOON, id=root, connection="shop", order="", status=None)
        return kept


def test_who_has_an_id_has_the_trace() -> None:
    root = new_id("evt")

    (span,) = told(1.0, root).spans

    assert span.trace_id.hex() == traces.trace_id(root)
    assert span.span_id.hex() == (traces.trace_id(root) or "")[16:]
    assert span.end_time_unix_nano - span.start_time_unix_nano == 250_000_000
    assert attributes(span) == {"orderhub.connection": "shop"}


@pytest.mark.parametrize("root", ["", "pull:orders", "rebuild", "evt_test", "evt_" + "z" * 26, "evt_" + "U" * 26])
def test_what_no_event_began_has_no_trace(root: str) -> None:
    assert traces.trace_id(root) is None
    assert told(1.0, root).spans == []


def test_a_share_of_the_traces_is_the_same_share_in_every_process() -> None:
    roots = [new_id("evt") for _ in range(400)]

    here, there = (sorted(span.trace_id for span in told(0.25, *roots).spans) for _ in range(2))

    assert here == there
    assert 40 < len(here) < 160  # the chance to be wrong is below one in a hundred thousand million
    assert told(0.0, *roots).spans == []


def test_a_clock_that_goes_back_makes_no_span_that_ends_before_it_began() -> None:
    root = new_id("evt")
    with collector() as kept, exporting(kept.address, 1.0):
        traces.record("plan", root, SOON, AT)

    (span,) = kept.spans
    assert span.start_time_unix_nano == span.end_time_unix_nano


def test_a_call_belongs_to_the_attempt_that_it_is_made_in_and_to_nothing_outside() -> None:
    root, attempt = new_id("evt"), new_id("att")
    with collector() as kept, exporting(kept.address, 1.0):
        traces.record_call("call", AT, SOON, failed=False)
        with traces.inside(root, attempt):
            traces.record_call("call", AT, SOON, failed=True, status=503)
        traces.record_call("call", AT, SOON, failed=False)

    (call,) = kept.spans
    assert call.trace_id.hex() == traces.trace_id(root)
    assert call.parent_span_id.hex() == (traces.trace_id(attempt) or "")[16:]


def test_a_collector_that_is_not_there_costs_spans_and_no_more() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"

    with exporting(address, 1.0):
        traces.record("receive", new_id("evt"), AT, SOON)


def test_traces_without_the_extra_are_told_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)

    with pytest.raises(Misconfigured, match="orderhub"), exporting("http://collector:4318", 1.0):
        pass
    with exporting("", 1.0):
        traces.record("receive", new_id("evt"), AT, SOON)


class Nowhere:
    def record(self, *_: object) -> None: ...


@pytest.mark.parametrize(("out", "most"), [(None, 0.1), (Nowhere(), 0.6)])
def test_telling_costs_next_to_nothing(out: traces.Out | None, most: float) -> None:
    """Seconds of CPU for 20,000 events; a measured hub spends 20 and more on them. Far above what it takes."""
    root = new_id("evt")

    def tell() -> float:
        started = clocks.process_time()
        for _ in range(20_000):
            traces.record("digest", root, AT, SOON, connection="shop", state="applied", order="ord_1")
        return clocks.process_time() - started

    if out is None:
        assert tell() < most
    else:
        within: AbstractContextManager[None] = traces.exporting(out)
        with within:
            assert tell() < most
