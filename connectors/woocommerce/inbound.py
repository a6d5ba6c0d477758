"""Webhooks: proof, names, and the headers of a genuine delivery.

WooCommerce signs the raw body with the webhook's secret, and nothing else: `WC_Webhook::generate_signature` in the
vendor's source. Topic, webhook id and delivery id are unsigned headers. So

- what a body is, its own fields say; the topic only tells which kind of thing a deletion (`{"id": n}`) is about;
- the key of an event is the webhook, the resource, its own time of change and a digest of the body. The delivery id is
  no key: it is a hash of the webhook and the second, and two orders of one second share it.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from connectors.woocommerce.recognise import kind_of
from connectors.woocommerce.settings import WooCommerceSettings
from hub.connector import Event, Incoming
from hub.domain.errors import Forged, Malformed

_TOPIC = re.compile(r"[a-z0-9_-]+\.[a-z0-9_.-]+", re.ASCII)
_PING = re.compile(rb"webhook_id=[0-9]{1,20}", re.ASCII)
_LONGEST = 100  # of a header that becomes part of a key
# What WordPress's `wp_specialchars_decode(…, ENT_QUOTES)` takes for an escaped character, and what it is.
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|#0*(?:34|38|39|60|62)|#[xX]0*2[267]);")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"'}


class _Id(msgspec.Struct):
    id: int | str | None = None
    date_modified_gmt: str | None = None


def is_ping(incoming: Incoming) -> bool:
    """The form `webhook_id=N`, without signature: sent once when a webhook is saved, and it has to get a 200."""
    return (
        incoming.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        and "x-wc-webhook-signature" not in incoming.headers
        and _PING.fullmatch(incoming.body.strip()) is not None
    )


def verify(incoming: Incoming, secrets: Sequence[str], _: WooCommerceSettings, _now: datetime) -> None:
    """The clock proves nothing here: no time is signed. An old body carries its own old time, and replaces nothing."""
    try:
        said = incoming.headers.get("x-wc-webhook-signature", "").encode("ascii")
    except UnicodeEncodeError:
        raise Forged("the signature is not base64") from None
    if not any(hmac.compare_digest(said, _signature(incoming.body, secret)) for secret in secrets):
        raise Forged("the signature does not fit the body")
    try:
        incoming.body.decode()  # msgspec does not look into the strings of what it hands on raw
        msgspec.json.decode(incoming.body, type=dict[str, msgspec.Raw])
    except (ValueError, RecursionError):
        raise Malformed("not a JSON object") from None


def events(incoming: Incoming, _: WooCommerceSettings) -> Sequence[Event]:
    headers = incoming.headers
    topic = headers.get("x-wc-webhook-topic", "").lower()
    if len(topic) > _LONGEST or not _TOPIC.fullmatch(topic):
        topic = ""
    try:
        said = msgspec.json.decode(incoming.body, type=_Id)
    except (ValueError, RecursionError):
        said = _Id()
    # A deletion tells no time, and a thing can be deleted, restored and deleted again: there the delivery id is better
    # than nothing. A replay under a changed one only makes the hub ask once more.
    at = said.date_modified_gmt or headers.get("x-wc-webhook-delivery-id", "")
    parts = [headers.get("x-wc-webhook-id", "")[:_LONGEST], str(said.id)[:_LONGEST], at[:_LONGEST]]
    digest = hashlib.sha256(incoming.body).hexdigest()[:16]
    kind = kind_of(incoming.body, topic)
    about = "" if said.id is None else f"{kind.partition('.')[0]} {said.id}"
    return [Event(kind=kind, body=incoming.body, key=":".join([kind, *parts, digest])[:400], about=about)]


def sign(settings: WooCommerceSettings, kind: str, body: bytes, now: datetime) -> Mapping[str, str]:
    secret = settings.webhook.secrets[0].get_secret_value() if settings.webhook.secrets else ""
    return headers_of(secret, settings.store, kind if "." in kind else f"{kind}.updated", body, now)


def headers_of(secret: str, store: str, topic: str, body: bytes, now: datetime, webhook: int = 1) -> dict[str, str]:
    resource, _, event = topic.partition(".")
    delivery = hashlib.md5(f"{webhook}{int(now.timestamp())}".encode(), usedforsecurity=False).hexdigest()
    return {
        "Content-Type": "application/json",
        "X-WC-Webhook-Source": f"{store}/",
        "X-WC-Webhook-Topic": topic,
        "X-WC-Webhook-Resource": resource,
        "X-WC-Webhook-Event": event,
        "X-WC-Webhook-Signature": _signature(body, secret).decode(),
        "X-WC-Webhook-ID": str(webhook),
        "X-WC-Webhook-Delivery-ID": delivery,
    }


def _signature(body: bytes, secret: str) -> bytes:
    return base64.b64encode(hmac.new(_decoded(secret).encode(), body, hashlib.sha256).digest())


def _decoded(secret: str) -> str:
    """WordPress keeps a secret with its special characters escaped, and signs with them unescaped: once, not deeper."""
    return _ENTITY.sub(lambda found: _character(found[0][1:-1]), secret)


def _character(entity: str) -> str:
    if not entity.startswith("#"):
        return _NAMED[entity]
    digits = entity[1:]
    return chr(int(digits[1:], 16) if digits[0] in "xX" else int(digits))
