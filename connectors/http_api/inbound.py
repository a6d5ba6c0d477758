"""Deliveries: proved by the scheme of the settings, cut into events by their expressions."""

import base64
import binascii
import hashlib
import hmac
import secrets as randomness
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.http_api.language import Expression, Unfit, decode, encode, text_of, time_of
from connectors.http_api.settings import HttpSettings
from connectors.http_api.webhooks import HttpWebhook, standard_key
from hub.connector import Event, Incoming
from hub.domain.errors import Forged, Malformed

THIN = "changed:"  # before the kind of a thin event
UNNAMED = "unnamed"  # the kind of what does not say what it is
_LONGEST = 120
_DIGESTS = {"hmac-sha256-hex": "sha256", "hmac-sha256-base64": "sha256", "hmac-sha1-hex": "sha1"}


def verify(incoming: Incoming, secrets: Sequence[str], settings: HttpSettings, now: datetime) -> None:
    webhook = settings.webhook
    match webhook.scheme:
        case None:
            raise Forged("this connection takes no webhooks")
        case "none":
            return
        case "bearer" | "basic":
            _token(incoming, secrets, webhook)
        case "standard-webhooks":
            _standard(incoming, secrets, webhook, now)
        case _:
            _hmac(incoming, secrets, webhook, now)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def expected_token(webhook: HttpWebhook, secret: str) -> str:
    """What the header holds: `Bearer <secret>`; `Basic <base64 of the secret>`, which is user:password; the bare
    secret where the header is one of the system's own."""
    if webhook.header and webhook.header != "authorization":
        return f"{webhook.prefix}{secret}"
    if webhook.scheme == "basic":
        return f"Basic {base64.b64encode(secret.encode()).decode()}"
    return f"{webhook.prefix or 'Bearer '}{secret}"


def _token(incoming: Incoming, secrets: Sequence[str], webhook: HttpWebhook) -> None:
    given = _bytes(incoming.headers.get(webhook.header or "authorization", ""))
    if not any(hmac.compare_digest(_bytes(expected_token(webhook, secret)), given) for secret in secrets):
        raise Forged(f"{webhook.header or 'authorization'} is not theirs")


def _on_time(stamp: str, webhook: HttpWebhook, now: datetime) -> None:
    try:
        at = time_of(stamp)
    except (ValueError, OverflowError, ArithmeticError) as fault:
        raise Forged("the timestamp is no time") from fault
    if abs(now - at) > webhook.tolerance:
        raise Forged(f"signed at {stamp[:40]}, which is too far from now")


