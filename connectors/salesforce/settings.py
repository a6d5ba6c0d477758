"""What `[connections.<id>]` of a Salesforce org holds."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from connectors.crm.settings import CrmSettings, Stages
from hub.connector import Limits, OAuth2, Way
from hub.options import Url, Zone

_SCOPES = ("api", "refresh_token")


Id = Annotated[str, Field(pattern=r"^[a-zA-Z0-9]{15}([a-zA-Z0-9]{3})?$")]
StageName = Annotated[str, Field(min_length=1, max_length=255)]


class StageNames(Stages):
    """`StageName`s. The defaults are in the list of a new org."""

    received: StageName = "Negotiation/Review"
    paid: StageName = "Closed Won"
    shipped: StageName = "Closed Won"
    completed: StageName = "Closed Won"
    cancelled: StageName = "Closed Lost"
    refunded: StageName = "Closed Lost"


class SalesforceSettings(CrmSettings):
    base_url: Url  # the org's My Domain address: https://acme.my.salesforce.com
    organization_id: Id  # messages of other orgs are refused
    api_version: Annotated[str, Field(pattern=r"^[0-9]{2,3}\.0$")] = "62.0"

    client_id: str
    client_secret: SecretStr
    grant: Literal["refresh_token", "client_credentials"] = "refresh_token"
    refresh_token: SecretStr | None = None  # none before `hub connect`
    token_url: Url | None = None  # by default `/services/oauth2/token` of `base_url`
    calls_per_day: Annotated[int, Field(gt=0)] | None = None  # our share of the org's calls in a day

    timezone: Zone = "UTC"  # the org's: which day a sale closes on
    stages: StageNames = StageNames()
    record_type_id: Id | None = None  # of new opportunities
    account_id: Id | None = None  # the account that new contacts and opportunities belong to
    contact_roles: bool = True  # an opportunity names its contact as primary contact role
    picklist_addresses: bool = False  # "State and Country/Territory Picklists" are switched on in the org

    @model_validator(mode="after")
    def _grant_fits(self) -> Self:
        if self.grant == "client_credentials" and self.refresh_token is not None:
            raise ValueError("refresh_token has no use with client_credentials")
        return self


def way(settings: SalesforceSettings) -> Way:
    # developer.salesforce.com, "API Request Limits and Allocations": no limit per second, 25 calls at once that take
    # longer than 20 s, and a number of calls in 24 hours that the org shares.
    limits = Limits(
        requests=20,
        at_once=8,
        per_day=settings.calls_per_day,
        deadline=timedelta(seconds=60),
        body_bytes=16 * 1024 * 1024,
    )
    return Way(
        base_url=f"{settings.base_url}/services/data/v{settings.api_version}",
        auth=OAuth2(
            token_url=settings.token_url or f"{settings.base_url}/services/oauth2/token",
            client_id=settings.client_id,
            client_secret=settings.client_secret.get_secret_value(),
            refresh_token=settings.refresh_token.get_secret_value() if settings.refresh_token else "",
            grant=settings.grant,
            client_auth="body",
            authorize_url=f"{settings.base_url}/services/oauth2/authorize",
            scopes=_SCOPES,
        ),
        limits=limits,
    )
