"""What is asked of Twilio without changing anything."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

import msgspec

from connectors.twilio.read import MESSAGE, created, opts
from connectors.twilio.settings import TwilioSettings
from connectors.twilio.shapes import Account as TwilioAccount
from connectors.twilio.shapes import Message, Page
from hub.connector import Account, Event, Finding
from hub.domain.errors import HubError, TryLater

_PAGES = 20  # of 100 messages to one person: more is no conversation about an order
_SKEW = timedelta(days=1)


async def fetch_message(account: Account, sid: str) -> Sequence[Event]:
    settings: TwilioSettings = account.settings
    return [Event(kind=MESSAGE, body=(await account.http.get(f"{settings.messages}/{sid}.json")).content)]


async def sent_to(account: Account, number: str, since: datetime) -> AsyncIterator[Message]:
    """What was sent to a number. Not by `DateSent`: what is queued has none yet."""
    async for message in _listed(account, {"To": number}):
        at = created(message)
        if message.direction.startswith("outbound") and (at is None or at >= since - _SKEW):
            yield message


async def wants_none(account: Account, number: str) -> bool:
    """Whether the newest keyword of this person was an opt-out. Twilio filters, too, but not for every sender."""
    wishes = [
        (at, wish == "out")
        async for message in _listed(account, {"From": number})
        if message.direction == "inbound" and (wish := opts(message.body or "")) and (at := created(message))
    ]
    return bool(wishes) and max(wishes)[1]


async def _listed(account: Account, query: dict[str, str]) -> AsyncIterator[Message]:
    settings: TwilioSettings = account.settings
    answer = await account.http.get(f"{settings.messages}.json", params=query | {"PageSize": "100"})
    for _ in range(_PAGES):
        try:
            page = msgspec.json.decode(answer.content, type=Page)
            found = [msgspec.json.decode(raw, type=Message) for raw in page.messages]
        except ValueError as fault:
            raise TryLater(f"Twilio's list of messages cannot be read: {fault}") from fault
        for message in found:
            yield message
        if not page.next_page_uri:
            return
        answer = await account.http.get(page.next_page_uri)
    raise TryLater(f"more than {_PAGES * 100} messages with one number: nobody knows whether ours is among them")


async def check(account: Account) -> AsyncIterator[Finding]:
    settings: TwilioSettings = account.settings
    try:
        answer = await account.http.get(f"/2010-04-01/Accounts/{settings.account_sid}.json")
        found = msgspec.json.decode(answer.content, type=TwilioAccount)
    except (HubError, ValueError) as fault:
        yield Finding(ok=False, subject="credentials", message=str(fault))
        return
    said = f"account {found.friendly_name!r} is {found.status}"
    yield Finding(ok=found.status == "active", subject="credentials", message=said)
    words = settings.callback_url or "none: what becomes of a message is not heard"
    yield Finding(ok=True, subject="status callbacks", message=words)
