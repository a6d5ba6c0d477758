"""What `hub check` asks the company: are the credentials good, and do the settings fit the books?"""

from collections.abc import AsyncIterator

import msgspec

from connectors.quickbooks.client import get
from connectors.quickbooks.settings import QuickBooksSettings
from connectors.quickbooks.shapes import Customer, Ref
from hub.connector import Account, Finding
from hub.domain.errors import HubError


class _CompanyInfo(msgspec.Struct, rename="pascal"):
    company_name: str = ""


class _CurrencyPrefs(msgspec.Struct, rename="pascal"):
    multi_currency_enabled: bool = False
    home_currency: Ref | None = None


class _Preferences(msgspec.Struct, rename="pascal"):
    currency_prefs: _CurrencyPrefs = msgspec.field(default_factory=_CurrencyPrefs)


class _Item(msgspec.Struct, rename="pascal"):
    name: str = ""
    active: bool = True


class _Answer(msgspec.Struct, rename="pascal"):
    company_info: _CompanyInfo = msgspec.field(default_factory=_CompanyInfo)
    preferences: _Preferences = msgspec.field(default_factory=_Preferences)
    item: _Item = msgspec.field(default_factory=_Item)
    customer: Customer | None = None


async def check(account: Account) -> AsyncIterator[Finding]:
    settings: QuickBooksSettings = account.settings
    asked = await _ask(account, f"/companyinfo/{settings.realm_id}")
    if isinstance(asked, str):
        yield Finding(ok=False, subject="credentials", message=asked)
        return
    yield Finding(ok=True, subject="credentials", message=f"company {asked.company_info.company_name!r}")

    asked = await _ask(account, "/preferences")
    if isinstance(asked, str):
        yield Finding(ok=False, subject="preferences", message=asked)
    else:
        found = asked.preferences.currency_prefs
        home = found.home_currency.value if found.home_currency else settings.currency
        yield _compare("currency", settings.currency, home)
        yield _compare("multicurrency", settings.multicurrency, found.multi_currency_enabled)

    items = {
        "item_id": settings.item_id,
        "shipping_item_id": settings.shipping_item_id,
        "discount_item_id": settings.discount_item_id,
        "tax_item_id": settings.tax_item_id,
        "fees_item_id": settings.fees_item_id,
    }
    for name, item in items.items():
        if item:
            asked = await _ask(account, f"/item/{item}")
            ok = not isinstance(asked, str) and asked.item.active
            words = asked if isinstance(asked, str) else asked.item.name if ok else f"{asked.item.name} is inactive"
            yield Finding(ok=ok, subject=name, message=words)

    walk_ins = {settings.currency: settings.walk_in_customer_id, **settings.walk_in_customer_ids}
    for currency, customer in walk_ins.items():
        if customer:
            yield await _walk_in(account, currency, customer)


async def _walk_in(account: Account, currency: str, id: str) -> Finding:
    subject = f"walk-in customer in {currency}"
    asked = await _ask(account, f"/customer/{id}")
    if isinstance(asked, str):
        return Finding(ok=False, subject=subject, message=asked)
    found = asked.customer
    if found is None or not found.active:
        return Finding(ok=False, subject=subject, message=f"customer {id} is inactive")
    if found.currency_ref and found.currency_ref.value != currency:
        return Finding(ok=False, subject=subject, message=f"customer {id} is billed in {found.currency_ref.value}")
    return Finding(ok=True, subject=subject, message=found.display_name)


def _compare(subject: str, configured: object, found: object) -> Finding:
    message = f"{found}" if configured == found else f"the settings say {configured}, the company {found}"
    return Finding(ok=configured == found, subject=subject, message=message)


async def _ask(account: Account, path: str) -> _Answer | str:
    """The answer, or in words why there is none."""
    try:
        return msgspec.json.decode(await get(account, path), type=_Answer)
    except (HubError, ValueError) as fault:
        return str(fault)
