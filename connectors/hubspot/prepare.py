"""Our properties, created in the account when a call finds that they are missing."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from connectors.hubspot.properties import OWN
from connectors.hubspot.verdict import NoSuchProperty
from hub.connector import Account
from hub.domain.errors import Missing, NeedsAttention, TryLater

T = TypeVar("T")


async def prepared(account: Account, call: Callable[[], Awaitable[T]]) -> T:
    """The call, and once more after the account has been given what it lacked.

    Whoever may not create properties gets the first answer: what is missing, and what to do.
    """
    try:
        return await call()
    except NoSuchProperty as missing:
        try:
            await create(account)
        except NeedsAttention as forbidden:
            raise NeedsAttention(f"{missing} ({forbidden})") from missing
        return await call()


async def create(account: Account) -> None:
    """Those that are not there. Safe to repeat, and beside another process that does the same."""
    for objects, definitions in OWN.items():
        for definition in definitions:
            try:
                await account.http.get(f"/crm/v3/properties/{objects}/{definition['name']}")
            except Missing:
                try:
                    await account.http.post(f"/crm/v3/properties/{objects}", json=definition)
                except TryLater:  # 409: another process was quicker; or else the call after this one says so again
                    continue
