"""What `[connections.<id>]` of a Xero organisation holds."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, StringConstraints, model_validator

from connectors.books.settings import BookSettings
from hub.connector import Limits, OAuth2, Way
from hub.options import Currency, Url

_TOKEN_URL = "https://identity.xero.com/connect/token"  # noqa: S105 - an address
# The authorisation code flow gives a refresh token only with `offline_access` (developer.xero.com, "Scopes").
_SCOPES = ("offline_access", "accounting.transactions", "accounting.contacts", "accounting.settings.read")


Uuid = Annotated[str, StringConstraints(to_lower=True, pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
AccountCode = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z ./_-]{0,35}$")]  # a code, or an AccountID
TaxType = Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,50}$")]


class XeroSettings(BookSettings):
    tenant_id: Uuid  # the organisation
    client_id: str
    client_secret: SecretStr
    refresh_token: SecretStr = SecretStr("")  # the first one only: each refresh brings the next
    base_url: Url = "https://api.xero.com"  # the host; `/api.xro/2.0` is added
    token_url: Url = _TOKEN_URL
    authorize_url: Url = "https://login.xero.com/identity/connect/authorize"

    due_days: Annotated[int, Field(ge=0, le=365)] = 0  # after the day of the sale; Xero approves nothing without
    invoice_numbers: Literal["xero", "order"] = "xero"
    order_page: Url | None = None  # where people see an order; its id is added. Xero shows it as a button

    sales_account: AccountCode  # the next four default to it
    shipping_account: AccountCode | None = None
    discount_account: AccountCode | None = None
    fees_account: AccountCode | None = None  # tips, duties and other additions
    refund_account: AccountCode | None = None
    tax: Literal["line", "rate"] = "line"
    tax_account: AccountCode | None = None  # of the tax line
    tax_type: TaxType | None = None  # with `tax = "rate"`: of what is taxed, …
    no_tax_type: TaxType | None = None  # … and of what is not
    payment_account: AccountCode  # the bank or clearing account that payments come in on
    payment_accounts: Mapping[Currency, AccountCode] = {}  # and of other currencies
    walk_in_contact: Uuid | None = None  # for sales without any customer

    currencies: tuple[Currency, ...] = ()  # beside the base currency, those that the organisation has added

    @model_validator(mode="after")
    def _taxes_are_whole(self) -> Self:
        if self.tax == "rate" and not (self.tax_type and self.no_tax_type):
            raise ValueError('tax = "rate" needs tax_type and no_tax_type')
        if self.tax == "line" and (self.tax_type or self.no_tax_type):
            raise ValueError('tax_type and no_tax_type are for tax = "rate"')
        if self.tax == "rate" and self.tax_account:
            raise ValueError('tax_account is for tax = "line": a tax rate has its own account in Xero')
        return self

    def books_in(self, currency: str) -> bool:
        return currency in (self.currency, *self.currencies)

    def pays_into(self, currency: str) -> str:
        return self.payment_accounts.get(currency, self.payment_account)


def way(settings: XeroSettings) -> Way:
    return Way(
        base_url=settings.base_url,
        auth=OAuth2(
            token_url=settings.token_url,
            client_id=settings.client_id,
            client_secret=settings.client_secret.get_secret_value(),
            refresh_token=settings.refresh_token.get_secret_value(),
            authorize_url=settings.authorize_url,
            scopes=_SCOPES,
            headers={"xero-tenant-id": settings.tenant_id},
            refresh_lives=timedelta(days=60),  # developer.xero.com/faq/oauth2
        ),
        # Per organisation (developer.xero.com/faq/limits).
        limits=Limits(
            requests=60,
            per=timedelta(minutes=1),
            per_day=5000,
            at_once=5,
            deadline=timedelta(seconds=60),
            body_bytes=32 * 1024 * 1024,
        ),
    )