def _standard(incoming: Incoming, secrets: Sequence[str], webhook: HttpWebhook, now: datetime) -> None:
    """standardwebhooks.com: HMAC-SHA256 over id, time and body; several signatures while a key is replaced."""
    name, stamp, given = (incoming.headers.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature"))
    if not (name and stamp and given):
        raise Forged("not signed")
    offered = [_bytes(each.removeprefix("v1,")) for each in given.split(" ") if each.startswith("v1,")]
    content = b".".join((_bytes(name), _bytes(stamp), incoming.body))
    wanted = [_standard_signature(secret, content) for secret in secrets]
    if not any(hmac.compare_digest(one, other) for one in wanted for other in offered):
        raise Forged("webhook-signature is not theirs")
    _on_time(stamp, webhook, now)


def _standard_signature(secret: str, content: bytes) -> bytes:
    try:
        key = standard_key(secret)
    except ValueError as fault:
        raise Forged("a secret is not one of Standard Webhooks") from fault
    return base64.b64encode(hmac.digest(key, content, "sha256"))


def _hmac(incoming: Incoming, secrets: Sequence[str], webhook: HttpWebhook, now: datetime) -> None:
    given = incoming.headers.get(webhook.header, "")
    if not given.startswith(webhook.prefix) or given == webhook.prefix:
        raise Forged(f"{webhook.header} is missing, or does not begin as it should")
    offered = _bytes(given.removeprefix(webhook.prefix))
    if webhook.scheme != "hmac-sha256-base64":
        offered = offered.lower()
    stamp = incoming.headers.get(webhook.timestamp_header, "") if webhook.timestamp_header else ""
    name = incoming.headers.get(webhook.id_header, "") if webhook.id_header else ""
    wanted = [_signature(webhook, secret, incoming.body, stamp, name) for secret in secrets]
    if not any(hmac.compare_digest(each, offered) for each in wanted):
        raise Forged(f"{webhook.header} does not match")
    if webhook.timestamp_header:
        _on_time(stamp, webhook, now)


def _signature(webhook: HttpWebhook, secret: str, body: bytes, stamp: str, id: str) -> bytes:
    """The places are filled one by one, so that a body with braces in it stays as it is."""
    before, _, after = webhook.signed.partition("{body}")
    told = [part.replace("{timestamp}", stamp).replace("{id}", id) for part in (before, after)]
    digest = hmac.digest(secret.encode(), _bytes(told[0]) + body + _bytes(told[1]), _DIGESTS[str(webhook.scheme)])
    return base64.b64encode(digest) if webhook.scheme == "hmac-sha256-base64" else binascii.hexlify(digest)


# ----------------------------------------------------------------------------------------------------------- events


def events(incoming: Incoming, settings: HttpSettings) -> Sequence[Event]:
    webhook = settings.webhook
    try:
        body = decode(incoming.body)
    except ValueError as fault:
        raise Malformed(f"not JSON: {fault}") from fault
    items = webhook.expression("items")
    if items is None:
        return [_event(incoming, webhook, body, incoming.body, 0)]
    found = _found(items, body)
    several = found if isinstance(found, list) else [found]
    return [_event(incoming, webhook, item, encode(item), place, body) for place, item in enumerate(several)]


def _event(incoming: Incoming, webhook: HttpWebhook, item: Any, body: bytes, place: int, root: Any = None) -> Event:
    own = item if isinstance(item, dict) else {"_item": item}
    given = {**own, "_headers": incoming.headers, "_root": item if root is None else root}
    word = _found(webhook.expression("kind"), given)
    kind = kind_of(webhook, word)
    at = _found(webhook.expression("at"), given)
    try:
        said_at = time_of(at) if at is not None else None
    except ValueError:
        said_at = None
    return Event(
        kind=f"{THIN}{kind}" if webhook.thin else kind,
        body=body,
        key=_key(incoming, webhook, given, kind, body, place),
        at=said_at,
        about=_about(webhook, given),
    )


def _about(webhook: HttpWebhook, given: Any) -> str:
    """The thing, where a thin event names it."""
    told = _found(webhook.expression("id"), given)
    return text_of(told) if isinstance(told, str | int) and not isinstance(told, bool) else ""


def kind_of(webhook: HttpWebhook, word: Any) -> str:
    """Our kind for the system's word; the word itself where the table does not know it: it is then ignored by name."""
    if not isinstance(word, str) or not (word := text_of(word)).strip():
        return UNNAMED
    found = webhook.kinds.get(word)
    if found is None and webhook.kinds:
        return f"{word[:_LONGEST]} (not in kinds)"
    return found or word[:_LONGEST]


def _found(expression: Expression | None, given: Any) -> Any:
    """Null where they do not fit: a delivery that is signed is kept, and told as what it is."""
    try:
        return expression(given) if expression is not None else None
    except Unfit:
        return None


def _key(incoming: Incoming, webhook: HttpWebhook, given: Any, kind: str, body: bytes, place: int) -> str:
    """What is signed, as far as it names the delivery. A thin word without any such thing is new each time: asking
    once more harms nobody, and not asking would miss a change."""
    named = _found(webhook.expression("key"), given)
    if isinstance(named, str | int) and not isinstance(named, bool) and webhook.scheme != "none":
        return f"{kind}:{text_of(named)}:{place}"
    headers = {"webhook-id"} if webhook.scheme == "standard-webhooks" else {webhook.timestamp_header, webhook.id_header}
    told = [incoming.headers.get(name, "") for name in sorted(headers) if name]
    if webhook.thin and not any(told):
        return randomness.token_hex(20)
    if webhook.scheme == "standard-webhooks":
        return f"{told[0]}:{place}"
    # A sender that tries again signs anew, with a new time: a whole thing is known by itself.
    known = [*told, kind] if webhook.thin else [kind]
    return hashlib.sha256("\0".join(known).encode("utf-8", "replace") + b"\0" + body).hexdigest()


# ------------------------------------------------------------------------------------------------------------- sign


def sign(settings: HttpSettings, _kind: str, body: bytes, now: datetime) -> Mapping[str, str]:
    """As the system would, with our newest secret."""
    webhook = settings.webhook
    if webhook.scheme in (None, "none"):
        return {}
    secret = webhook.secrets[0].get_secret_value()
    stamp, name = str(int(now.timestamp())), f"msg_{hashlib.sha256(body).hexdigest()[:24]}"
    if webhook.scheme in ("bearer", "basic"):
        return {webhook.header or "authorization": expected_token(webhook, secret)}
    if webhook.scheme == "standard-webhooks":
        signature = _standard_signature(secret, b".".join((name.encode(), stamp.encode(), body))).decode()
        return {"webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": f"v1,{signature}"}
    extra = {webhook.timestamp_header: stamp, webhook.id_header: name}
    signature = _signature(webhook, secret, body, stamp, name).decode()
    return {webhook.header: webhook.prefix + signature} | {header: value for header, value in extra.items() if header}
