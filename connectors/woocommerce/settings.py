"""The keys of a WooCommerce connection in `hub.toml`, and the way to the store."""

import base64

from pydantic import SecretStr

from hub.connector import ConnectionSettings, Headers, Limits, Way
from hub.options import Url


class WooCommerceSettings(ConnectionSettings):
    """One store, and how far its word is taken.

    - `store`: the address of the WordPress site; pages for people are linked from it.
    - `consumer_key`, `consumer_secret`: a REST API key with the right to read and write. They travel as Basic
      authentication, which the vendor's API takes over https only; its OAuth 1.0a for plain http is not spoken.
    - `base_url`: instead of `{store}/wp-json/wc/v3`, for sites with another REST prefix or a stand-in.
    - `trusted_gateways`: payment methods for which a payment that the store calls paid is proof enough to ship. Empty:
      the processor's own record is wanted. `bacs` (bank transfer), `cheque` and `cod` belong here only where a member
      of staff marking an order as paid shall be that proof.
    - `hold_marks`: keep the custom field `orderhub_hold` on orders that the hub holds, so that staff see it.
    - `complete_orders`: set orders to completed once all of their goods left.
    - `refunds_by_plugin`: payment methods, or what a plug-in's methods begin with, whose plug-in tells the store itself
      of refunds made at the processor, by a webhook of its own: for these the hub writes no refund into the store,
      which would be a second one.
    - `test_mode`: also act on orders that were paid with test money.
    """

    store: Url
    consumer_key: SecretStr
    consumer_secret: SecretStr
    base_url: Url | None = None
    trusted_gateways: tuple[str, ...] = ()
    hold_marks: bool = True
    complete_orders: bool = True
    refunds_by_plugin: tuple[str, ...] = ("stripe", "woocommerce_payments", "ppcp")
    test_mode: bool = False


def way(settings: WooCommerceSettings) -> Way:
    keys = f"{settings.consumer_key.get_secret_value()}:{settings.consumer_secret.get_secret_value()}"
    return Way(
        base_url=settings.base_url or f"{settings.store}/wp-json/wc/v3",
        auth=Headers(headers={"Authorization": f"Basic {base64.b64encode(keys.encode()).decode()}"}),
        # WooCommerce has no limit of its own, its hosts have: a small one serves a handful of PHP requests at once.
        limits=Limits(requests=5, at_once=3),
    )
