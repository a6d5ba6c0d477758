"""What `hub check` asks EasyPost, and the hourly look after our webhook."""

from collections.abc import AsyncIterator, Sequence

import msgspec

from connectors.easypost import shapes
from connectors.easypost.inbound import signature
from connectors.easypost.read import decode
from connectors.easypost.settings import EasyPostSettings
from hub.connector import Account, Finding
from hub.domain.errors import HubError


class _Seen(msgspec.Struct, frozen=True):
    mode: str = ""


class _Newest(msgspec.Struct, frozen=True):
    shipments: list[_Seen]


async def check(account: Account) -> AsyncIterator[Finding]:
    settings: EasyPostSettings = account.settings
    try:
        newest = decode((await account.http.get("/shipments", params={"page_size": "1"})).content, _Newest)
        hooks = await _hooks(account)
    except HubError as error:
        yield Finding(ok=False, subject="credentials", message=str(error))
        return
    yield Finding(ok=True, subject="credentials", message="the key is good")
    modes = {*(each.mode for each in newest.shipments), *(hook.mode for hook in hooks)} - {"", settings.mode}
    if modes:
        message = f"the key is of {modes.pop()} mode, the settings say {settings.mode}: nothing would be read"
        yield Finding(ok=False, subject="mode", message=message)
    live = [hook.url for hook in hooks if hook.disabled_at is None]
    told = ", ".join(live) or "none is enabled: parcels are known from the next pull only"
    yield Finding(ok=bool(live), subject="webhooks", message=told)


# Sent with each delivery and shown in the list: by it we know which secret a webhook has, which nobody can read back.
# Whoever sees a delivery has a signature by the same secret in hand, so that it gives nothing away.
_KEY = "X-Orderhub-Key"


async def audit(account: Account, address: str, secret: str) -> Sequence[Finding]:
    """EasyPost switches off what fails too often; any update switches it on (docs.easypost.com/docs/webhooks)."""
    if not secret:
        return [Finding(ok=False, subject="webhook", message="webhook.secrets is empty: deliveries would be unsigned")]
    key = shapes.CustomHeader(name=_KEY, value=signature(secret, b"orderhub")[-16:])
    ours = [hook for hook in await _hooks(account) if hook.url.rstrip("/") == address.rstrip("/")]
    if not ours:
        asked = {"url": address, "webhook_secret": secret, "custom_headers": msgspec.to_builtins([key])}
        await account.http.post("/webhooks", json={"webhook": asked})
        return [Finding(ok=False, subject="webhook", message=f"{address} was not subscribed: created")]
    return [await _mended(account, hook, secret, key) for hook in ours]


async def _mended(account: Account, hook: shapes.Hook, secret: str, key: shapes.CustomHeader) -> Finding:
    if hook.disabled_at is None and key in hook.custom_headers:
        return Finding(ok=True, subject="webhook", message=f"{hook.id} is enabled")
    headers = [*(each for each in hook.custom_headers if each.name.lower() != _KEY.lower()), key]
    asked = {"webhook_secret": secret, "custom_headers": msgspec.to_builtins(headers)}
    await account.http.patch(f"/webhooks/{hook.id}", json=asked)
    off = f"was switched off at {hook.disabled_at}: switched on" if hook.disabled_at else "had another secret: set"
    return Finding(ok=False, subject="webhook", message=f"{hook.id} {off}")


async def _hooks(account: Account) -> list[shapes.Hook]:
    return decode((await account.http.get("/webhooks")).content, shapes.Hooks).webhooks
