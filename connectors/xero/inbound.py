"""Webhooks: thin, signed by HMAC-SHA256 of the raw body under the webhook's key, in base64.

Before Xero sends anything it tests the address with an "intent to receive": no events, signed rightly and wrongly by
turns, to be answered 200 and 401, with an empty body and no cookies (developer.xero.com/documentation/webhooks). No
time is signed: freshness is not checked, repeats are told by their key. Events have no id of their own.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from connectors.xero.settings import XeroSettings
from hub.connector import Event, Incoming
from hub.domain.errors import Forged, Malformed
from hub.domain.ids import derived_id

SIGNATURE = "x-xero-signature"


class Notice(msgspec.Struct, frozen=True):
    """What changed. A credit note's says of which type it is; nothing else is told."""

    resource: str = msgspec.field(name="resourceId")
    at: str = msgspec.field(name="eventDateUtc")
    type: str = msgspec.field(name="eventType")
    category: str = msgspec.field(name="eventCategory")
    tenant: str = msgspec.field(name="tenantId")
    data: dict[str, Any] | None = None


class Delivery(msgspec.Struct, frozen=True):
    events: list[msgspec.Raw]
    first: int = msgspec.field(name="firstEventSequence", default=0)


def signature(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def verify(incoming: Incoming, secrets: Sequence[str], _settings: Any, _now: datetime) -> None:
    given = incoming.headers.get(SIGNATURE, "").encode("utf-8", "surrogatepass")
    # All secrets are tried, so that the time taken does not tell which one was right.
    good = [hmac.compare_digest(signature(secret, incoming.body).encode(), given) for secret in secrets if secret]
    if not any(good):
        raise Forged(f"{SIGNATURE} is not ours" if given else f"no {SIGNATURE}")


def sign(settings: XeroSettings, _url: str, body: bytes, _now: datetime) -> Mapping[str, str]:
    headers = {"content-type": "application/json"}
    secrets = settings.webhook.secrets
    return headers | {SIGNATURE: signature(secrets[0].get_secret_value(), body)} if secrets else headers


def events(incoming: Incoming, _settings: Any) -> Sequence[Event]:
    """One event per changed object; none of an intent to receive."""
    try:
        return split(incoming.body)
    except (ValueError, RecursionError) as fault:
        raise Malformed(f"not JSON: {fault}") from fault


def split(body: bytes) -> list[Event]:
    """Each event wrapped again in the vendor's own form, with its number, so that it can be read and replayed alone.

    Raises `ValueError` when it is not JSON; JSON of another form is one event, for the reader to refuse.
    """
    body.decode()  # msgspec does not look into the strings of what it hands on raw
    try:
        delivery = msgspec.json.decode(body, type=Delivery)
    except msgspec.ValidationError:
        return [_odd(body)]  # JSON, but of another form
    return [_event(bytes(raw), delivery.first + index) for index, raw in enumerate(delivery.events)]


def _event(raw: bytes, number: int) -> Event:
    alone = b'{"events":[%b],"firstEventSequence":%d,"lastEventSequence":%d}' % (raw, number, number)
    try:
        said = msgspec.json.decode(raw, type=Notice)
    except msgspec.ValidationError:
        return _odd(alone)
    # The number is left out: nothing promises that a repeat comes with the same one.
    facts = (said.tenant, said.category, said.resource, said.at, said.type)
    return Event(kind="notice", body=alone, key=derived_id("xe", *facts), about=f"{said.category} {said.resource}")


def _odd(body: bytes) -> Event:
    return Event(kind="notice", body=body, key="odd_" + hashlib.sha256(body).hexdigest())
