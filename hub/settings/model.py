"""The keys of `hub.toml`. `docs/settings.md` explains each; a test holds the two together."""

import base64
import binascii
from datetime import timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    SerializeAsAny,
    ValidationInfo,
    field_validator,
    model_validator,
)

from hub.connector import ConnectionSettings, Duration
from hub.options import is_loopback

KEY_BYTES = 32  # AES-256


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _public_url(url: str) -> str:
    parts = urlsplit(url)
    local = is_loopback(parts.hostname or "")
    if not parts.hostname or (parts.scheme != "https" and not (local and parts.scheme == "http")):
        raise ValueError("an address such as https://orders.example.com is expected (http for this machine only)")
    if parts.query or parts.fragment or parts.username:
        raise ValueError("an address without user, query and fragment is expected")
    return url.rstrip("/")


def _database_url(url: str) -> str:
    parts = urlsplit(url)
    if (parts.scheme == "sqlite" and url.startswith("sqlite:///")) or (parts.scheme == "postgresql" and parts.path):
        return url
    raise ValueError("sqlite:///FILE or postgresql://USER@HOST/DATABASE is expected")


def sealing_key(text: str) -> bytes:
    """The key's bytes. Raises `ValueError`, whose text does not hold the key."""
    try:
        key = base64.b64decode(text.strip().replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(f"{KEY_BYTES} random bytes in base64 are expected: `hub keys new-sealing-key` makes them")
    return key


def _sealing_key(secret: SecretStr) -> SecretStr:
    sealing_key(secret.get_secret_value())
    return secret


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta():
        raise ValueError("a duration above zero is expected")
    return value


Wait = Annotated[Duration, AfterValidator(_positive)]


class HubSettings(_Settings):
    name: str = "Orderhub"
    public_url: Annotated[str, AfterValidator(_public_url)] = "http://127.0.0.1:8000"
    allow_inline_secrets: bool = False


class ApiSettings(_Settings):
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000  # 0: any free one
    max_connections: Annotated[int, Field(gt=0)] = 1000
    head_timeout: Wait = timedelta(seconds=10)
    body_timeout: Wait = timedelta(seconds=30)
    stop_timeout: Wait = timedelta(seconds=10)
    trusted_proxies: tuple[str, ...] = ()


class LogSettings(_Settings):
    format: Literal["auto", "json", "text"] = "auto"  # auto: text on a terminal, JSON elsewhere
    level: Literal["debug", "info", "warning", "error"] = "info"


def _endpoint(url: str) -> str:
    parts = urlsplit(url)
    if url and (parts.scheme not in ("https", "http") or not parts.hostname or parts.username or parts.query):
        raise ValueError("an address such as http://collector:4318 is expected, without user and query")
    return url


class TracesSettings(_Settings):
    endpoint: Annotated[str, AfterValidator(_endpoint)] = ""  # "": nobody is told
    sample: Annotated[float, Field(ge=0, le=1)] = 1.0  # of all traces


class DatabaseSettings(_Settings):
    url: Annotated[str, AfterValidator(_database_url), Field(repr=False)] = "sqlite:///hub.db"


class SecuritySettings(_Settings):
    # Newest first: the first seals, all open.
    sealing_keys: Annotated[tuple[Annotated[SecretStr, AfterValidator(_sealing_key)], ...], Field(min_length=1)]


_LONGEST = timedelta(days=36_500)
_DEDUPE = timedelta(days=30)


def _age(value: timedelta) -> timedelta:
    if not timedelta() < value <= _LONGEST:
        raise ValueError(f"a duration above zero and up to {_LONGEST.days}d is expected")
    return value


def _dedupe_age(value: timedelta) -> timedelta:
    if value < _DEDUPE:
        raise ValueError(
            f"at least {_DEDUPE.days}d is expected: with the row goes what tells that the same comes again"
        )
    return value


Age = Annotated[Duration, AfterValidator(_age)]
DedupeAge = Annotated[Age, AfterValidator(_dedupe_age)]


class RetentionSettings(_Settings):
    """How old what ended becomes. What waits, is under way or is parked is kept, whatever its age."""

    bodies: Age = timedelta(days=30)
    events: DedupeAge = timedelta(days=90)
    commands: Age = timedelta(days=90)
    attempts: Age = timedelta(days=90)
    audit: Age = timedelta(days=90)
    intents: DedupeAge = timedelta(days=90)

    @field_validator("events")
    @classmethod
    def _holds_the_bodies(cls, events: timedelta, others: ValidationInfo) -> timedelta:
        if events < others.data.get("bodies", events):
            raise ValueError("at least as long as bodies is expected: an event's body goes with it")
        return events


def _endpoint_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or parts.fragment:
        raise ValueError("an address such as https://example.com/hooks is expected, without user and fragment")
    return url


def _signing_secret(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value().removeprefix("whsec_")
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not 24 <= len(key) <= 64:
        raise ValueError("whsec_ and 24 to 64 random bytes in base64 are expected (Standard Webhooks)")
    return secret


SigningSecret = Annotated[SecretStr, AfterValidator(_signing_secret)]


class EndpointSettings(_Settings):
    """`[webhooks.<id>]`: who is told of changes."""

    url: Annotated[str, AfterValidator(_endpoint_url)]
    secrets: Annotated[tuple[SigningSecret, ...], Field(min_length=1)]  # all sign, so that one can be replaced
    enabled: bool = True
    events: tuple[str, ...] = ()  # `order.paid`, `order.*`; empty: all
    channels: tuple[str, ...] = ()  # only orders of these connections; empty: all
    allow_private: bool = False  # http and addresses of this network: for development
    give_up_after: Wait = timedelta(days=5)  # of nothing but failures

    @model_validator(mode="after")
    def _is_safe(self) -> "EndpointSettings":
        if not self.allow_private and urlsplit(self.url).scheme != "https":
            raise ValueError("https is expected (or allow_private, for development)")
        return self


class Settings(_Settings):
    """Checked once, when the file is read; passed down from a door."""

    hub: HubSettings = HubSettings()
    api: ApiSettings = ApiSettings()
    log: LogSettings = LogSettings()
    traces: TracesSettings = TracesSettings()
    database: DatabaseSettings = DatabaseSettings()
    security: SecuritySettings
    retention: RetentionSettings = RetentionSettings()
    connections: dict[str, SerializeAsAny[ConnectionSettings]] = {}
    webhooks: dict[str, EndpointSettings] = {}


SECTIONS: dict[str, Any] = {name: field.annotation for name, field in Settings.model_fields.items()}
