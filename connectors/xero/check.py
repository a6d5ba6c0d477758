"""What `hub check` asks Xero: are the credentials good, and do the settings fit the books?"""

from collections.abc import AsyncIterator

import msgspec

from connectors.xero.client import API, get
from connectors.xero.settings import XeroSettings
from hub.connector import Account, Finding
from hub.domain.errors import HubError


class _Organisation(msgspec.Struct):
    name: str = msgspec.field(name="Name", default="")
    currency: str = msgspec.field(name="BaseCurrency", default="")


class _Account(msgspec.Struct):
    id: str = msgspec.field(name="AccountID", default="")
    code: str | None = msgspec.field(name="Code", default=None)
    name: str = msgspec.field(name="Name", default="")
    type: str = msgspec.field(name="Type", default="")
    status: str = msgspec.field(name="Status", default="ACTIVE")
    payments: bool = msgspec.field(name="EnablePaymentsToAccount", default=False)


class _TaxRate(msgspec.Struct):
    type: str | None = msgspec.field(name="TaxType", default=None)
    name: str = msgspec.field(name="Name", default="")
    status: str = msgspec.field(name="Status", default="ACTIVE")


class _Currency(msgspec.Struct):
    code: str = msgspec.field(name="Code", default="")


class _Contact(msgspec.Struct):
    name: str = msgspec.field(name="Name", default="")
    status: str = msgspec.field(name="ContactStatus", default="ACTIVE")


class _Answer(msgspec.Struct):
    organisations: list[_Organisation] = msgspec.field(name="Organisations", default_factory=list)
    accounts: list[_Account] = msgspec.field(name="Accounts", default_factory=list)
    rates: list[_TaxRate] = msgspec.field(name="TaxRates", default_factory=list)
    currencies: list[_Currency] = msgspec.field(name="Currencies", default_factory=list)
    contacts: list[_Contact] = msgspec.field(name="Contacts", default_factory=list)


async def check(account: Account) -> AsyncIterator[Finding]:
    settings: XeroSettings = account.settings
    asked = await _ask(account, "Organisation")
    if isinstance(asked, str):
        yield Finding(ok=False, subject="credentials", message=asked)
        return
    base = asked.organisations[0] if asked.organisations else _Organisation()
    yield Finding(ok=True, subject="credentials", message=f"organisation {base.name!r}")
    same = base.currency == settings.currency
    words = base.currency if same else f"the settings say {settings.currency}, the organisation {base.currency}"
    yield Finding(ok=same, subject="currency", message=words)
    for finding in [
        *await _accounts(account, settings),
        *await _rates(account, settings),
        *await _currencies(account, settings),
        *await _walk_in(account, settings),
    ]:
        yield finding


async def _accounts(account: Account, settings: XeroSettings) -> list[Finding]:
    asked = await _ask(account, "Accounts")
    if isinstance(asked, str):
        return [Finding(ok=False, subject="accounts", message=asked)]
    known = {each.id.lower(): each for each in asked.accounts} | {each.code or "": each for each in asked.accounts}
    income = ("sales_account", "shipping_account", "discount_account", "fees_account", "refund_account", "tax_account")
    wanted = [(name, code, False) for name in income if (code := getattr(settings, name))]
    wanted += [("payment_account", settings.payment_account, True)]
    wanted += [(f"payment_accounts.{name}", code, True) for name, code in settings.payment_accounts.items()]
    return [_account(name, code, known.get(code) or known.get(code.lower()), pays) for name, code, pays in wanted]


def _account(name: str, code: str, found: _Account | None, pays: bool) -> Finding:
    if found is None or found.status != "ACTIVE":
        return Finding(ok=False, subject=name, message=f"no active account {code!r}")
    if pays and found.type != "BANK" and not found.payments:
        return Finding(ok=False, subject=name, message=f"{found.name}: neither a bank account nor enabled for payments")
    return Finding(ok=True, subject=name, message=found.name)


async def _rates(account: Account, settings: XeroSettings) -> list[Finding]:
    if settings.tax == "line":
        return []
    asked = await _ask(account, "TaxRates")
    if isinstance(asked, str):
        return [Finding(ok=False, subject="tax rates", message=asked)]
    known = {each.type: each.name for each in asked.rates if each.status == "ACTIVE"}
    wanted = {"tax_type": settings.tax_type, "no_tax_type": settings.no_tax_type}
    return [
        Finding(ok=rate in known, subject=name, message=known.get(rate, f"no active tax rate of type {rate}"))
        for name, rate in wanted.items()
    ]


async def _currencies(account: Account, settings: XeroSettings) -> list[Finding]:
    if not settings.currencies:
        return []
    asked = await _ask(account, "Currencies")
    if isinstance(asked, str):
        return [Finding(ok=False, subject="currencies", message=asked)]
    missing = sorted(set(settings.currencies) - {each.code for each in asked.currencies})
    words = f"not added to the organisation: {', '.join(missing)}" if missing else ", ".join(settings.currencies)
    return [Finding(ok=not missing, subject="currencies", message=words)]


async def _walk_in(account: Account, settings: XeroSettings) -> list[Finding]:
    if settings.walk_in_contact is None:
        return []
    asked = await _ask(account, f"Contacts/{settings.walk_in_contact}")
    if isinstance(asked, str):
        return [Finding(ok=False, subject="walk_in_contact", message=asked)]
    found = asked.contacts[0] if asked.contacts else _Contact(status="missing")
    ok = found.status == "ACTIVE"
    return [Finding(ok=ok, subject="walk_in_contact", message=found.name if ok else f"the contact is {found.status}")]


async def _ask(account: Account, path: str) -> _Answer | str:
    """The answer, or in words why there is none."""
    try:
        return msgspec.json.decode(await get(account, path), type=_Answer)
    except (HubError, ValueError) as fault:
        return f"{API}/{path}: {fault}"
