"""Webhooks: RSA with SHA-256 over `transmission id|transmission time|webhook id|CRC-32 of the body`, by the key of the
certificate at `PAYPAL-CERT-URL` (developer.paypal.com, "Webhooks integration guide", and PayPal's SDKs).

Of the webhook id nothing travels: it is the secret of the settings, though PayPal does not keep it as one. The chain of
the certificate is what proves the sender.
"""

import base64
import binascii
import contextlib
import hashlib
import re
import zlib
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from connectors.paypal.settings import PayPalSettings
from connectors.paypal.trust import signer
from hub.connector import Event, Incoming
from hub.domain.clock import parse_time
from hub.domain.errors import Forged

_HOSTS = {
    "live": ("api.paypal.com", "api-m.paypal.com"),
    "sandbox": ("api.sandbox.paypal.com", "api-m.sandbox.paypal.com"),
}
_NAMES = {
    "live": "messageverificationcerts.paypal.com",
    "sandbox": "messageverificationcerts.sandbox.paypal.com",
}
_PATH = re.compile(r"/v1/notifications/certs/CERT-[A-Za-z0-9-]{1,100}", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9-]{1,100}", re.ASCII)
_TYPE = re.compile(r"[A-Za-z0-9._-]{1,100}", re.ASCII)

UNREADABLE = "unreadable"  # the kind of a signed body that is no event of PayPal's


def published(incoming: Incoming, settings: PayPalSettings) -> str:
    """Where the certificates are. Only PayPal's own hosts count, or the one that `base_url` names."""
    url = incoming.headers.get("paypal-cert-url", "")
    if not url.isascii() or not url.isprintable():
        raise Forged("PAYPAL-CERT-URL is no address")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Forged("PAYPAL-CERT-URL is no address") from None
    plain = not (parts.query or parts.fragment or parts.username or parts.password)
    paypals = parts.scheme == "https" and parts.hostname in _HOSTS[settings.environment] and port in (None, 443)
    own = settings.base_url is not None and f"{parts.scheme}://{parts.netloc}" == settings.base_url
    if not (plain and (paypals or own) and _PATH.fullmatch(parts.path)):
        raise Forged(f"PAYPAL-CERT-URL is not PayPal's: {url[:200]}")
    return url


def verify(incoming: Incoming, webhook_ids: Sequence[str], settings: PayPalSettings, now: datetime) -> None:
    published(incoming, settings)
    headers = incoming.headers
    if headers.get("paypal-auth-algo") != "SHA256withRSA":
        raise Forged("PAYPAL-AUTH-ALGO is not SHA256withRSA")
    transmission, time = headers.get("paypal-transmission-id", ""), headers.get("paypal-transmission-time", "")
    if not _ID.fullmatch(transmission):
        raise Forged("PAYPAL-TRANSMISSION-ID is none")
    try:
        sent = parse_time(time) if time.isascii() else None
    except (ValueError, OverflowError):
        sent = None
    if sent is None:
        raise Forged("PAYPAL-TRANSMISSION-TIME is none")
    if not now - settings.delivery_age <= sent <= now + settings.webhook.tolerance:
        raise Forged(f"sent at {sent.isoformat()}, more than {settings.delivery_age} ago or in the future")
    try:
        signature = base64.b64decode(headers.get("paypal-transmission-sig", ""), validate=True)
    except (binascii.Error, ValueError):
        raise Forged("PAYPAL-TRANSMISSION-SIG is not base64") from None
    key = signer(incoming.published, settings.trusted_roots, _NAMES[settings.environment], now)
    for webhook_id in webhook_ids:
        try:
            key.verify(signature, signed_text(transmission, time, webhook_id, incoming.body), PKCS1v15(), SHA256())
        except InvalidSignature:
            continue
        return
    raise Forged("the signature fits no webhook id of ours")


def signed_text(transmission: str, time: str, webhook_id: str, body: bytes) -> bytes:
    return f"{transmission}|{time}|{webhook_id}|{zlib.crc32(body)}".encode()


class _Head(msgspec.Struct):
    id: str
    event_type: str


class _Related(msgspec.Struct):
    order_id: str | None = None


class _Supplement(msgspec.Struct):
    related_ids: _Related | None = None


class _Resource(msgspec.Struct):
    id: str | None = None
    dispute_id: str | None = None
    supplementary_data: _Supplement | None = None


class _Full(_Head):
    resource: _Resource | None = None


_head = msgspec.json.Decoder(_Head).decode
_full = msgspec.json.Decoder(_Full).decode


def events(incoming: Incoming, _: PayPalSettings) -> Sequence[Event]:
    """One request is one event. A signed body that is none is kept, too, named by its digest: reading it parks it."""
    head, about = _Head(id="", event_type=""), ""
    try:
        head = full = _full(incoming.body)
        about = _about(full)
    except (ValueError, RecursionError):
        with contextlib.suppress(ValueError, RecursionError):
            head = _head(incoming.body)
    if _ID.fullmatch(head.id) and _TYPE.fullmatch(head.event_type):
        return [Event(kind=head.event_type, body=incoming.body, key=head.id, about=about)]
    return [Event(kind=UNREADABLE, body=incoming.body, key="sha256:" + hashlib.sha256(incoming.body).hexdigest())]


def _about(told: _Full) -> str:
    """PayPal's order, where an authorisation or a capture names it; otherwise the thing itself."""
    thing = told.resource
    if thing is None:
        return ""
    related = thing.supplementary_data.related_ids if thing.supplementary_data is not None else None
    return (related.order_id if related is not None else "") or thing.id or thing.dispute_id or ""
