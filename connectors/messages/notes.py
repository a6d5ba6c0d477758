"""What a channel's answer says of a message, in one form: the only thing that these connectors read back.

Mail servers and chat hooks give no thing with an id that could be read again. So the hub keeps a note of its own, with
the command's id as the message's.
"""

from datetime import datetime

import msgspec

from hub.connector import Event
from hub.domain.clock import rfc3339
from hub.domain.ids import CommandId
from hub.domain.records import MessageStatus

KIND = "note"


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    order: str
    occasion: str
    to: str
    at: str
    status: MessageStatus = MessageStatus.SENT
    detail: str = ""


def note(
    command: CommandId,
    order: str,
    occasion: str,
    to: str,
    at: datetime,
    status: MessageStatus = MessageStatus.SENT,
    detail: str = "",
) -> Event:
    """Of a message that its server took, unless `status` says otherwise."""
    said = Note(id=command, order=order, occasion=occasion, to=to, at=rfc3339(at), status=status, detail=detail)
    return Event(kind=KIND, body=msgspec.json.encode(said))
