"""What `hub check` asks the store: are the keys good, and what may they see?"""

from collections.abc import AsyncIterator

from connectors.woocommerce.client import ask, thing
from hub.connector import Account, Finding
from hub.domain.errors import HubError

# Path: what goes without it.
_PARTS = {
    "/orders": "orders cannot be read",
    "/customers": "customers cannot be read",
    "/webhooks": "webhooks cannot be looked after: switched-off ones stay off",
}


async def check(account: Account) -> AsyncIterator[Finding]:
    try:
        currency = thing(await ask(account, "/data/currencies/current"))
    except HubError as error:
        yield Finding(ok=False, subject="credentials", message=str(error))
        return
    yield Finding(ok=True, subject="credentials", message=f"a store priced in {currency.get('code')}")
    for path, without in _PARTS.items():
        try:
            await ask(account, path, per_page=1)
        except HubError as error:
            yield Finding(ok=False, subject=f"reading {path[1:]}", message=f"{without}: {error}")
        else:
            yield Finding(ok=True, subject=f"reading {path[1:]}", message="allowed")
    yield Finding(ok=True, subject="writing", message="is only known by writing: the key has to be Read/Write")
