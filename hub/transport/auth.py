"""How a call proves who we are. `oauth.py` has the kind that expires."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from hub.domain.tokens import Tokens

ANEW = 2**62  # as `seen`, above any generation: the refresher is called, whatever tokens there are

Refresher = Callable[[Tokens | None], Awaitable[Tokens]]
"""What the store holds -> what the vendor gave for it. Its generation is the store's to set."""


class TokenStore(Protocol):
    """Where tokens are kept, for all processes."""

    async def read(self, connection: str) -> Tokens | None: ...

    async def refresh(self, connection: str, seen: int, refresher: Refresher) -> Tokens:
        """Tokens of a generation above `seen` (0: none yet; `ANEW`). Calls `refresher` unless someone else was faster.

        Never do two callers, of whatever process, run a refresher for one connection at a time, and its tokens are
        committed before they are returned. Raises what the refresher raises, and `TryLater` when others take too long.
        """
        ...


@dataclass(frozen=True, slots=True)
class Proof:
    """Credentials as sent. `generation` says which, where they change."""

    headers: Mapping[str, str] = field(repr=False)
    generation: int = 0


class Auth(Protocol):
    async def proof(self, seconds: float) -> Proof:
        """Current credentials, within so many seconds. Raises `TryLater` or `NeedsAttention`."""
        ...

    async def renew(self, rejected: Proof, seconds: float) -> bool:
        """The vendor said 401 to it: are there newer ones?"""
        ...

    async def aclose(self) -> None: ...


class Fixed:
    """Credentials that do not expire."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._proof = Proof(dict(headers))

    async def proof(self, seconds: float) -> Proof:
        return self._proof

    async def renew(self, rejected: Proof, seconds: float) -> bool:
        return False

    async def aclose(self) -> None:
        """Nothing is open."""
