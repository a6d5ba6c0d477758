"""Webhooks: thin, signed by HMAC-SHA256 of the raw body under the app's verifier token, in two forms.

The older form is `{"eventNotifications": […]}`; the newer one is a bare JSON array of CloudEvents. Intuit sends one
URL the events of all companies of an app, says that deliveries repeat and get lost, and signs no time: freshness is
not checked, repeats are told by their key.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from connectors.quickbooks import shapes
from connectors.quickbooks.settings import QuickBooksSettings
from hub.connector import Event, Incoming
from hub.domain.errors import Forged, Malformed
from hub.domain.ids import derived_id

SIGNATURE = "intuit-signature"


def signature(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def verify(incoming: Incoming, secrets: Sequence[str], _settings: Any, _now: datetime) -> None:
    given = incoming.headers.get(SIGNATURE, "").encode("utf-8", "surrogatepass")
    # All secrets are tried, so that the time taken does not tell which one was right.
    good = [hmac.compare_digest(signature(secret, incoming.body).encode(), given) for secret in secrets if secret]
    if not any(good):
        raise Forged(f"{SIGNATURE} is not ours" if given else f"no {SIGNATURE}")


def sign(settings: QuickBooksSettings, _url: str, body: bytes, _now: datetime) -> Mapping[str, str]:
    secrets = settings.webhook.secrets
    if not secrets:
        return {"content-type": "application/json"}
    return {"content-type": "application/json", SIGNATURE: signature(secrets[0].get_secret_value(), body)}


def events(incoming: Incoming, _settings: Any) -> Sequence[Event]:
    """One event per changed object; whether it is of our company and of use is for the reader to say."""
    try:
        return split(incoming.body)
    except (ValueError, RecursionError) as fault:
        raise Malformed(f"not JSON: {fault}") from fault


def split(body: bytes) -> list[Event]:
    """Raises `ValueError` when it is not JSON; JSON of another form is one event, for the reader to refuse."""
    body.decode()  # msgspec does not look into the strings of what it hands on raw
    if body.lstrip()[:1] == b"[":
        return [_cloud_event(bytes(item)) for item in msgspec.json.decode(body, type=list[msgspec.Raw])]
    try:
        notifications = msgspec.json.decode(body, type=shapes.Notifications).event_notifications
    except msgspec.ValidationError:
        return [_odd(body)]  # JSON, but of another form
    return [event for item in notifications for event in _legacy(bytes(item))]


def _cloud_event(item: bytes) -> Event:
    try:
        event = msgspec.json.decode(item, type=shapes.CloudEvent)
    except msgspec.ValidationError:
        return _odd(item)
    # The id alone would do if it is as unique as CloudEvents wants it; with the facts beside it, it need not be.
    facts = (event.id, event.source, event.type, event.intuitaccountid, event.intuitentityid, event.time)
    return Event(kind="notice", body=item, key=derived_id("ce", *facts), about=_about(event.intuitentityid))


def _legacy(item: bytes) -> list[Event]:
    """Each change wrapped again in the vendor's own form, so that it can be read and replayed by itself."""
    try:
        notification = msgspec.json.decode(item, type=shapes.Notification)
    except msgspec.ValidationError:
        return [_odd(b'{"eventNotifications":[' + item + b"]}")]
    realm = msgspec.json.encode(notification.realm_id)
    found = []
    for raw in notification.data_change_event.entities:
        inner = b'{"realmId":' + realm + b',"dataChangeEvent":{"entities":[' + bytes(raw) + b"]}}"
        alone = b'{"eventNotifications":[' + inner + b"]}"
        try:
            entity = msgspec.json.decode(raw, type=shapes.Entity)
        except msgspec.ValidationError:
            found.append(_odd(alone))
            continue
        facts = (entity.name, entity.id, entity.operation, entity.last_updated, entity.deleted_id or "")
        key = derived_id("le", notification.realm_id, *facts)
        found.append(Event(kind="notice", body=alone, key=key, about=_about(entity.id)))
    return found


def _about(entity: str) -> str:
    """Ids are counted by type of thing: that two things share a number only makes them wait for one another."""
    return f"entity {entity}" if entity else ""


def _odd(body: bytes) -> Event:
    return Event(kind="notice", body=body, key="odd_" + hashlib.sha256(body).hexdigest())
