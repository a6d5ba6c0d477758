"""Vendors' public keys and certificates, which some webhooks need to be proved: fetched, kept, fetched anew.

Whoever posts to the door makes it look here before anything is proved. So an address is asked for at most once a
minute, one caller for all, and one that does not answer at most every few seconds; a look that finds nothing takes away
nothing that was found before; and no more than so many addresses are remembered.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import httpx

from hub.domain.clock import Clock
from hub.domain.errors import Forged, TryLater
from hub.options import exact_url
from hub.transport.body import TooBig
from hub.transport.exchange import exchange
from hub.transport.faults import Lost, NotSent, Unsendable
from hub.transport.inner import fast

T = TypeVar("T")

_LIVES = timedelta(days=1)
_PAUSE = timedelta(minutes=1)
_SILENCE = timedelta(seconds=5)  # between two looks at an address that does not answer
_MOST = 64  # addresses
_BYTES = 128 * 1024
_SECONDS = 4.0  # vendors wait 3 to 10 s for the whole answer, and come again


@dataclass(slots=True)
class _Kept:
    body: bytes
    at: datetime  # of the last look
    since: datetime  # of the look that found it
    missing: str = ""  # why there is no body


class Published:
    def __init__(self, now: Clock, inner: Callable[[], httpx.AsyncBaseTransport] = fast) -> None:
        self._now = now
        self._inner = inner
        self._transport: httpx.AsyncBaseTransport | None = None
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._silent: OrderedDict[str, datetime] = OrderedDict()
        self._locks: dict[str, asyncio.Lock] = {}

    async def read(self, address: str, *, anew: bool = False) -> bytes:
        """`anew`: what is kept did not do; look again, if the last look is a minute old.

        Raises `TryLater` where the vendor does not answer, so that the delivery comes again; `Forged` for an address
        that is no place for keys, or where there are none.
        """
        _require_safe(address)
        kept = self._fresh(address, anew)
        if kept is None:
            async with self._locks.setdefault(address, asyncio.Lock()):
                kept = self._fresh(address, anew)
                try:
                    if kept is None:
                        kept = self._better(address, await self._fetch(address))
                        _remember(self._kept, address, kept)
                finally:
                    self._locks.pop(address, None)
        if kept.missing:
            raise Forged(f"no keys at {address[:200]}: {kept.missing}")
        return kept.body

    async def aclose(self) -> None:
        if self._transport is not None:
            await self._transport.aclose()

    def _fresh(self, address: str, anew: bool) -> _Kept | None:
        kept = self._kept.get(address)
        if kept is None:
            return None
        if anew or kept.missing:
            return kept if self._now() - kept.at < _PAUSE else None
        return kept if self._now() - kept.since < _LIVES else None

    def _better(self, address: str, found: _Kept) -> _Kept:
        """A look that finds no keys takes none away within their day: who forges deliveries can ask for looks."""
        known = self._kept.get(address)
        if found.missing and known is not None and not known.missing and self._now() - known.since < _LIVES:
            return _Kept(known.body, self._now(), since=known.since)
        return found

    async def _fetch(self, address: str) -> _Kept:
        now = self._now()
        if (silent := self._silent.get(address)) is not None and now - silent < _SILENCE:
            raise TryLater(f"the keys at {address[:200]}: no answer a moment ago", after=silent + _SILENCE - now)
        try:
            return await self._asked(address)
        except TryLater:
            _remember(self._silent, address, self._now())
            raise

    async def _asked(self, address: str) -> _Kept:
        if self._transport is None:
            self._transport = self._inner()
        try:
            answer = await exchange(self._transport, httpx.Request("GET", address), seconds=_SECONDS, body_bytes=_BYTES)
        except (NotSent, Lost, Unsendable) as fault:
            raise TryLater(f"the keys at {address[:200]}: {fault}") from fault
        except TooBig as fault:
            return self._found(b"", missing=str(fault))
        if answer.status_code == 429 or answer.status_code >= 500:
            raise TryLater(f"the keys at {address[:200]}: {answer.status_code}")
        if answer.status_code != 200:
            return self._found(b"", missing=str(answer.status_code))
        return self._found(answer.content)

    def _found(self, body: bytes, missing: str = "") -> _Kept:
        return _Kept(body, self._now(), self._now(), missing)


def _remember(kept: OrderedDict[str, T], address: str, what: T) -> None:
    kept[address] = what
    kept.move_to_end(address)
    while len(kept) > _MOST:
        kept.popitem(last=False)


def _require_safe(address: str) -> None:
    try:
        exact_url(address)
    except ValueError as fault:
        raise Forged(f"keys are not fetched from {address[:200]}: {fault}") from None
