"""`hub check --online`: whether our credentials are let in."""

from collections.abc import AsyncIterator

from connectors.http_api.settings import HttpSettings
from hub.connector import Account, Finding
from hub.domain.errors import HubError


async def check(account: Account) -> AsyncIterator[Finding]:
    settings: HttpSettings = account.settings
    if not settings.check:
        yield Finding(ok=True, subject="credentials", message="not tried: `check` names no path")
        return
    try:
        await account.http.get(settings.check)
    except HubError as fault:
        yield Finding(ok=False, subject="credentials", message=str(fault))
    else:
        yield Finding(ok=True, subject="credentials", message=f"GET {settings.check} is answered")
