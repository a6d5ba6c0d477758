"""Twilio's webhooks: form posts, signed over address and fields (twilio.com/docs/usage/security).

A signature carries no time, so a copy of a delivery verifies for ever. Its event key names message and status, so it
is the same event. A status never goes back (`connectors.twilio.read`).
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit, urlunsplit

import msgspec

from hub.connector import Event, Incoming
from hub.domain.errors import Forged

HEADER = "x-twilio-signature"
STATUS, ANSWERED, OTHER = "status", "inbound", "other"
ANSWER = ("text/xml", b"<Response/>")  # to a message of a person: no answer by SMS
_PORTS = {"https": 443, "http": 80}


def verify(incoming: Incoming, secrets: Sequence[str], _settings: Any, _now: datetime) -> None:
    given = incoming.headers.get(HEADER, "").encode("utf-8", "replace")
    if not _body_is_named(incoming):
        raise Forged("bodySHA256 is not the body's")
    is_json = _named_digest(incoming) is not None
    for secret in secrets:
        for url in _spellings(incoming.url):
            if hmac.compare_digest(_signature(secret, url, incoming.body, is_json), given):
                return
    raise Forged(f"{HEADER} does not match")


def _signature(secret: str, url: str, body: bytes, is_json: bool) -> bytes:
    fields = "" if is_json else "".join(f"{name}{value}" for name, value in sorted(set(_form(body))))
    return base64.b64encode(hmac.new(secret.encode(), (url + fields).encode("utf-8", "replace"), hashlib.sha1).digest())


def _form(body: bytes) -> list[tuple[str, str]]:
    return parse_qsl(body.decode("utf-8", "surrogateescape"), keep_blank_values=True, encoding="utf-8")


def _spellings(url: str) -> list[str]:
    """With and without the port: Twilio signs either (twilio-python, `RequestValidator.validate`)."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        return [url]
    host = parts.netloc.rpartition(":")[0] if port else parts.netloc
    with_port = f"{host}:{port or _PORTS.get(parts.scheme, 443)}"
    return [urlunsplit(parts._replace(netloc=netloc)) for netloc in (with_port, host)]


def _named_digest(incoming: Incoming) -> str | None:
    """Only addresses of JSON bodies have one."""
    return parse_qs(urlsplit(incoming.url).query).get("bodySHA256", [None])[0]


def _body_is_named(incoming: Incoming) -> bool:
    """JSON bodies are not in the signature: their digest is, as a part of the address."""
    named = _named_digest(incoming)
    if named is None:
        return True
    return hmac.compare_digest(hashlib.sha256(incoming.body).hexdigest().encode(), named.encode("utf-8", "replace"))


def events(incoming: Incoming, _settings: Any) -> list[Event]:
    """The status of a message of ours carries in its address what we wrote there: order, occasion and time."""
    form = dict(_form(incoming.body))
    said = dict(parse_qsl(urlsplit(incoming.url).query))
    sid, status = form.get("MessageSid", ""), form.get("MessageStatus", "")
    if sid and status:
        body = msgspec.json.encode({"form": _clean(form), "url": _clean(said)})
        return [Event(kind=STATUS, body=body, key=f"{sid}:{status}"[:200])]
    if sid and "Body" in form:
        return [Event(kind=ANSWERED, body=msgspec.json.encode({"MessageSid": sid}), key=f"{sid}:inbound"[:200])]
    digest = hashlib.sha256(incoming.url.encode("utf-8", "replace") + b"\0" + incoming.body).hexdigest()
    return [Event(kind=OTHER, body=incoming.body, key=digest)]


def _clean(fields: Mapping[str, str]) -> dict[str, str]:
    """Bytes that are no UTF-8 came through as lone surrogates: JSON has no place for them."""
    return {_plain(name): _plain(value) for name, value in fields.items()}


def _plain(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def sign(settings: Any, _kind: str, body: bytes, _now: datetime) -> dict[str, str]:
    secret = settings.webhook.secrets[0].get_secret_value()
    return {"X-Twilio-Signature": signature(secret, settings.callback_url or "", body)}


def signature(secret: str, url: str, body: bytes) -> str:
    """As Twilio signs a form post to this address."""
    return _signature(secret, url, body, is_json=False).decode()
