"""The keys of a PayPal connection in `hub.toml`, and the way to the account."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from cryptography import x509
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from connectors.processors import settings as processors
from hub.connector import ConnectionSettings, Duration, Limits, OAuth2, Way
from hub.options import Url

# developer.paypal.com/api/rest/requests: the hosts of the two environments.
BASE_URLS = {"live": "https://api-m.paypal.com", "sandbox": "https://api-m.sandbox.paypal.com"}


def _pem(value: object) -> object:
    """A path is read once, here."""
    if not isinstance(value, str) or not value or value.lstrip().startswith("-----BEGIN"):
        return value
    try:
        return Path(value).read_text(encoding="ascii")
    except (OSError, ValueError) as fault:
        raise ValueError(f"neither PEM text nor a readable file of it: {fault}") from None


def _certificates(pem: str) -> str:
    if pem:
        try:
            x509.load_pem_x509_certificates(pem.encode())
        except ValueError as fault:
            raise ValueError(f"no PEM certificates: {fault}") from None
    return pem


class OrderReference(processors.OrderReference):
    field: Literal["custom_id", "invoice_id"]


class PayPalSettings(ConnectionSettings):
    """`webhook.secrets` are ids of webhooks of the app (17 letters and digits): a signature is bound to one."""

    client_id: Annotated[str, Field(min_length=1)]
    client_secret: SecretStr
    environment: Literal["live", "sandbox"] = "live"
    base_url: Url | None = None  # None: the environment's
    # PayPal repeats a delivery for three days under the time and signature of the first try.
    delivery_age: Duration = timedelta(days=3, hours=1)
    trusted_roots: Annotated[str, BeforeValidator(_pem), AfterValidator(_certificates)] = ""  # beside the public ones
    order_reference: OrderReference | None = None
    capture: Literal["never", "when_shipped"] = "never"
    transaction_search: bool = False  # the app has that right, so payments without any event are found, too

    @property
    def url(self) -> str:
        return self.base_url or BASE_URLS[self.environment]

    @property
    def is_test(self) -> bool:
        return self.environment == "sandbox"


def way(settings: PayPalSettings) -> Way:
    return Way(
        base_url=settings.url,
        auth=OAuth2(
            token_url=f"{settings.url}/v1/oauth2/token",
            client_id=settings.client_id,
            client_secret=settings.client_secret.get_secret_value(),
            grant="client_credentials",
        ),
        # PayPal publishes no numbers and answers 429 RATE_LIMIT_REACHED (developer.paypal.com, "Rate limiting
        # guidelines").
        limits=Limits(requests=10),
    )
