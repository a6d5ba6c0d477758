"""Webhooks: `X-Hmac-Signature: hmac-sha256-hex=<hex>`, HMAC-SHA256 over the raw body.

The scheme has no time in it, so a delivery can be sent again by whoever saw it. That is harmless: the event's id is in
the signed body, and a record carries the vendor's own update time, so an old one replaces nothing.
"""

import contextlib
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from connectors.easypost.kinds import UNREADABLE
from connectors.easypost.settings import EasyPostSettings
from hub.connector import Event, Incoming
from hub.domain.errors import Forged, Malformed

_PREFIX = "hmac-sha256-hex="
_ID = re.compile(r"[A-Za-z0-9_]{1,100}", re.ASCII)
_NAME = re.compile(r"[a-z0-9_.]{1,100}", re.ASCII)


def verify(incoming: Incoming, secrets: Sequence[str], _settings: EasyPostSettings, _now: datetime) -> None:
    """All secrets are tried, so that the time taken does not tell which one was near. The clock proves nothing here."""
    try:
        said = incoming.headers.get("x-hmac-signature", "").encode("ascii")
    except UnicodeEncodeError:
        raise Forged("X-Hmac-Signature is not hexadecimal") from None
    fits = [hmac.compare_digest(said, signature(secret, incoming.body).encode()) for secret in secrets if secret]
    if not any(fits):
        raise Forged("X-Hmac-Signature does not fit the body")
    try:
        incoming.body.decode()  # msgspec does not look into the strings of what it hands on raw
        msgspec.json.decode(incoming.body, type=dict[str, msgspec.Raw])
    except (ValueError, RecursionError):
        raise Malformed("not a JSON object") from None


def signature(secret: str, body: bytes) -> str:
    """The vendor's own libraries normalise the secret (NFKD) before they use it: so does the vendor."""
    key = unicodedata.normalize("NFKD", secret).encode("utf-8", "surrogatepass")
    return _PREFIX + hmac.new(key, body, hashlib.sha256).hexdigest()


class _Head(msgspec.Struct):
    id: str = ""
    description: str = ""


class _Result(msgspec.Struct):
    id: str = ""
    shipment_id: str | None = None


class _Full(_Head):
    result: _Result | None = None


_head = msgspec.json.Decoder(_Head).decode
_full = msgspec.json.Decoder(_Full).decode


def events(incoming: Incoming, _: EasyPostSettings) -> Sequence[Event]:
    """One request is one event. A signed body that is none is kept, too, named by its digest: reading it parks it."""
    head, about = _Head(), ""
    try:
        head = full = _full(incoming.body)
        about = (full.result.shipment_id or full.result.id) if full.result is not None else ""
    except (ValueError, RecursionError):
        with contextlib.suppress(ValueError, RecursionError):
            head = _head(incoming.body)
    digest = "sha256:" + hashlib.sha256(incoming.body).hexdigest()
    kind = head.description if _NAME.fullmatch(head.description) else UNREADABLE
    key = head.id if _ID.fullmatch(head.id) else digest
    return [Event(kind=kind, body=incoming.body, key=key, about=about)]


def sign(settings: EasyPostSettings, _kind: str, body: bytes, _now: datetime) -> Mapping[str, str]:
    """The headers of a genuine delivery, by the newest secret. The kind is in the body already."""
    secret = settings.webhook.secrets[0].get_secret_value() if settings.webhook.secrets else ""
    return headers_of(secret, body)


def headers_of(secret: str, body: bytes) -> dict[str, str]:
    return {"Content-Type": "application/json", "X-Hmac-Signature": signature(secret, body)}
