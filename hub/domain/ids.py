"""Ids: what they name shows in the prefix.

Ids of things that happen here (events, commands, changes) sort by age. Ids of golden things (orders, customers)
are derived from the record that they stand on, so that any arrival order and any rebuild gives the same id.
"""

import hashlib
import re
import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import NewType

OrderId = NewType("OrderId", str)
CustomerId = NewType("CustomerId", str)
EventId = NewType("EventId", str)
CommandId = NewType("CommandId", str)

_BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"
_AS_PYTHON = str.maketrans(_BASE32, "0123456789abcdefghijklmnopqrstuv")
_DIGITS = re.compile(rf"_[0-7][{_BASE32}]{{25}}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


ORDER_ID = re.compile(r"ord_[0-9a-z]{26}", re.ASCII)  # one of ours, as vendors carry it for us


def _base32(bits: int) -> str:
    return "".join(_BASE32[bits >> shift & 31] for shift in range(125, -1, -5))


def new_id(prefix: str) -> str:
    """`cmd_01k…`: 48 bits of milliseconds, then 80 random bits. No coordination, kind to an index."""
    return f"{prefix}_{_base32((time.time_ns() // 1_000_000) << 80 | secrets.randbits(80))}"


def derived_id(prefix: str, *parts: str) -> str:
    """The same parts give the same id, in every process and after every rebuild."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return f"{prefix}_{_base32(int.from_bytes(digest[:16], 'big'))}"


def bits(id: str) -> int:
    """The 128 bits of an id of ours; 0 for what is none."""
    digits = id[-27:]
    return int(digits[1:].translate(_AS_PYTHON), 32) if _DIGITS.fullmatch(digits) else 0


def made_at(id: str) -> datetime:
    """When `new_id` made it."""
    return _EPOCH + timedelta(milliseconds=bits(id) >> 80)


def first_id(prefix: str, at: datetime) -> str:
    """No id that `new_id` made at `at` or later sorts before it."""
    return f"{prefix}_{_base32((at - _EPOCH) // timedelta(milliseconds=1) << 80)}"
