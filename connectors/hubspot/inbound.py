"""Webhooks: an array of up to a hundred thin events, signed with the app's client secret.

Only version 3 of the signature is accepted (developers.hubspot.com, "Validating requests"): HMAC-SHA256 of method,
address, body and time. Versions 1 and 2 come beside it; they are plain digests that start with the secret, without a
time, and prove less. The address is the one that the app has (`webhook_url`), so that no proxy and no `Host` header
has a say in it.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from connectors.hubspot.settings import HubSpotSettings
from connectors.hubspot.shapes import Notice
from hub.connector import Event, Incoming
from hub.domain.clock import from_unix
from hub.domain.errors import Forged, Malformed

SIGNATURE = "x-hubspot-signature-v3"
TIMESTAMP = "x-hubspot-request-timestamp"
_TOLERANCE = timedelta(minutes=5)  # where there are no settings to ask

# "Validating requests" names the escapes that are decoded before the address is hashed; the first "?" stays.
_ESCAPES = {
    escape: chr(int(escape[1:], 16))
    for escape in ("%3A", "%2F", "%3F", "%40", "%21", "%24", "%27", "%28", "%29", "%2A", "%2C", "%3B")
}
_ESCAPED = re.compile("|".join(_ESCAPES), re.IGNORECASE)
# What differs when the same event comes again.
_OF_THE_DELIVERY = ("attemptNumber", "eventId")


def decoded(url: str) -> str:
    return _ESCAPED.sub(lambda found: _ESCAPES[found[0].upper()], url)


def signature(secret: str, method: str, url: str, body: bytes, timestamp: str) -> str:
    text = f"{method}{decoded(url)}".encode() + body + timestamp.encode()
    return base64.b64encode(hmac.digest(secret.encode(), text, hashlib.sha256)).decode()


def verify(incoming: Incoming, secrets: Sequence[str], settings: Any, now: datetime) -> None:
    given = incoming.headers.get(SIGNATURE, "").encode("utf-8", "surrogatepass")
    timestamp = incoming.headers.get(TIMESTAMP, "")
    if not given or not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 15):
        raise Forged(f"no {SIGNATURE} with a {TIMESTAMP} in milliseconds")
    url = settings.webhook_url if settings is not None else incoming.url
    # All secrets are tried, so that the time taken does not tell which one was right.
    good = [
        hmac.compare_digest(signature(secret, incoming.method, url, incoming.body, timestamp).encode(), given)
        for secret in secrets
        if secret
    ]
    if not any(good):
        raise Forged(f"{SIGNATURE} is not ours")
    tolerance = settings.webhook.tolerance if settings is not None else _TOLERANCE
    off = timedelta(milliseconds=int(timestamp) - int(now.timestamp() * 1000))
    if abs(off) > tolerance:
        raise Forged(f"signed {off} from now: beyond the tolerance of {tolerance}")


def sign(settings: HubSpotSettings, _kind: str, body: bytes, now: datetime) -> Mapping[str, str]:
    headers = {"content-type": "application/json"}
    if not settings.webhook.secrets:
        return headers
    timestamp = str(int(now.timestamp() * 1000))
    secret = settings.webhook.secrets[0].get_secret_value()
    made = signature(secret, "POST", settings.webhook_url, body, timestamp)
    return headers | {SIGNATURE: made, TIMESTAMP: timestamp}


def events(incoming: Incoming, _settings: Any) -> Sequence[Event]:
    """One event per item; whether it is of our account and of use is for the reader to say."""
    try:
        return split(incoming.body)
    except (ValueError, RecursionError) as fault:
        raise Malformed(f"not JSON: {fault}") from fault


def split(body: bytes) -> list[Event]:
    """Raises `ValueError` when it is not JSON; what is no array of objects is one event, for the reader to refuse."""
    body.decode()  # msgspec does not look into the strings of what it hands on raw
    try:
        items = msgspec.json.decode(body, type=list[msgspec.Raw])
    except msgspec.ValidationError:
        msgspec.json.decode(body)  # is it JSON to its end?
        items = [msgspec.Raw(body)]
    return [_event(bytes(item)) for item in items]


def _event(item: bytes) -> Event:
    """`eventId` is not unique (the vendor's webhook guide), so the key is what the item says of the change.

    Two changes that say the same at the same millisecond are one: each says no more than "look again".
    """
    try:
        facts = msgspec.json.decode(item, type=dict[str, msgspec.Raw])
        notice = msgspec.json.decode(item, type=Notice)
        at = from_unix(notice.occurred_at / 1000)
    except (ValueError, OverflowError, OSError):  # from_unix: a year that no calendar has
        return Event(kind="notice", body=item, key="odd_" + hashlib.sha256(item).hexdigest())
    thing = notice.primary_object_id or notice.object_id
    said = sorted((name, bytes(value)) for name, value in facts.items() if name not in _OF_THE_DELIVERY)
    digest = hashlib.sha256(b"\0".join(name.encode() + b"\1" + value for name, value in said)).hexdigest()
    return Event(kind="notice", body=item, key=f"hs_{digest}", at=at, about=f"object {thing}" if thing else "")
