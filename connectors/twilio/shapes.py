"""The parts of Twilio's JSON and form posts that we read, in its words. Envelopes of ours are marked as such."""

import msgspec


class Message(msgspec.Struct, frozen=True):
    sid: str
    status: str = ""
    direction: str = ""
    to: str | None = None
    sender: str | None = msgspec.field(name="from", default=None)
    body: str | None = None
    error_code: int | None = None
    error_message: str | None = None
    date_created: str | None = None


class Page(msgspec.Struct, frozen=True):
    messages: list[msgspec.Raw]
    next_page_uri: str | None = None


class Account(msgspec.Struct, frozen=True):
    friendly_name: str = ""
    status: str = ""


class Fault(msgspec.Struct, frozen=True):
    code: int = 0
    message: str = ""


class Sent(msgspec.Struct, frozen=True):
    """Ours: Twilio's answer, with what it cannot say of our message."""

    order: str
    occasion: str
    at: str
    message: Message


class Origin(msgspec.Struct, frozen=True):
    """Ours: what we write into the address of a status callback."""

    order: str = ""
    occasion: str = ""
    at: str = ""


class StatusForm(msgspec.Struct, frozen=True, rename={"sid": "MessageSid", "status": "MessageStatus"}):
    sid: str
    status: str
    to: str = msgspec.field(name="To", default="")
    error: str = msgspec.field(name="ErrorCode", default="")


class Status(msgspec.Struct, frozen=True):
    """Ours: a status callback's fields and its address."""

    form: StatusForm
    url: Origin


class Answered(msgspec.Struct, frozen=True):
    sid: str = msgspec.field(name="MessageSid")
