"""What `[connections.<id>]` of a HubSpot account holds."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator

from connectors.crm.settings import CrmSettings, Stages
from hub.connector import Headers, Limits, OAuth2, Way
from hub.options import ExactUrl, Url

# developers.hubspot.com, "Usage guidelines": 100 calls in ten seconds for a private app, and ten a second as the
# answers' own headers say. One call below, as other apps share the daily limit only.
_LIMITS = Limits(requests=9, at_once=4, deadline=timedelta(seconds=30), body_bytes=16 * 1024 * 1024)
_AUTHORIZE_URL = "https://app.hubspot.com/oauth/authorize"

SCOPES = (
    "oauth",
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.deals.read",
    "crm.objects.deals.write",
    "crm.schemas.contacts.read",
    "crm.schemas.contacts.write",
    "crm.schemas.deals.read",
    "crm.schemas.deals.write",
)


Id = Annotated[str, Field(pattern=r"^[0-9]{1,20}$")]
StageId = Annotated[str, Field(min_length=1, max_length=100)]


class DealStages(Stages):
    """Ids of deal stages. The defaults are those of HubSpot's first sales pipeline."""

    received: StageId = "contractsent"
    paid: StageId = "closedwon"
    shipped: StageId = "closedwon"
    completed: StageId = "closedwon"
    cancelled: StageId = "closedlost"
    refunded: StageId = "closedlost"


class HubSpotSettings(CrmSettings):
    portal_id: Id  # the account ("Hub ID"): events of other accounts are not ours
    webhook_url: ExactUrl  # exactly as the app has it: HubSpot signs it

    access_token: SecretStr | None = None  # of a private app; or the three of a public app:
    client_id: str = ""
    client_secret: SecretStr | None = None
    refresh_token: SecretStr | None = None  # none before `hub connect`

    base_url: Url = "https://api.hubapi.com"
    token_url: Url | None = None  # by default `/oauth/v1/token` of `base_url`

    pipeline: StageId = "default"
    stages: DealStages = DealStages()

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        public = bool(self.client_id and self.client_secret)
        if (self.access_token is not None) == public:
            raise ValueError("either access_token (private app) or client_id and client_secret (public app) is needed")
        return self


def way(settings: HubSpotSettings) -> Way:
    auth: Headers | OAuth2
    if settings.access_token is not None:
        auth = Headers(headers={"Authorization": f"Bearer {settings.access_token.get_secret_value()}"})
    else:
        assert settings.client_secret is not None
        auth = OAuth2(
            token_url=settings.token_url or f"{settings.base_url}/oauth/v1/token",
            client_id=settings.client_id,
            client_secret=settings.client_secret.get_secret_value(),
            refresh_token=settings.refresh_token.get_secret_value() if settings.refresh_token else "",
            client_auth="body",
            authorize_url=_AUTHORIZE_URL,
            scopes=SCOPES,
        )
    return Way(base_url=settings.base_url, auth=auth, limits=_LIMITS)
