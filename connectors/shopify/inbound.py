"""Webhooks: proof, names, and the headers of a genuine delivery.

Shopify signs the raw body with the app's secret, and nothing else: topic, shop, ids and times are unsigned headers
(shopify.dev/docs/apps/build/webhooks/verify-deliveries). So

- the key of an event is bound to a digest of the body, and readers check that a body is of the kind its topic says;
- `X-Shopify-Triggered-At` says nothing about freshness: whoever replays a body can set it to now. A replay is harmless
  for another reason: its records carry the version that the signed body says, and an old one replaces nothing.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from connectors.shopify.recognise import kind_of
from connectors.shopify.settings import ShopifySettings
from hub.connector import Event, Incoming
from hub.domain.clock import parse_time, rfc3339
from hub.domain.errors import Forged, Malformed

_TOPIC = re.compile(r"[a-z0-9_.]+/[a-z0-9_]+|[a-z0-9_]+\.[a-z0-9_]+", re.ASCII)
_LONGEST_ID = 100  # of an event id that we keep as it is; genuine ones are UUIDs


def verify(incoming: Incoming, secrets: Sequence[str], settings: ShopifySettings, _now: datetime) -> None:
    """The clock proves nothing here (see above). All secrets are tried: after a change, old ones sign for an hour."""
    try:
        said = _header(incoming.headers, "hmac-sha256").encode("ascii")
    except UnicodeEncodeError:
        raise Forged("the signature is not base64") from None
    if not any(hmac.compare_digest(said, _signature(incoming.body, secret)) for secret in secrets):
        raise Forged("the signature does not fit the body")
    if _header(incoming.headers, "shop-domain").lower() != settings.shop:
        raise Forged(f"not from {settings.shop}")
    try:
        incoming.body.decode()  # msgspec does not look into the strings of what it hands on raw
        msgspec.json.decode(incoming.body, type=dict[str, msgspec.Raw])
    except (ValueError, RecursionError):
        raise Malformed("not a JSON object") from None


def events(incoming: Incoming, _: ShopifySettings) -> Sequence[Event]:
    """One body is one event. One action of a merchant may send several topics under one event id."""
    topic = _header(incoming.headers, "topic")
    if len(topic) > _LONGEST_ID or not _TOPIC.fullmatch(topic):
        topic = kind_of(incoming.body)
    event_id = _header(incoming.headers, "event-id") or _header(incoming.headers, "webhook-id")
    if len(event_id) > _LONGEST_ID:
        event_id = hashlib.sha256(event_id.encode()).hexdigest()
    digest = hashlib.sha256(incoming.body).hexdigest()[:16]
    return [
        Event(
            kind=topic,
            body=incoming.body,
            key=f"{topic}:{event_id}:{digest}",
            at=_triggered_at(incoming),
            about=_about(topic, incoming.body),
        )
    ]


class _Ids(msgspec.Struct):
    id: int | str | None = None
    order_id: int | str | None = None


_ids = msgspec.json.Decoder(_Ids).decode


def _about(topic: str, body: bytes) -> str:
    """The order, of which refunds, payments and parcels name the id; otherwise the thing itself."""
    try:
        told = _ids(body)
    except (ValueError, RecursionError):
        return ""
    if told.order_id is not None:
        return f"orders {told.order_id}"
    return "" if told.id is None else f"{topic.partition('/')[0]} {told.id}"


def sign(settings: ShopifySettings, kind: str, body: bytes, now: datetime) -> Mapping[str, str]:
    """The same body at the same time is the same delivery."""
    secret = settings.webhook.secrets[0].get_secret_value() if settings.webhook.secrets else ""
    return headers_of(secret, settings.shop, settings.api_version, kind, body, now)


def headers_of(
    secret: str, shop: str, api_version: str, topic: str, body: bytes, now: datetime, event_id: str = ""
) -> dict[str, str]:
    digest = hashlib.sha256(b"\0".join([topic.encode(), rfc3339(now).encode(), body])).hexdigest()
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": _signature(body, secret).decode(),
        "X-Shopify-Shop-Domain": shop,
        "X-Shopify-API-Version": api_version,
        "X-Shopify-Webhook-Id": _uuid(digest),
        "X-Shopify-Event-Id": event_id or _uuid(digest[32:]),
        "X-Shopify-Triggered-At": rfc3339(now),
    }


def _uuid(digest: str) -> str:
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"


def _signature(body: bytes, secret: str) -> bytes:
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256"))


def _header(headers: Mapping[str, str], name: str) -> str:
    """Newer deliveries leave the `X-` out; the vendor's own libraries take both."""
    return headers.get(f"x-shopify-{name}", "") or headers.get(f"shopify-{name}", "")


def _triggered_at(incoming: Incoming) -> datetime | None:
    try:
        return parse_time(_header(incoming.headers, "triggered-at"))
    except (ValueError, OverflowError):
        return None
