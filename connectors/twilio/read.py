"""Messages and what became of them, as records.

Twilio's status callbacks come in any order and carry no time (twilio.com/docs/messaging/guides/track-outbound-message-
status). So the version of a message is how far it has come, and a late word of an earlier status is stale.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import PurePath
from typing import Any, TypeVar

import msgspec

from connectors.messages.notes import KIND
from connectors.twilio.inbound import ANSWERED, OTHER, STATUS
from connectors.twilio.shapes import Answered, Message, Sent, Status
from hub.connector import Event, Hint, Ignored, Reading
from hub.domain.clock import parse_time
from hub.domain.errors import Unreadable
from hub.domain.records import CustomerRecord, Kind, MessageChannel, MessageRecord, MessageStatus, Source

SENT, MESSAGE = "sent", "message"
OPTED_OUT = "sms_opted_out"  # the tag of a person who wants no SMS

# Keywords count only as the whole message (help.twilio.com, "Twilio support for opt-out keywords").
_STOP = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
_START = {"START", "YES", "UNSTOP"}

# Twilio's status -> ours, and how far the message has come. A carrier's word that it arrived is the last one.
_STATUS: dict[str, tuple[MessageStatus, int]] = {
    "accepted": (MessageStatus.QUEUED, 10),
    "scheduled": (MessageStatus.QUEUED, 11),
    "queued": (MessageStatus.QUEUED, 20),
    "sending": (MessageStatus.QUEUED, 30),
    "sent": (MessageStatus.SENT, 40),
    "canceled": (MessageStatus.FAILED, 50),
    "failed": (MessageStatus.FAILED, 51),
    "undelivered": (MessageStatus.FAILED, 52),
    "partially_delivered": (MessageStatus.DELIVERED, 60),
    "delivered": (MessageStatus.DELIVERED, 61),
    "read": (MessageStatus.DELIVERED, 62),
}
UNSUBSCRIBED = 21610  # twilio.com/docs/api/errors/21610

T = TypeVar("T")


def opts(text: str) -> str | None:
    """`"out"` or `"in"` for a keyword, `None` for any other message."""
    word = text.strip().upper()
    return "out" if word in _STOP else "in" if word in _START else None


def _decoded(body: bytes, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=shape)
    except (ValueError, RecursionError) as fault:
        raise Unreadable(str(fault)) from fault


def _time(text: str, path: str) -> datetime:
    try:
        return parse_time(text)
    except ValueError as fault:
        raise Unreadable(f"{path}: {fault}") from fault


def created(message: Message) -> datetime | None:
    """In whole seconds (RFC 2822)."""
    try:
        at = parsedate_to_datetime(message.date_created or "")
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None


def read_sent(reading: Reading, body: bytes) -> Iterator[MessageRecord]:
    sent = _decoded(body, Sent)
    message = sent.message
    detail = f"{message.error_code} {message.error_message or ''}".strip() if message.error_code else ""
    status = _Said(sid=message.sid, word=message.status, to=message.to or "", code=message.error_code, detail=detail)
    # A status that we do not know yet is the first one of all: it is a message of ours in any case.
    yield _record(reading, status, sent.order, sent.occasion, _time(sent.at, "$.at"))


def read_status(reading: Reading, body: bytes) -> Iterator[MessageRecord | Ignored]:
    said = _decoded(body, Status)
    form, origin = said.form, said.url
    if form.status not in _STATUS:
        yield Ignored(reason=f"the status {form.status!r} is not known")
        return
    if not (origin.order and origin.occasion and origin.at):
        yield Ignored(reason="a message that the hub did not send")
        return
    code = int(form.error) if form.error.isascii() and form.error.isdecimal() else None
    status = _Said(sid=form.sid, word=form.status, to=form.to, code=code, detail=form.error)
    yield _record(reading, status, origin.order, origin.occasion, _time(origin.at, "$.url.at"))


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    sid: str
    word: str
    to: str
    code: int | None
    detail: str


def _record(reading: Reading, said: _Said, order: str, occasion: str, at: datetime) -> MessageRecord:
    if not (said.sid and order and occasion):
        raise Unreadable("$: a message without an id, an order or an occasion")
    status, rank = _STATUS.get(said.word, (MessageStatus.QUEUED, 1))
    if status is MessageStatus.FAILED and said.code == UNSUBSCRIBED:
        status = MessageStatus.SUPPRESSED
    return MessageRecord(
        source=Source(reading.connection, Kind.MESSAGE, said.sid),
        version=rank,
        claims=(order,),
        created_at=at,
        updated_at=at,
        occasion=occasion,
        channel=MessageChannel.SMS,
        to=said.to,
        status=status,
        detail=said.detail,
    )


def read_answered(_reading: Reading, body: bytes) -> Iterator[Hint]:
    """The webhook has no time, and a STOP and a START must be put in their order: the message itself is asked for."""
    said = _decoded(body, Answered)
    if not said.sid:
        raise Unreadable("$.MessageSid: empty")
    yield Hint(kind=MESSAGE, external_id=said.sid)


def read_message(reading: Reading, body: bytes) -> Iterator[CustomerRecord | Ignored]:
    message = _decoded(body, Message)
    if message.direction != "inbound":
        yield Ignored(reason="what it tells of, a message does not say: our own are read where they are sent")
        return
    wish = opts(message.body or "")
    at = created(message)
    if wish is None:
        yield Ignored(reason="an answer of a person that is no keyword")
        return
    if not message.sender or at is None:
        raise Unreadable("$.from, $.date_created: who opts out or in, and when, is expected")
    yield CustomerRecord(
        source=Source(reading.connection, Kind.CUSTOMER, message.sender),
        version=int(at.timestamp()) * 2 + (wish == "out"),  # within one second, "out" wins
        created_at=at,
        updated_at=at,
        phone=message.sender,
        tags=(OPTED_OUT,) if wish == "out" else (),
    )


READ = {SENT: read_sent, STATUS: read_status, ANSWERED: read_answered, MESSAGE: read_message}
IGNORED = {
    OTHER: "neither a status nor a message",
    "account": "the account itself",
    "media": "pictures are not read",
    "service": "a messaging service",
    "feedback": "feedback is not read",
    "phone_number": "a number of a messaging service",
}


# --------------------------------------------------------------------------------------------------- recognise

_LISTS = {"messages": MESSAGE, "media_list": "media", "services": "service", "phone_numbers": "phone_number"}


def recognise(name: str, body: bytes) -> Sequence[Event]:
    """API objects and lists of them, recorded exchanges, form posts of webhooks, and the hub's own notes."""
    try:
        found = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return [Event(kind=OTHER, body=body)]
    return list(_events(found)) or [Event(kind=_by_name(name), body=body)]


