"""What `hub check` asks the account: are the credentials good, and do the settings fit what is set up there?"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec

from connectors.hubspot.client import get
from connectors.hubspot.properties import OWN
from connectors.hubspot.settings import HubSpotSettings
from hub.connector import Account, Finding
from hub.domain.errors import HubError, Missing


class _Details(msgspec.Struct, rename="camel"):
    portal_id: int
    company_currency: str = ""
    additional_currencies: list[str] = []


class _Property(msgspec.Struct, rename="camel"):
    has_unique_value: bool = False


class _Stage(msgspec.Struct):
    id: str


class _Pipeline(msgspec.Struct):
    label: str = ""
    stages: list[_Stage] = []


async def check(account: Account) -> AsyncIterator[Finding]:
    settings: HubSpotSettings = account.settings
    try:
        details = msgspec.json.decode(await get(account, "/account-info/v3/details"), type=_Details)
    except (HubError, ValueError) as fault:
        yield Finding(ok=False, subject="credentials", message=str(fault))
        return
    ours = str(details.portal_id) == settings.portal_id
    said = f"account {details.portal_id}" + ("" if ours else f", the settings say {settings.portal_id}")
    yield Finding(ok=ours, subject="credentials", message=said)
    if details.company_currency:
        same = details.company_currency == settings.currency
        yield Finding(ok=same, subject="currency", message=f"the company currency is {details.company_currency}")
        if settings.multicurrency:
            many = ", ".join(details.additional_currencies) or "none"
            fits = bool(details.additional_currencies)
            yield Finding(ok=fits, subject="multicurrency", message=f"further currencies: {many}")
    for objects in OWN:
        yield await _scope(account, objects)
        for definition in OWN[objects]:
            yield await _property(account, objects, definition)
    async for finding in _pipeline(account, settings):
        yield finding


async def _scope(account: Account, objects: str) -> Finding:
    """The words of a 403 name the scopes that would do. That of writing shows when something is written."""
    subject = f"scope crm.objects.{objects}.read"
    try:
        await get(account, f"/crm/v3/objects/{objects}", limit="1")
    except HubError as fault:
        return Finding(ok=False, subject=subject, message=str(fault))
    return Finding(ok=True, subject=subject, message="granted")


async def _property(account: Account, objects: str, wanted: Mapping[str, Any]) -> Finding:
    subject = f"property {wanted['name']} of {objects}"
    name, unique = wanted["name"], wanted["hasUniqueValue"]
    try:
        found = msgspec.json.decode(await get(account, f"/crm/v3/properties/{objects}/{name}"), type=_Property)
    except Missing:
        how = "unique values, " if unique else ""
        words = f"missing: the hub creates it when it needs it, or do: Settings, Properties, single-line text, {how}"
        return Finding(ok=False, subject=subject, message=f"{words}internal name {name}")
    except (HubError, ValueError) as fault:
        return Finding(ok=False, subject=subject, message=str(fault))
    if unique and not found.has_unique_value:
        words = "its values need not be unique: delete it and let the hub create it, or a sale could become two deals"
        return Finding(ok=False, subject=subject, message=words)
    return Finding(ok=True, subject=subject, message="unique" if unique else "there")


async def _pipeline(account: Account, settings: HubSpotSettings) -> AsyncIterator[Finding]:
    try:
        body = await get(account, f"/crm/v3/pipelines/deals/{settings.pipeline}")
        found = msgspec.json.decode(body, type=_Pipeline)
    except (HubError, ValueError) as fault:
        yield Finding(ok=False, subject="pipeline", message=str(fault))
        return
    yield Finding(ok=True, subject="pipeline", message=found.label)
    known = {stage.id for stage in found.stages}
    for name, stage in settings.stages.model_dump().items():
        words = stage if stage in known else f"{stage!r} is none of {', '.join(sorted(known))}"
        yield Finding(ok=stage in known, subject=f"stages.{name}", message=words)
