"""The keys of a Twilio connection, and the way to the account."""

import base64
import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from connectors.messages.occasions import ForBuyer
from connectors.messages.settings import MessageSettings
from hub.connector import Headers, Limits, Way
from hub.options import Url

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_WRITTEN = re.compile(r"[\s().\u00a0/-]+")


def e164(phone: str) -> str:
    """A number as Twilio wants it. `""` for one without its country: to guess that would write to a stranger."""
    number = _WRITTEN.sub("", phone)
    return number if _E164.fullmatch(number) else ""


def _number(text: str) -> str:
    if text and not _E164.fullmatch(text):
        raise ValueError(f"{text!r} is not a number in E.164 form, such as +4930123456")
    return text


class TwilioSettings(MessageSettings):
    base_url: Url = "https://api.twilio.com"
    account_sid: Annotated[str, Field(pattern=r"^AC[0-9a-fA-F]{32}$")]
    api_key_sid: Annotated[str, Field(pattern=r"^(SK[0-9a-fA-F]{32})?$")] = ""  # "": the account's own token is used
    api_secret: SecretStr  # of the API key, or the account's auth token
    from_number: Annotated[str, AfterValidator(_number)] = ""  # one of the two sends
    messaging_service_sid: Annotated[str, Field(pattern=r"^(MG[0-9a-fA-F]{32})?$")] = ""
    callback_url: Url | None = None  # this connection's webhook address, as Twilio reaches it
    max_segments: Annotated[int, Field(ge=1, le=10)] = 3  # each is paid for
    occasions: frozenset[ForBuyer] = frozenset(ForBuyer)

    @model_validator(mode="after")
    def _one_sender(self) -> Self:
        if bool(self.from_number) == bool(self.messaging_service_sid):
            raise ValueError("either from_number or messaging_service_sid is expected")
        return self

    @property
    def messages(self) -> str:
        """The path of the account's messages."""
        return f"/2010-04-01/Accounts/{self.account_sid}/Messages"


def way(settings: TwilioSettings) -> Way:
    user = settings.api_key_sid or settings.account_sid
    proof = base64.b64encode(f"{user}:{settings.api_secret.get_secret_value()}".encode()).decode()
    # Twilio queues what its numbers cannot send yet; the limit of its API is one of calls under way.
    return Way(
        base_url=settings.base_url,
        auth=Headers(headers={"Authorization": f"Basic {proof}"}),
        limits=Limits(requests=20, at_once=4),
    )
