"""The keys of a Stripe connection in `hub.toml`, and the way to the account."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from connectors.processors import settings as processors
from hub.connector import ConnectionSettings, Headers, Limits, Way
from hub.options import Url

# What stripe-python 16.1 speaks, so that its parameters and Stripe's answers are of one version.
API_VERSION = "2026-10-28.endive"


class OrderReference(processors.OrderReference):
    metadata: Annotated[str, Field(min_length=1, max_length=40)]  # the metadata key that holds the store's order id
    client_reference_id: bool = False  # a Checkout session's `client_reference_id` is that id, too


class StripeSettings(ConnectionSettings):
    api_key: SecretStr  # `sk_…`, or better a restricted `rk_…`
    api_version: Annotated[str, Field(pattern=r"^20\d\d-\d\d-\d\d(\.[a-z]+)?$")] = API_VERSION
    base_url: Url = "https://api.stripe.com"
    order_reference: OrderReference | None = None
    capture: Literal["never", "when_shipped"] = "never"


def way(settings: StripeSettings) -> Way:
    key = settings.api_key.get_secret_value()
    # Stripe allows 100 requests a second live and 25 with test keys (docs.stripe.com/rate-limits); other programs
    # of the account share that, so we stay well below.
    limits = Limits(requests=20 if "_test_" in key else 60)
    headers = {"Authorization": f"Bearer {key}", "Stripe-Version": settings.api_version}
    return Way(base_url=settings.base_url, auth=Headers(headers=headers), limits=limits)
