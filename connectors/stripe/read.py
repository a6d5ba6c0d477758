"""Readers by kind: events (`charge.refunded`), thin events (`v1.…`), and bare objects of the API (`charge`)."""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from connectors.processors.decode import decode
from connectors.stripe.context import Context
from connectors.stripe.decode import moment
from connectors.stripe.inbound import UNREADABLE
from connectors.stripe.kinds import CHARGE, CUSTOMER, DISPUTE, EVENTS, OBJECTS, PAYMENT_INTENT, REFUND, SESSION
from connectors.stripe.payments import read_charge, read_intent, read_session
from connectors.stripe.people import read_customer
from connectors.stripe.reversals import read_dispute, read_refund
from connectors.stripe.shapes import EventShape, Head, Raw, ThinEvent
from hub.connector import Faulty, Hint, Ignored, Reader, Reading
from hub.domain.errors import Unreadable
from hub.domain.records import Record

Said = Iterable[Record | Hint | Ignored | Faulty]

_OBJECT_READERS: dict[str, Callable[[bytes | Raw, Context], Said]] = {
    PAYMENT_INTENT: read_intent,
    CHARGE: read_charge,
    REFUND: read_refund,
    DISPUTE: read_dispute,
    SESSION: read_session,
    CUSTOMER: read_customer,
}

_event = msgspec.json.Decoder(EventShape).decode
_thin = msgspec.json.Decoder(ThinEvent).decode
_head = msgspec.json.Decoder(Head).decode


def read_event(reading: Reading, body: bytes) -> Said:
    """A snapshot event: what the object was when it happened."""
    event = decode(_event, body)
    if event.account:
        return [Ignored(reason=f"an event of the connected account {event.account}, not of this one")]
    context = Context(reading=reading, path="data.object", said=moment(event.created, ""), event=event.type)
    head = decode(_head, event.data.object, context.path)
    reader = _OBJECT_READERS.get(head.object or "")
    if reader is None:
        raise Unreadable(f"data.object.object: {head.object!r} is not what an event {event.type} is about")
    return list(reader(event.data.object, context))


def read_thin(_: Reading, body: bytes) -> Said:
    """An event of version 2 holds no object, only its id: the truth is fetched."""
    event = decode(_thin, body)
    related = event.related_object
    if related is None or related.type not in OBJECTS:
        return [Ignored(reason="a thin event that names nothing we fetch")]
    return [Hint(kind=related.type, external_id=related.id)]


def _object_reader(reader: Callable[[bytes | Raw, Context], Said]) -> Reader:
    def read(reading: Reading, body: bytes) -> Said:
        return list(reader(body, Context(reading=reading, said=reading.at)))

    return read


def read_unreadable(_: Reading, body: bytes) -> Said:
    raise Unreadable(f"body: {len(body)} bytes that are neither an event nor an object of Stripe's API")


class _Answer(msgspec.Struct, frozen=True):
    class Error(msgspec.Struct, frozen=True):
        type: str | None = None
        code: str | None = None
        decline_code: str | None = None
        payment_intent: Raw = Raw(b"null")

    error: Error


_answer = msgspec.json.Decoder(_Answer).decode


def read_error(reading: Reading, body: bytes) -> Said:
    """A refusal; with a card that was declined comes the whole payment intent."""
    error = decode(_answer, body).error
    if bytes(error.payment_intent)[:1] == b"{":
        context = Context(reading=reading, path="error.payment_intent", said=reading.at)
        return list(read_intent(error.payment_intent, context))
    words = " ".join(part for part in (error.type, error.code, error.decline_code) if part)
    return [Ignored(reason=f"an error answer ({words}) that tells of no payment")]


def read_list(_: Reading, body: bytes) -> Said:
    """Lists with items are taken apart when they are recognised."""
    return [Ignored(reason=f"a list without items ({len(body)} bytes)")]


READ: Mapping[str, Reader] = {
    **dict.fromkeys(EVENTS, read_event),
    **dict.fromkeys((f"v1.{kind}" for kind in EVENTS), read_thin),
    **{name: _object_reader(reader) for name, reader in _OBJECT_READERS.items()},
    "error": read_error,
    "list": read_list,
    UNREADABLE: read_unreadable,
}
