"""What `hub check` and the hourly audit ask the account: are key and carriers good, do webhooks come here?"""

from collections.abc import AsyncIterator, Sequence
from urllib.parse import urlsplit

from connectors.shipengine import shapes
from connectors.shipengine.client import checked, get
from connectors.shipengine.settings import ShipEngineSettings
from connectors.shipping.settings import CHEAPEST
from hub.connector import Account, Finding
from hub.domain.errors import HubError, Refused

WANTED = ("track", "batch")
_WEBHOOKS = "/v1/environment/webhooks"


async def check(account: Account) -> AsyncIterator[Finding]:
    settings: ShipEngineSettings = account.settings
    try:
        carriers = (await get(account, "/v1/carriers", shapes.Carriers)).carriers
    except HubError as fault:
        yield Finding(ok=False, subject="credentials", message=str(fault))
        return
    environment = "sandbox" if settings.is_test else "production"
    yield Finding(ok=True, subject="credentials", message=f"{environment}, {len(carriers)} carrier accounts")

    known = {carrier.carrier_id: carrier for carrier in carriers}
    for carrier_id in settings.carriers:
        carrier = known.get(carrier_id)
        if carrier is None:
            yield Finding(ok=False, subject=f"carrier {carrier_id}", message="no such carrier account is connected")
        else:
            ok = carrier.connection_status in (None, "approved")
            words = carrier.friendly_name or "" if ok else f"{carrier.friendly_name}: {carrier.connection_status}"
            yield Finding(ok=ok, subject=f"carrier {carrier_id}", message=words)
    if settings.service != CHEAPEST and settings.buy_labels != "never":
        offered = {
            service.service_code
            for each in settings.carriers
            if each in known
            for service in known[each].services or ()
        }
        ok = settings.service in offered
        words = settings.service if ok else f"none of the carriers has {settings.service!r}"
        yield Finding(ok=ok, subject="service", message=words)


async def audit(account: Account, address: str, _secret: str) -> Sequence[Finding]:
    """What was wrong is told as not in order, also where it was mended.

    An older address on our own host is replaced. Another system's webhook is never taken away: where the account
    allows one per event only, a person has to decide whose it is.
    """
    held = await get(account, _WEBHOOKS, list[shapes.Webhook])
    return [
        await _subscribe(account, event, address, [each for each in held if each.event == event]) for event in WANTED
    ]


async def _subscribe(account: Account, event: str, address: str, held: Sequence[shapes.Webhook]) -> Finding:
    subject = f"webhook {event}"
    if any(each.url == address for each in held):
        return Finding(ok=True, subject=subject, message=address)
    ours = next((each for each in held if urlsplit(each.url).hostname == urlsplit(address).hostname), None)
    try:
        if ours:
            await account.http.put(f"{_WEBHOOKS}/{checked(ours.webhook_id)}", json={"url": address})
            return Finding(ok=False, subject=subject, message=f"went to {ours.url}: moved to {address}")
        await account.http.post(_WEBHOOKS, json={"event": event, "url": address, "name": "orderhub"})
    except Refused as refused:
        others = ", ".join(each.url for each in held)
        return Finding(ok=False, subject=subject, message=f"{refused}{f' (it goes to {others})' if others else ''}")
    return Finding(ok=False, subject=subject, message=f"was not there: created for {address}")
