"""OAuth 2 tokens: between the way out, which uses them, and the store, which keeps them sealed."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at: datetime | None  # of the access token; None: the vendor does not say
    # Digests of the first refresh tokens (from the settings) that this chain and the ones before it began with.
    origins: tuple[str, ...] = ()
    generation: int = 0  # counted by the store: grows with each refresh
