"""What `hub check` asks the shop: is the token good, and may it do what the connector does?"""

from collections.abc import AsyncIterator

from connectors.shopify import queries
from connectors.shopify.client import ask
from hub.connector import Account, Finding
from hub.domain.errors import HubError

# Scope: what goes without it. A scope to write includes the one to read.
_SCOPES = {
    "read_orders": "orders cannot be read",
    "write_orders": "orders cannot be tagged or cancelled",
    "read_customers": "customers cannot be read",
    "read_merchant_managed_fulfillment_orders": "what is open for fulfilment cannot be read",
    "write_merchant_managed_fulfillment_orders": "parcels cannot be told to the store",
}


async def check(account: Account) -> AsyncIterator[Finding]:
    try:
        said = await ask(account, queries.INSTALLATION)
    except HubError as error:
        yield Finding(ok=False, subject="credentials", message=str(error))
        return
    shop = said["shop"]
    yield Finding(ok=True, subject="credentials", message=f"{shop['name']}, priced in {shop['currencyCode']}")
    granted = {scope["handle"] for scope in said["currentAppInstallation"]["accessScopes"]}
    for scope, without in _SCOPES.items():
        ok = bool({scope, scope.replace("read_", "write_", 1)} & granted)
        yield Finding(ok=ok, subject=f"scope {scope}", message="granted" if ok else without)
    if "read_all_orders" not in granted:
        yield Finding(ok=True, subject="scope read_all_orders", message="absent: orders older than 60 days stay unseen")
