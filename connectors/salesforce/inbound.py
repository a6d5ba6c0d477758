"""Outbound messages: SOAP with up to 100 notifications of one type of object, told by a workflow rule or a flow.

Nothing in them is signed (developer.salesforce.com, "Understanding Outbound Messaging"), so their proof is a secret of
ours in the address that they were given, `?key=…`, and the org that they name. What else they say is not believed: each
notification is a hint, and the object is fetched. Their session id is never asked for, and never kept.
"""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.etree.ElementTree import Element

import msgspec
from defusedxml.ElementTree import fromstring

from hub.connector import Event, Incoming
from hub.domain.errors import Forged, Malformed

KEY = "key"  # of the query
HEADER = "x-orderhub-key"  # for whoever can send headers: `hub trigger`, an HTTP callout of a flow
_SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
_OUTBOUND = "{http://soap.sforce.com/2005/09/outbound}"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"

ANSWER = (
    "text/xml",
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>'
    b"</soapenv:Body></soapenv:Envelope>",
)
"""The whole message is acknowledged or none of it: it is answered once all of it is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One notification. `id` is the same when it comes again."""

    id: str
    type: str
    object_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    organization_id: str
    told: Sequence[Told]


def verify(incoming: Incoming, secrets: Sequence[str], settings: Any, _now: datetime) -> None:
    """Constant in time for all secrets. A body that is no message is left for `events` to refuse."""
    given = _given(incoming).encode("utf-8", "surrogatepass")
    good = [hmac.compare_digest(secret.encode(), given) for secret in secrets if secret]
    if not given or not any(good):
        raise Forged(f"neither ?{KEY}= nor {HEADER} is ours")
    if settings is None:
        return
    try:
        message = parse(incoming.body)
    except Malformed:
        return
    if message.organization_id[:15] != settings.organization_id[:15]:
        raise Forged(f"of the org {message.organization_id[:18]!r}, not of ours")


def _given(incoming: Incoming) -> str:
    try:
        found = dict(parse_qsl(urlsplit(incoming.url).query, max_num_fields=20))
    except ValueError:
        found = {}
    return found.get(KEY) or incoming.headers.get(HEADER, "")


def sign(settings: Any, _kind: str, _body: bytes, _now: datetime) -> Mapping[str, str]:
    headers = {"content-type": "text/xml; charset=utf-8"}
    if not settings.webhook.secrets:
        return headers
    return headers | {HEADER: settings.webhook.secrets[0].get_secret_value()}


def events(incoming: Incoming, _settings: Any) -> Sequence[Event]:
    return split(incoming.body)


def split(body: bytes) -> list[Event]:
    """One event per notification, with nothing but ids in it. Raises `Malformed`."""
    message = parse(body)
    return [
        Event(
            kind="notification",
            body=msgspec.json.encode(
                {"OrganizationId": message.organization_id, "Type": told.type, "ObjectId": told.object_id}
            ),
            key=f"sf_{told.id}",
        )
        for told in message.told
    ]


def parse(body: bytes) -> Message:
    """No entity, no document type: defusedxml refuses them. Raises `Malformed`."""
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    # SyntaxError: ElementTree's own; LookupError: an encoding that nobody knows.
    except (SyntaxError, ValueError, LookupError) as fault:
        raise Malformed(f"not XML that is taken: {type(fault).__name__}: {fault}") from fault
    notifications = root.find(f"{_SOAP}Body/{_OUTBOUND}notifications")
    if root.tag != f"{_SOAP}Envelope" or notifications is None:
        raise Malformed("no outbound message: expected Envelope/Body/notifications")
    return Message(
        organization_id=_text(notifications, "OrganizationId"),
        told=tuple(_told(notifications)),
    )


def _told(notifications: Element) -> Iterator[Told]:
    for number, each in enumerate(notifications.findall(f"{_OUTBOUND}Notification")):
        thing = each.find(f"{_OUTBOUND}sObject")
        if thing is None:
            raise Malformed(f"Notification[{number}]: expected an sObject")
        # `sf:Contact`; its fields are in a namespace that differs between the enterprise and other descriptions.
        object_id = next((child.text or "" for child in thing if child.tag.rpartition("}")[2] == "Id"), "")
        kind = thing.get(_TYPE, "").rpartition(":")[2]
        yield Told(id=_text(each, "Id"), type=kind, object_id=object_id.strip())


def _text(element: Element, name: str) -> str:
    found = (element.findtext(f"{_OUTBOUND}{name}") or "").strip()
    if not found.isascii() or not found.isalnum() or len(found) > 18:
        raise Malformed(f"{name}: expected an id, found {found[:40]!r}")
    return found
