"""What `[connections.<id>]` of a QuickBooks Online company holds."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from connectors.books.settings import BookSettings
from hub.connector import Limits, OAuth2, Way
from hub.options import Currency, Url

_HOSTS = {
    "production": "https://quickbooks.api.intuit.com",
    "sandbox": "https://sandbox-quickbooks.api.intuit.com",
}
_TOKEN_URL = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"  # noqa: S105 - an address

# developer.intuit.com, "Limits and throttles": 500 requests a minute per company, 10 at once, 120 s per request.
_LIMITS = Limits(requests=8, at_once=4, deadline=timedelta(seconds=60), body_bytes=32 * 1024 * 1024)


Id = Annotated[str, Field(pattern=r"^[0-9]{1,20}$")]


class QuickBooksSettings(BookSettings):
    realm_id: Id
    client_id: str
    client_secret: SecretStr
    refresh_token: SecretStr = SecretStr("")  # the first one only, none with `hub connect`; refreshes bring the next
    environment: Literal["production", "sandbox"] = "production"
    base_url: Url | None = None  # the host; `/v3/company/<realm>` is added
    token_url: Url = _TOKEN_URL
    authorize_url: Url = "https://appcenter.intuit.com/connect/oauth2"
    minor_version: Annotated[int, Field(ge=75)] = 75

    document_numbers: Literal["quickbooks", "order"] = "quickbooks"

    item_id: Id  # the product or service that order lines are booked to; the next ones default to it
    shipping_item_id: Id | None = None
    discount_item_id: Id | None = None
    tax_item_id: Id | None = None
    fees_item_id: Id | None = None  # tips, duties and other additions
    tax_code: str = "NON"  # of every line: the books must not add tax to what the store has charged
    walk_in_customer_id: Id | None = None  # for sales without any customer, in the home currency
    walk_in_customer_ids: Mapping[Currency, Id] = {}  # and in others

    multicurrency: bool = False  # as switched on in the company; it cannot be switched off there again

    @model_validator(mode="after")
    def _currencies_agree(self) -> Self:
        if not self.multicurrency and set(self.walk_in_customer_ids) - {self.currency}:
            raise ValueError("walk_in_customer_ids names other currencies, so multicurrency must be true")
        return self

    def walk_in(self, currency: str) -> str:
        """The customer of sales without one, or "" if there is none for this currency."""
        home = (self.walk_in_customer_id or "") if currency == self.currency else ""
        return self.walk_in_customer_ids.get(currency, home)


def way(settings: QuickBooksSettings) -> Way:
    host = settings.base_url or _HOSTS[settings.environment]
    return Way(
        base_url=f"{host}/v3/company/{settings.realm_id}",
        auth=OAuth2(
            token_url=settings.token_url,
            client_id=settings.client_id,
            client_secret=settings.client_secret.get_secret_value(),
            refresh_token=settings.refresh_token.get_secret_value(),
            authorize_url=settings.authorize_url,
            scopes=("com.intuit.quickbooks.accounting",),
            refresh_lives=timedelta(days=100),  # developer.intuit.com, "OAuth 2.0": and each use begins them anew
        ),
        limits=_LIMITS,
    )
