"""What `hub check` asks the org: are the credentials good, are our fields there, and do the settings fit the org?"""

from collections.abc import AsyncIterator

import msgspec

from connectors.salesforce.client import query
from connectors.salesforce.fields import OWN
from connectors.salesforce.settings import SalesforceSettings
from hub.connector import Account, Finding
from hub.domain.errors import HubError

_FEW_CALLS = 0.1  # of a day's calls


class _Organization(msgspec.Struct, rename="pascal"):
    id: str
    name: str | None = None


class _Limit(msgspec.Struct, rename="pascal"):
    max: int
    remaining: int


class _Limits(msgspec.Struct, rename="pascal"):
    daily_api_requests: _Limit


class _Value(msgspec.Struct):
    value: str | None = None
    active: bool = True


class _Field(msgspec.Struct, rename="camel"):
    name: str
    external_id: bool = False
    unique: bool = False
    createable: bool = False
    updateable: bool = False
    restricted_picklist: bool = False
    picklist_values: list[_Value] = []


class _Described(msgspec.Struct):
    fields: list[_Field]


async def check(account: Account) -> AsyncIterator[Finding]:
    settings: SalesforceSettings = account.settings
    try:
        rows, _ = await query(account, "SELECT Id, Name FROM Organization")
        org = msgspec.json.decode(rows.records[0], type=_Organization)
    except (HubError, ValueError, LookupError) as fault:
        yield Finding(ok=False, subject="credentials", message=str(fault))
        return
    ours = org.id[:15] == settings.organization_id[:15]
    said = f"org {org.id} {org.name or ''}".rstrip() + (
        "" if ours else f", the settings say {settings.organization_id}"
    )
    yield Finding(ok=ours, subject="credentials", message=said)
    yield await _calls(account)
    for objects, own in OWN.items():
        try:
            fields = await _fields(account, objects)
        except (HubError, ValueError) as fault:
            yield Finding(ok=False, subject=objects, message=str(fault))
            continue
        for name, unique in own.items():
            yield _own(objects, name, unique, fields.get(name))
        if objects == "Opportunity":
            for finding in _opportunity(settings, fields):
                yield finding


async def _calls(account: Account) -> Finding:
    try:
        answer = await account.http.get("/limits")
        calls = msgspec.json.decode(answer.content, type=_Limits).daily_api_requests
    except (HubError, ValueError) as fault:
        return Finding(ok=False, subject="calls", message=str(fault))
    said = f"{calls.remaining} of {calls.max} calls are left for these 24 hours"
    return Finding(ok=calls.remaining > calls.max * _FEW_CALLS, subject="calls", message=said)


async def _fields(account: Account, objects: str) -> dict[str, _Field]:
    """A field that the user may not see is not described."""
    answer = await account.http.get(f"/sobjects/{objects}/describe")
    return {field.name: field for field in msgspec.json.decode(answer.content, type=_Described).fields}


def _own(objects: str, name: str, unique: bool, found: _Field | None) -> Finding:
    subject = f"field {name} of {objects}"
    if found is None:
        return Finding(ok=False, subject=subject, message="missing, or the user may not see it")
    if unique and not (found.external_id and found.unique):
        words = "has to be an external id with unique values, or one sale could become two"
        return Finding(ok=False, subject=subject, message=words)
    if not (found.createable and found.updateable):
        return Finding(ok=False, subject=subject, message="the user may not write it")
    return Finding(ok=True, subject=subject, message="external id, unique" if unique else "there")


def _opportunity(settings: SalesforceSettings, fields: dict[str, _Field]) -> list[Finding]:
    several = "CurrencyIsoCode" in fields
    words = "the org has several currencies" if several else "the org has one currency"
    findings = [Finding(ok=several == settings.multicurrency, subject="multicurrency", message=words)]
    stages = fields.get("StageName")
    known = {each.value for each in stages.picklist_values if each.active} if stages else set()
    for name, stage in settings.stages.model_dump().items():
        ok = stage in known
        said = stage if ok else f"{stage!r} is none of {', '.join(sorted(filter(None, known)))}"
        findings.append(Finding(ok=ok, subject=f"stages.{name}", message=said))
    return findings
