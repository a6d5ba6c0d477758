"""One SMS, sent once.

Twilio has no idempotency key, and of what can be asked again of a message (its resource in the API) nothing holds a
reference of ours: the address of the status callback, which carries it, is not given back. So after a lost answer a
message is known by its receiver and its exact text, which names the order.
"""

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlencode

import httpx
import msgspec

from connectors.messages.notes import note
from connectors.twilio.client import sent_to, wants_none
from connectors.twilio.plan import SendSms
from connectors.twilio.read import SENT, UNSUBSCRIBED
from connectors.twilio.settings import TwilioSettings
from connectors.twilio.shapes import Fault, Message, Sent
from hub.connector import Account, Event, Find
from hub.domain.clock import rfc3339
from hub.domain.errors import HubError, NeedsAttention, Refused, Unknown
from hub.domain.ids import CommandId
from hub.domain.records import MessageStatus

# Of our sender, so nothing will go through (twilio.com/docs/api/errors).
_SENDER = {21603, 21606, 21701, 21703}


class OptedOut(Refused):
    """Whoever it was for wants none (error 21610)."""


async def send(account: Account, wish: SendSms, key: CommandId) -> Sequence[Event]:
    settings: TwilioSettings = account.settings
    if await wants_none(account, wish.to):
        return [_suppressed(account, wish, key, "opted out")]
    at = rfc3339(account.now())
    # `SmartEncoded` would exchange characters, and the text is what a message is found by.
    form = {"To": wish.to, "Body": wish.text, "SmartEncoded": "false"}
    if settings.messaging_service_sid:
        form["MessagingServiceSid"] = settings.messaging_service_sid
    else:
        form["From"] = settings.from_number
    if settings.callback_url:
        query = urlencode({"order": wish.order, "occasion": wish.target, "at": at})
        form["StatusCallback"] = f"{settings.callback_url}?{query}"
    try:
        answer = await account.http.post(f"{settings.messages}.json", data=form)
    except OptedOut as said:
        return [_suppressed(account, wish, key, str(said))]
    try:
        message = msgspec.json.decode(answer.content, type=Message)
    except ValueError as fault:
        raise Unknown(f"Twilio's answer cannot be read: {fault}") from fault
    return [_sent(wish, message, at)]


async def look(account: Account, wish: SendSms, _key: CommandId) -> Sequence[Event] | None:
    async for message in sent_to(account, wish.to, wish.reached_at):
        if (message.body or "").strip() == wish.text and message.sid not in wish.known:
            return [_sent(wish, message, rfc3339(account.now()))]
    return None


# Nothing of ours exists before it was sent. Lists of a service this large may lag.
SAFETY = Find(look, before=False, settles=timedelta(minutes=2))


def _sent(wish: SendSms, message: Message, at: str) -> Event:
    said = Sent(order=wish.order, occasion=wish.target, at=at, message=message)
    return Event(kind=SENT, body=msgspec.json.encode(said))


def _suppressed(account: Account, wish: SendSms, key: CommandId, why: str) -> Event:
    return note(key, wish.order, wish.target, wish.to, account.now(), MessageStatus.SUPPRESSED, why)


def verdict(response: httpx.Response) -> HubError | None:
    """`{"code": 21610, "message": …}` beside the status. Other answers: the usual reading."""
    if not 400 <= response.status_code < 500 or response.status_code in (401, 403, 404, 408, 425, 429):
        return None
    fault = msgspec.json.decode(response.content, type=Fault)
    said = f"Twilio: {fault.code} {fault.message[:300]}"
    if fault.code == UNSUBSCRIBED:
        return OptedOut(said)
    return NeedsAttention(said) if fault.code in _SENDER else Refused(said)
