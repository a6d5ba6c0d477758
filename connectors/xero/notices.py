"""What a webhook's item says: which object to fetch. Nothing is ever told to be gone: all of it stays readable."""

from collections.abc import Iterable

import msgspec

from connectors.xero.inbound import Delivery, Notice
from connectors.xero.wire import uuid
from hub.connector import Faulty, Hint, Ignored, Reading
from hub.domain.errors import Unreadable

_KINDS = {"INVOICE": "invoice", "CREDITNOTE": "creditnote", "CONTACT": "contact"}


def read_notice(reading: Reading, body: bytes) -> Iterable[Hint | Ignored | Faulty]:
    try:
        items = msgspec.json.decode(body, type=Delivery).events
    except (ValueError, RecursionError) as fault:
        raise Unreadable(f"$: {fault}") from fault
    if not items:
        return [Ignored(reason="an intent to receive: Xero tries the address")]
    return [_said(reading, bytes(item), f"$.events[{index}]") for index, item in enumerate(items)]


def _said(reading: Reading, item: bytes, path: str) -> Hint | Ignored | Faulty:
    try:
        said = msgspec.json.decode(item, type=Notice)
        ours = getattr(reading.settings, "tenant_id", "")  # none where a body is read without a connection
        if ours and said.tenant.lower() != ours:
            return Ignored(reason=f"of tenant {said.tenant[:36]}, not of ours")
        kind = _KINDS.get(said.category)
        if kind is None:
            return Ignored(reason=f"{said.category[:40]}: of no use to an order")
        if (said.data or {}).get("Type") == "ACCPAYCREDIT":
            return Ignored(reason="ACCPAYCREDIT: a supplier's credit note")
        return Hint(kind=kind, external_id=uuid(said.resource))
    except (ValueError, RecursionError) as fault:
        return Faulty(path=f"{path}: {fault}")
