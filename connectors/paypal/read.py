"""Readers by kind: events (`PAYMENT.CAPTURE.COMPLETED`) and bare resources of the API (`capture`)."""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from connectors.paypal.context import Context, linked
from connectors.paypal.inbound import UNREADABLE
from connectors.paypal.kinds import EVENTS
from connectors.paypal.payments import read_authorization, read_capture, read_order, read_sale
from connectors.paypal.reversals import read_dispute, read_refund
from connectors.paypal.shapes import EventShape, Head, Raw, Reported
from connectors.processors.decode import decode
from hub.connector import Faulty, Hint, Ignored, Reader, Reading
from hub.domain.errors import Unreadable
from hub.domain.records import Record

Said = Iterable[Record | Hint | Ignored | Faulty]

_RESOURCES: dict[str, Callable[[bytes | Raw, Context], Said]] = {
    "order": read_order,
    "authorization": read_authorization,
    "capture": read_capture,
    "sale": read_sale,
    "refund": read_refund,
    "dispute": read_dispute,
}
_BY_FAMILY = {
    "CHECKOUT.ORDER": "order",
    "PAYMENT.AUTHORIZATION": "authorization",
    "PAYMENT.CAPTURE": "capture",
    "PAYMENT.REFUND": "refund",
    "PAYMENT.SALE": "sale",
    "CUSTOMER.DISPUTE": "dispute",
    "RISK.DISPUTE": "dispute",
}

_event = msgspec.json.Decoder(EventShape).decode
_head = msgspec.json.Decoder(Head).decode
_reported = msgspec.json.Decoder(Reported).decode


def read_event(reading: Reading, body: bytes) -> Said:
    """What the resource was when it happened. A refund comes under the capture's event type, so its own link counts."""
    event = decode(_event, body)
    context = Context(reading=reading, path="resource")
    head = decode(_head, event.resource, context.path)
    kind = next((each for each in linked(head.links, "self") if each in _RESOURCES), "")
    if not kind:
        kind = _BY_FAMILY.get(event.event_type.rpartition(".")[0], "")
        if kind in ("capture", "sale") and (head.capture_id or head.sale_id or linked(head.links, "up").get("capture")):
            kind = "refund"
    if not kind:
        raise Unreadable(f"event_type: {event.event_type!r} is about nothing that is read")
    return list(_RESOURCES[kind](event.resource, context))


def _resource_reader(reader: Callable[[bytes | Raw, Context], Said]) -> Reader:
    def read(reading: Reading, body: bytes) -> Said:
        return list(reader(body, Context(reading=reading)))

    return read


# developer.paypal.com/docs/transaction-search/transaction-event-codes: T00xx are payments, T1107 is a refund by the
# seller, T1300 an authorization.
def read_transaction(_: Reading, body: bytes) -> Said:
    """A row of the transaction search: it tells that something happened, hours late. The resource tells what."""
    info = decode(_reported, body).transaction_info
    code = info.transaction_event_code or ""
    kind = "capture" if code.startswith("T00") else {"T1107": "refund", "T1300": "authorization"}.get(code, "")
    if not kind:
        return [Ignored(reason=f"a transaction of type {code or 'unknown'}, which is no order's payment or refund")]
    return [Hint(kind=kind, external_id=info.transaction_id)]


class _Error(msgspec.Struct, frozen=True):
    name: str
    message: str = ""


_error = msgspec.json.Decoder(_Error).decode


def read_error(_: Reading, body: bytes) -> Said:
    error = decode(_error, body)
    return [Ignored(reason=f"an error answer ({error.name}): {error.message[:200]}")]


def read_unreadable(_: Reading, body: bytes) -> Said:
    raise Unreadable(f"body: {len(body)} bytes that are neither an event nor a resource of PayPal's API")


READ: Mapping[str, Reader] = {
    **dict.fromkeys(EVENTS, read_event),
    **{name: _resource_reader(reader) for name, reader in _RESOURCES.items()},
    "transaction": read_transaction,
    "error": read_error,
    UNREADABLE: read_unreadable,
}
