"""The work: what the webhooks say, how they are signed, and which deliveries have to come of them.

It needs the standard library alone, since peers import it in a virtual environment of their own.
"""

import hashlib
import hmac
import json
import struct
from collections.abc import Iterator, Mapping
from itertools import chain

SECRET = b"bench-webhook-secret"
SIGNATURE = "X-Bench-Signature"  # hex of the HMAC-SHA256 of the body
PATH = "/webhooks/shop"
SINKS = ("first", "second")  # each is told of every revision of every order
CALL = "/orders"  # where a sink is told: POST, JSON of `order` and `revision`, an Idempotency-Key
_REPEATED = 20  # every so many events one is sent twice …
_LATER = 10  # … the second time so many requests after the first
_FRESH = 0.8  # of the events tell of a new order, the rest of what became of one

Delivery = tuple[str, str, int]  # sink, order, revision


def events(amount: int, name: str) -> list[tuple[str, int]]:
    """(order, revision): one order in four is told of twice, the second time much later."""
    orders = int(amount * _FRESH)
    return [(f"{name}-{at % orders:06d}", at // orders + 1) for at in range(amount)]


def deliveries(amount: int, name: str) -> set[Delivery]:
    return {(sink, order, revision) for order, revision in events(amount, name) for sink in SINKS}


def requests(amount: int, name: str) -> list[tuple[Mapping[str, str], bytes]]:
    """Headers and bodies in the order of sending. One event in twenty comes again a little later."""
    signed = [_signed(body(order, revision)) for order, revision in events(amount, name)]
    again = [(at + _LATER + 0.5, signed[at]) for at in range(0, amount, _REPEATED)]
    return [each for _, each in sorted(chain(enumerate(signed), again), key=lambda placed: placed[0])]


def _signed(said: bytes) -> tuple[Mapping[str, str], bytes]:
    return {"Content-Type": "application/json", SIGNATURE: signature(said)}, said


def signature(said: bytes) -> str:
    return hmac.new(SECRET, said, hashlib.sha256).hexdigest()


def is_genuine(said: bytes, given: str) -> bool:
    return hmac.compare_digest(signature(said).encode(), given.encode("latin-1", "replace"))


def body(order: str, revision: int) -> bytes:
    """About 2 KB, as a store would say it. Amounts are in minor units."""
    seed = hashlib.sha256(f"{order}/{revision}".encode()).digest()
    amounts = [1000 + each % 9000 for each in struct.unpack_from(">3H", seed)]
    address = {
        "name": "Ada Example",
        "company": "Example and Daughters Limited",
        "line1": "1 Example Street, second floor, the door on the left",
        "line2": "",
        "city": "Berlin",
        "region": "BE",
        "postal_code": "10115",
        "country": "DE",
        "phone": "+49 30 000000",
    }
    said = {
        "id": f"evt_{order}_{revision}",
        "type": "order.updated" if revision > 1 else "order.created",
        "created_at": "2026-11-01T08:00:00Z",
        "order": {
            "number": order,
            "revision": revision,
            "created_at": "2026-11-01T08:00:00Z",
            "updated_at": f"2026-11-01T08:{revision % 60:02d}:00Z",
            "currency": "EUR",
            "total": sum(amounts),
            "customer": {"email": f"buyer-{order}@example.com", "name": "Ada Example"},
            "lines": [
                {
                    "id": f"{order}-{place}",
                    "sku": f"SKU-{seed[place]:03d}-{place}",
                    "title": f"Thing number {place} of the many that this shop has on its shelves",
                    "quantity": 1,
                    "unit_price": amount,
                    "total": amount,
                    "attributes": {"colour": "blue", "size": "M", "engraving": "with love", "gift": False},
                }
                for place, amount in enumerate(amounts)
            ],
            "shipping_address": address,
            "billing_address": address,
            "note": "Please leave it with the neighbours where nobody opens. " * 3,
        },
    }
    return json.dumps(said).encode()


def found(ledger: Iterator[tuple[Delivery, Mapping[str, int]]], wanted: set[Delivery]) -> dict[str, int]:
    """What a sink's ledger proves: each delivery by its idempotency keys, and how often each key came."""
    seen, doubled, repeated, strange = 0, 0, 0, 0
    for delivery, keys in ledger:
        seen += delivery in wanted
        strange += delivery not in wanted
        doubled += len(keys) > 1
        repeated += sum(keys.values()) - len(keys)
    return {"lost": len(wanted) - seen, "doubled": doubled, "repeated": repeated, "strange": strange}
