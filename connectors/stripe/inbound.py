"""Webhooks: `Stripe-Signature: t=<unix seconds>,v1=<hex>[,v1=…]`, HMAC-SHA256 over `t.<raw body>`.

Stricter than Stripe's own helper in two points: a signed time may not lie in the future either, and no header, however
odd, makes anything but `Forged`.
"""

import contextlib
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from connectors.stripe.settings import StripeSettings
from hub.connector import Event, Incoming
from hub.domain.errors import Forged

_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9_]{1,100}", re.ASCII)
_TYPE = re.compile(r"[a-z0-9_.\[\]]{1,100}", re.ASCII)

UNREADABLE = "unreadable"  # the kind of a signed body that is no event of Stripe's


def verify(incoming: Incoming, secrets: Sequence[str], settings: StripeSettings, now: datetime) -> None:
    at, signatures = _parse(incoming.headers.get("stripe-signature", ""))
    tolerance = settings.webhook.tolerance
    if not -tolerance <= now - at <= tolerance:
        raise Forged(f"signed at {at.isoformat()}, more than {tolerance} from now")
    signed = b"%d.%b" % (int(at.timestamp()), incoming.body)
    # All are compared, so that the time taken does not tell which secret was near.
    good = [
        hmac.compare_digest(_mac(secret, signed), signature) for secret in secrets if secret for signature in signatures
    ]
    if not any(good):
        raise Forged("no v1 signature fits")


def _mac(secret: str, signed: bytes) -> str:
    return hmac.digest(secret.encode(), signed, "sha256").hex()


def _parse(header: str) -> tuple[datetime, list[str]]:
    items = [item.partition("=") for item in header.split(",")]
    times = [value for name, _, value in items if name == "t"]
    signatures = [value for name, _, value in items if name == "v1" and _HEX.fullmatch(value)]
    if len(times) != 1 or not _SECONDS.fullmatch(times[0]) or times[0] != str(int(times[0])):
        raise Forged("Stripe-Signature has no time")
    if not signatures:
        raise Forged("Stripe-Signature has no v1 signature")
    try:
        return datetime.fromtimestamp(int(times[0]), tz=UTC), signatures
    except (ValueError, OverflowError, OSError):
        raise Forged("Stripe-Signature has no time of this world") from None


class _Head(msgspec.Struct):
    id: str
    type: str


class _Thing(msgspec.Struct):
    id: str = ""
    payment_intent: str | None = None
    charge: str | None = None


class _Data(msgspec.Struct):
    object: _Thing


class _Full(_Head):
    data: _Data | None = None
    related_object: _Thing | None = None  # of a thin event


_head = msgspec.json.Decoder(_Head).decode
_full = msgspec.json.Decoder(_Full).decode


def events(incoming: Incoming, _: StripeSettings) -> Sequence[Event]:
    """One request is one event. A signed body that is none is kept, too, named by its digest: reading it parks it."""
    head, about = _Head(id="", type=""), ""
    try:
        head = full = _full(incoming.body)
        about = _about(full)
    except (ValueError, RecursionError):
        with contextlib.suppress(ValueError, RecursionError):
            head = _head(incoming.body)
    if _ID.fullmatch(head.id) and _TYPE.fullmatch(head.type):
        return [Event(kind=head.type, body=incoming.body, key=head.id, about=about)]
    return [Event(kind=UNREADABLE, body=incoming.body, key="sha256:" + hashlib.sha256(incoming.body).hexdigest())]


def _about(told: _Full) -> str:
    """The payment, where it is one of several objects that tell of it; otherwise the object."""
    thing = told.data.object if told.data is not None else told.related_object
    return "" if thing is None else thing.payment_intent or thing.charge or thing.id


def sign(settings: StripeSettings, _: str, body: bytes, now: datetime) -> Mapping[str, str]:
    """The headers of a genuine delivery. The kind, which comes second, is in the body already."""
    seconds = int(now.timestamp())
    secrets = [secret.get_secret_value() for secret in settings.webhook.secrets]
    signed = b"%d.%b" % (seconds, body)
    signatures = "".join(f",v1={_mac(secret, signed)}" for secret in secrets)
    return {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": f"t={seconds}{signatures}"}
