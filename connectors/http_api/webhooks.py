"""`[connections.<id>.webhook]`: how a delivery is proved, and what it tells of."""

import base64
import binascii
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, PrivateAttr, model_validator
from pydantic_core import PydanticCustomError

from connectors.http_api.fields import Problem
from connectors.http_api.kinds import PLACEHOLDER, expressions, refuse
from connectors.http_api.language import Expression
from hub.connector import WebhookSettings

Scheme = Literal[
    "standard-webhooks", "hmac-sha256-hex", "hmac-sha256-base64", "hmac-sha1-hex", "bearer", "basic", "none"
]


def lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


HeaderName = Annotated[str, BeforeValidator(lower), Field(pattern=r"^[a-z0-9-]*$")]


def standard_key(secret: str) -> bytes:
    """The key of a Standard Webhooks secret, `whsec_` and base64. Raises `ValueError`."""
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("base64 is expected, after `whsec_`") from None


class HttpWebhook(WebhookSettings):
    scheme: Scheme | None = None  # absent: no webhooks
    header: HeaderName = ""  # that holds the signature or the token
    prefix: str = ""  # before the signature: "sha256="
    signed: str = "{body}"  # or "{timestamp}.{body}", "{id}.{timestamp}.{body}"
    timestamp_header: HeaderName = ""
    id_header: HeaderName = ""

    items: str = ""  # where the things stand in the body; a list: several. Empty: the body is one
    kind: str = ""  # JMESPath: the system's own word for what a thing is
    kinds: dict[str, str] = Field(default_factory=dict)  # that word -> our kind; empty: the word is the kind
    key: str = ""  # JMESPath: what makes it the same delivery when it comes again
    at: str = ""  # JMESPath: when it was sent, for bodies without a time of their own

    thin: bool = False  # it only tells what changed: the hub fetches it
    id: str = ""  # JMESPath: of what
    gone: str = ""  # JMESPath: true where it was deleted

    _expressions: dict[str, Expression] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.scheme is None:
            if unused := self.model_fields_set - {"secrets", "tolerance"}:
                raise PydanticCustomError(
                    "http_api", "`scheme` is missing, without which {it} is not used", {"it": min(unused)}
                )
            return self
        self._expressions, problems = expressions(self, "items", "kind", "key", "at", "id", "gone")
        if not self.kind:
            problems.append((("kind",), "is missing; where all are of one kind, write it in quotes: \"'order'\""))
        problems += [*self._proof(), *self._thinness()]
        refuse("webhook", problems)
        return self

    def _proof(self) -> list[Problem]:
        problems: list[Problem] = []
        if self.scheme == "none":
            if self.secrets:
                problems.append((("secrets",), "nothing is signed with them"))
        elif not self.secrets:
            problems.append((("secrets",), "is missing: without one, nobody is let in"))
        if self.scheme == "standard-webhooks":
            for place, secret in enumerate(self.secrets):
                try:
                    standard_key(secret.get_secret_value())
                except ValueError as fault:
                    problems.append((("secrets", place), str(fault)))
        if self.scheme is not None and self.scheme.startswith("hmac"):
            problems += self._hmac()
        return problems

    def _hmac(self) -> list[Problem]:
        problems: list[Problem] = []
        if not self.header:
            problems.append((("header",), "is missing: where the signature stands"))
        parts = PLACEHOLDER.findall(self.signed)
        if "body" not in parts or set(parts) - {"body", "timestamp", "id"}:
            problems.append((("signed",), "{body} is expected, beside it {timestamp} and {id}"))
        problems += [
            ((f"{part}_header",), f"is missing: where the {part} stands that is signed")
            for part in ("timestamp", "id")
            if part in parts and not getattr(self, f"{part}_header")
        ]
        if self.timestamp_header and "timestamp" not in parts:
            problems.append((("signed",), "leaves the timestamp out: anybody could set it"))
        return problems

    def _thinness(self) -> list[Problem]:
        problems: list[Problem] = []
        if self.scheme == "none" and not self.thin:
            problems.append((("thin",), "true is needed: what nobody signed is believed only after asking for it"))
        if self.thin and not self.id:
            problems.append((("id",), "is missing: which thing changed"))
        if not self.thin and (self.id or self.gone):
            problems.append((("thin",), "true is needed for `id` and `gone`"))
        return problems

    def expression(self, name: str) -> Expression | None:
        return self._expressions.get(name)
