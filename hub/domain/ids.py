"""Ids: what they name shows in the prefix.

Ids of things that happen here (events, commands, changes) sort by age. Ids of golden things (orders, customers)
are derived from the record that they stand on, so that any arrival order and any rebuild gives the same id.
"""

import hashlib
import re
import secrets
import time
from typing import NewType

OrderId = NewType("OrderId", str)
CustomerId = NewType("CustomerId", str)
EventId = NewType("EventId", str)
CommandId = NewType("CommandId", str)

_BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"


ORDER_ID = re.compile(r"ord_[0-9a-z]{26}", re.ASCII)  # one of ours, as vendors carry it for us


_PAIRS = [one + other for one in _BASE32 for other in _BASE32]
_newest = 0


def _base32(bits: int) -> str:
    return "".join([_PAIRS[bits >> shift & 1023] for shift in range(120, -1, -10)])


def new_id(prefix: str) -> str:
    """`cmd_01k…`: 48 bits of milliseconds, then 80 random bits. No coordination, kind to an index.

    One process makes them in rising order, also within a millisecond and when its clock is set back: events are
    applied in the order of their ids.
    """
    global _newest
    bits = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    if bits <= _newest:
        bits = _newest + 1 + secrets.randbits(40)
    _newest = bits
    return f"{prefix}_{_base32(bits)}"


def derived_id(prefix: str, *parts: str) -> str:
    """The same parts give the same id, in every process and after every rebuild."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return f"{prefix}_{_base32(int.from_bytes(digest[:16], 'big'))}"
