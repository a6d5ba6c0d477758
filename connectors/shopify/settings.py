"""The keys of a Shopify connection in `hub.toml`, and the way to the shop."""

from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints

from hub.connector import ConnectionSettings, Headers, Limits, Way
from hub.options import Url

# Calls are paced by the cost that each answer tells (`client.pause`); this only bounds how many start at once.
_CALLS_PER_SECOND = 10
_DOMAIN = r"(?i)^[a-z0-9][a-z0-9-]*\.myshopify\.(com|io)$"


class ShopifySettings(ConnectionSettings):
    """One shop, and how far its word is taken.

    - `shop`: the permanent domain; webhooks for any other shop are refused, since one app's secret signs for all.
    - `access_token`: of a custom app or of an offline session; `hub check` says which scopes it lacks.
    - `api_version`: a quarterly version of the Admin API.
    - `base_url`: instead of `https://{shop}/admin/api/{api_version}`, for a stand-in.
    - `trusted_gateways`: gateways for which Shopify itself moves the money, so that its transaction proves a payment.
      For all others the processor's own record is wanted, and Shopify's word alone releases nothing. `manual` (bank
      transfer, cash) belongs here only where a member of staff marking an order as paid shall be proof enough.
    - `hold_tags`: keep the tag `orderhub-hold` on orders that the hub holds, so that staff of the store see it.
    """

    shop: Annotated[str, StringConstraints(to_lower=True, strip_whitespace=True, pattern=_DOMAIN)]
    access_token: SecretStr
    api_version: Annotated[str, Field(pattern=r"^(20\d\d-(01|04|07|10)|unstable)$")] = "2026-07"
    base_url: Url | None = None
    trusted_gateways: tuple[str, ...] = ("gift_card", "shopify_payments")
    hold_tags: bool = True


def way(settings: ShopifySettings) -> Way:
    return Way(
        base_url=settings.base_url or f"https://{settings.shop}/admin/api/{settings.api_version}",
        auth=Headers(headers={"X-Shopify-Access-Token": settings.access_token.get_secret_value()}),
        limits=Limits(requests=_CALLS_PER_SECOND, at_once=4),
    )
