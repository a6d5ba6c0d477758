"""What `hub check` asks PayPal, and the audit of the webhook subscription."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import msgspec

from connectors.paypal.kinds import SUBSCRIBED
from connectors.paypal.settings import PayPalSettings
from hub.connector import Account, Finding
from hub.domain.clock import rfc3339
from hub.domain.errors import HubError, Unreadable

T = TypeVar("T")

_WEBHOOKS = "/v1/notifications/webhooks"


class _EventType(msgspec.Struct, frozen=True):
    name: str


class _Webhook(msgspec.Struct, frozen=True):
    id: str
    url: str
    event_types: list[_EventType] = []

    @property
    def names(self) -> set[str]:
        return {each.name for each in self.event_types}


class _Webhooks(msgspec.Struct, frozen=True):
    webhooks: list[_Webhook] = []


async def check(account: Account) -> AsyncIterator[Finding]:
    settings: PayPalSettings = account.settings
    try:
        webhooks = await _list(account)
    except HubError as error:
        yield Finding(ok=False, subject="credentials", message=str(error))
        return
    yield Finding(ok=True, subject="credentials", message=f"the app is let in ({settings.environment})")
    ids = _ids(settings)
    if not ids:
        yield Finding(ok=False, subject="webhook", message="no webhook id in webhook.secrets: events are only pulled")
    known = {each.id for each in webhooks}
    for webhook_id in ids:
        ok = webhook_id in known
        words = "the app has it" if ok else f"the app has no such webhook; it has {', '.join(sorted(known)) or 'none'}"
        yield Finding(ok=ok, subject=f"webhook {webhook_id}", message=words)
    end = account.now()
    rights = {"disputes": ("/v1/customer/disputes", {"page_size": "1"})}
    if settings.transaction_search:
        window = {"start_date": rfc3339(end - timedelta(days=1)), "end_date": rfc3339(end), "page_size": "1"}
        rights["transaction search"] = ("/v1/reporting/transactions", window)
    for name, (path, params) in rights.items():
        try:
            await account.http.get(path, params=params)
        except HubError as error:
            yield Finding(ok=False, subject=f"may read {name}", message=str(error))
        else:
            yield Finding(ok=True, subject=f"may read {name}", message="yes")


async def audit(account: Account, address: str, _: str) -> Sequence[Finding]:
    """Keeps the subscription at our address, with all event types that are read.

    PayPal gives each subscription an id, which its signatures are bound to: one that is made anew is told to a person,
    who puts the id into the settings. Until then its deliveries are refused, and repeated by PayPal for three days.
    """
    webhooks = await _list(account)
    ids = _ids(account.settings)
    mine = next((each for each in webhooks if each.id in ids), None) or next(
        (each for each in webhooks if each.url == address), None
    )
    wanted: list[dict[str, Any]] = [{"name": name} for name in SUBSCRIBED]
    if mine is None:
        answer = await account.http.post(_WEBHOOKS, json={"url": address, "event_types": wanted})
        made = _decode(answer.content, _Webhook)
        words = f"there was none; made {made.id}: put this id into webhook.secrets"
        return [Finding(ok=False, subject="webhook", message=words)]
    findings = []
    changes: list[dict[str, Any]] = []
    if mine.url != address:
        changes.append({"op": "replace", "path": "/url", "value": address})
        words = f"was at {mine.url}; moved to {address}"
        findings.append(Finding(ok=False, subject=f"webhook {mine.id}", message=words))
    missing = set(SUBSCRIBED) - mine.names if "*" not in mine.names else set()
    if missing:
        extra = [{"name": name} for name in sorted(mine.names - set(SUBSCRIBED))]
        changes.append({"op": "replace", "path": "/event_types", "value": wanted + extra})
        words = f"was not subscribed to {', '.join(sorted(missing))}; is again"
        findings.append(Finding(ok=False, subject=f"webhook {mine.id}", message=words))
    if changes:
        await account.http.patch(f"{_WEBHOOKS}/{mine.id}", json=changes)
    if mine.id not in ids:
        words = "is at our address, and its id is not in webhook.secrets"
        findings.append(Finding(ok=False, subject=f"webhook {mine.id}", message=words))
    return findings or [Finding(ok=True, subject=f"webhook {mine.id}", message="as it should be")]


def _ids(settings: PayPalSettings) -> list[str]:
    return [value for each in settings.webhook.secrets if (value := each.get_secret_value())]


async def _list(account: Account) -> list[_Webhook]:
    return _decode((await account.http.get(_WEBHOOKS)).content, _Webhooks).webhooks


def _decode(body: bytes, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.MsgspecError as fault:
        raise Unreadable(f"{_WEBHOOKS}: {fault}") from fault
