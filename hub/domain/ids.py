"""Ids: what they name shows in the prefix.

Ids of things that happen here (events, commands, changes) sort by age. Ids of golden things (orders, customers)
are derived from the record that they stand on, so that any arrival order and any rebuild gives the same id.
"""

import hashlib
import os
import re
import secrets
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import NewType

OrderId = NewType("OrderId", str)
CustomerId = NewType("CustomerId", str)
EventId = NewType("EventId", str)
CommandId = NewType("CommandId", str)

_BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [high + low for high in _BASE32 for low in _BASE32]  # ten bits at a time
_RANDOM = 80  # bits below the milliseconds
_AS_PYTHON = str.maketrans(_BASE32, "0123456789abcdefghijklmnopqrstuv")
_DIGITS = re.compile(rf"_[0-7][{_BASE32}]{{25}}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


ORDER_ID = re.compile(r"ord_[0-9a-z]{26}", re.ASCII)  # one of ours, as vendors carry it for us


def _base32(bits: int) -> str:
    return "".join([_PAIRS[bits >> shift & 1023] for shift in range(120, -1, -10)])


class _Rising:
    """Numbers of 128 bits that only rise within a process, also within a millisecond and when the clock goes back."""

    def __init__(self) -> None:
        self.anew()

    def anew(self) -> None:
        """Also in a forked process: counting on from where its parent stands would repeat the parent's ids."""
        self._last = 0
        self._lock = threading.Lock()

    def __call__(self) -> int:
        at = time.time_ns() // 1_000_000
        with self._lock:
            # ULID's rule: the first of a millisecond is drawn, the next ones count on from it.
            drawn = at > self._last >> _RANDOM
            self._last = at << _RANDOM | secrets.randbits(_RANDOM) if drawn else self._last + 1
            return self._last


_rising = _Rising()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_rising.anew)


def new_id(prefix: str) -> str:
    """`cmd_01k…`: 48 bits of milliseconds, then 80 that begin at random. No coordination, kind to an index.

    A process's ids sort in the order in which it made them, so events are applied in the order received.
    """
    return f"{prefix}_{_base32(_rising())}"


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