def _events(found: Any) -> Iterator[Event]:
    match found:
        case {"exchanges": [*exchanges]}:
            for each in exchanges:
                yield from _events(each)
        case {"response": {"body": {} as body}}:
            yield from _events(body)
        case {"form": {}, "url": {}}:
            yield _event(STATUS, found)
        case {"message": {}, "order": _, "occasion": _}:
            yield _event(SENT, found)
        case {"id": str(), "order": _, "occasion": _}:
            yield _event(KIND, found)
        case {"message_sid": _, "outcome": _}:
            yield _event("feedback", found)
        case {"sid": str(sid)}:
            yield _event(_kind_of(sid), found)
        case {}:
            for name, kind in _LISTS.items():
                for each in found.get(name) or () if isinstance(found.get(name), list) else ():
                    yield _event(kind, each)


def _kind_of(sid: str) -> str:
    kinds: Mapping[str, str] = {
        "SM": MESSAGE,
        "MM": MESSAGE,
        "AC": "account",
        "ME": "media",
        "MG": "service",
        "PN": "phone_number",
    }
    return kinds.get(sid[:2], OTHER)


def _by_name(name: str) -> str:
    return MESSAGE if PurePath(name).stem.startswith("message") else OTHER


def _event(kind: str, found: Any) -> Event:
    return Event(kind=kind, body=msgspec.json.encode(found))
