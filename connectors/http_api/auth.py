"""`[connections.<id>.auth]`: the credentials that every call carries."""

import base64
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from connectors.http_api.kinds import Part
from hub.connector import Headers, OAuth2
from hub.options import ExactUrl


class BasicSettings(Part):
    username: str
    password: SecretStr


class HeaderSettings(Part):
    """An API key in a header of its own."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")]
    value: SecretStr


class OAuthSettings(Part):
    token_url: ExactUrl
    client_id: str
    client_secret: SecretStr
    refresh_token: SecretStr = SecretStr("")
    grant: Literal["refresh_token", "client_credentials"] = "client_credentials"
    client_auth: Literal["basic", "body"] = "basic"
    authorize_url: str = ""  # for `hub connect`
    scopes: tuple[str, ...] = ()


class AuthSettings(Part):
    """One of them, or none. There is no key in the address: addresses are written into everybody's logs."""

    bearer: SecretStr | None = None
    basic: BasicSettings | None = None
    header: HeaderSettings | None = None
    oauth2: OAuthSettings | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(each is not None for each in (self.bearer, self.basic, self.header, self.oauth2)) > 1:
            raise ValueError("one of bearer, basic, header and oauth2 is expected")
        return self

    def auth(self, more: Mapping[str, str]) -> Headers | OAuth2:
        """`more` are headers that go along."""
        if self.oauth2 is not None:
            given = self.oauth2
            return OAuth2(
                token_url=given.token_url,
                client_id=given.client_id,
                client_secret=given.client_secret.get_secret_value(),
                refresh_token=given.refresh_token.get_secret_value(),
                grant=given.grant,
                client_auth=given.client_auth,
                authorize_url=given.authorize_url,
                scopes=given.scopes,
                headers=more,
            )
        return Headers(headers={**more, **self._fixed()})

    def _fixed(self) -> Mapping[str, str]:
        if self.bearer is not None:
            return {"Authorization": f"Bearer {self.bearer.get_secret_value()}"}
        if self.basic is not None:
            pair = f"{self.basic.username}:{self.basic.password.get_secret_value()}"
            return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        if self.header is not None:
            return {self.header.name: self.header.value.get_secret_value()}
        return {}
