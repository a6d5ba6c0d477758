"""Webhooks: RSASSA-PKCS1-v1_5 with SHA-256 over `timestamp + "." + body`, by a key of the vendor's own key set.

docs.shipstation.com, "Webhooks validation": the key id picks the key, the time may be five minutes off either way. The
key set (RFC 7517) stands at `/jwks` of the API. No secret is shared, so there is none to configure.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from connectors.shipengine.settings import HOME, ShipEngineSettings
from connectors.shipengine.shapes import Notice
from hub.connector import Event, Incoming
from hub.domain.clock import parse_time
from hub.domain.errors import Forged, Malformed

KEY_ID = "x-shipengine-rsa-sha256-key-id"
SIGNATURE = "x-shipengine-rsa-sha256-signature"
TIMESTAMP = "x-shipengine-timestamp"

_LEAST_BITS = 2048

TRACK, BATCH, ODD = "track", "batch", "notice"
KINDS = {"API_TRACK": TRACK, "API_BATCH": BATCH}


class _Key(msgspec.Struct, frozen=True):
    kty: str = ""
    kid: str = ""
    use: str = "sig"
    n: str = ""
    e: str = ""


class _KeySet(msgspec.Struct, frozen=True):
    keys: list[_Key]


def published(_incoming: Incoming, settings: ShipEngineSettings) -> str:
    """Always the same address: nothing of the request has a say in whose keys count."""
    return f"{settings.base_url}/jwks"


def verify(incoming: Incoming, _secrets: Sequence[str], settings: ShipEngineSettings, now: datetime) -> None:
    key_id, given, stamp = (incoming.headers.get(name, "") for name in (KEY_ID, SIGNATURE, TIMESTAMP))
    if not (key_id and given and stamp):
        raise Forged("not signed")
    signed_at = _time(stamp)
    key = _key(incoming.published, key_id)
    try:
        signature = base64.b64decode(given.encode("ascii"), validate=True)
        key.verify(signature, stamp.encode("ascii") + b"." + incoming.body, PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, UnicodeEncodeError, binascii.Error) as fault:
        raise Forged(f"{SIGNATURE} is not theirs") from fault
    if abs(now - signed_at) > settings.webhook.tolerance:
        raise Forged(f"signed at {stamp}, which is too far from now")


def _time(stamp: str) -> datetime:
    try:
        return parse_time(stamp)
    except (ValueError, OverflowError) as fault:
        raise Forged(f"{TIMESTAMP} is no time") from fault


def _key(document: bytes, key_id: str) -> RSAPublicKey:
    try:
        keys = msgspec.json.decode(document, type=_KeySet).keys
    except (ValueError, RecursionError) as fault:
        raise Forged("the vendor's key set cannot be read") from fault
    for key in keys:
        if key.kid == key_id and key.kty == "RSA" and key.use == "sig":
            found = _public(key)
            if found.key_size < _LEAST_BITS:
                raise Forged(f"a key of {found.key_size} bits is none")
            return found
    raise Forged("signed by a key that the vendor does not publish")


def _public(key: _Key) -> RSAPublicKey:
    try:
        return RSAPublicNumbers(_number(key.e), _number(key.n)).public_key()
    except (ValueError, UnicodeEncodeError) as fault:
        raise Forged("the vendor's key cannot be read") from fault


def _number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def events(incoming: Incoming, _settings: ShipEngineSettings) -> Sequence[Event]:
    """One event a delivery. There is no event id: the same signed bytes are the same event."""
    try:
        incoming.body.decode()
        kind, about = _named(incoming.body)
    except (ValueError, RecursionError) as fault:
        raise Malformed(f"not JSON: {fault}") from fault
    stamp = incoming.headers.get(TIMESTAMP, "")
    key = hashlib.sha256(incoming.body).hexdigest()
    return [Event(kind=kind, body=incoming.body, key=key, at=parse_time(stamp) if stamp else None, about=about)]


def kind_of(body: bytes) -> str:
    """Raises `ValueError` where it is not JSON; JSON of another form is for the reader to refuse."""
    return _named(body)[0]


def _named(body: bytes) -> tuple[str, str]:
    """Kind, and the address of the thing."""
    try:
        notice = msgspec.json.decode(body, type=Notice)
    except msgspec.ValidationError:
        msgspec.json.decode(body)  # of another form than expected is one thing, no JSON at all another
        return ODD, ""
    return KINDS.get(notice.resource_type, notice.resource_type.lower()[:60] or ODD), notice.resource_url


def named(url: str, settings: ShipEngineSettings) -> tuple[str, Mapping[str, str]] | None:
    """Path and parameters of a `resource_url`; `None` where it is not the vendor's own address."""
    try:
        parts = urlsplit(url)
        at_home = f"{parts.scheme}://{parts.netloc}" in (HOME, settings.base_url)
        query = parse_qs(parts.query, max_num_fields=20)
    except ValueError:
        return None
    return (parts.path, {name: values[0] for name, values in query.items()}) if at_home else None


def sign(settings: Any, _kind: str, body: bytes, now: datetime) -> Mapping[str, str]:
    """As the sandbox does, with the private key (PEM) that stands in `webhook.secrets`. Without one there is no
    genuine delivery to be had: the vendor's own private key is the vendor's."""
    from connectors.shipengine.sandbox_keys import signed

    secrets = [secret.get_secret_value() for secret in settings.webhook.secrets]
    pem = next((secret for secret in secrets if "PRIVATE KEY" in secret), "")
    return signed(pem, body, now)
