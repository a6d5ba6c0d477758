"""API keys: 256 random bits, shown once, kept as a digest. A fast hash is enough: nobody guesses 256 bits."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.domain.errors import Refused
from hub.domain.ids import new_id
from hub.store.dialects import insert
from hub.store.tables import ApiKeyRow

SCOPES = ("read", "write", "introspect", "raw", "admin")
_PREFIX = "ohk_"


@dataclass(frozen=True, slots=True)
class Holder:
    key_id: str
    name: str
    scopes: frozenset[str]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def create(connection: AsyncConnection, name: str, scopes: Sequence[str], now: datetime) -> str:
    """The key, which cannot be shown again."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise Refused(f"scopes are {', '.join(SCOPES)}; not {', '.join(unknown) or 'none'}")
    token = _PREFIX + secrets.token_urlsafe(32)
    await connection.execute(
        insert(connection.dialect.name, ApiKeyRow).values(
            id=new_id("key"),
            name=name,
            prefix=token[: len(_PREFIX) + 6],
            digest=_digest(token),
            scopes=" ".join(sorted(set(scopes))),
            created_at=now,
            revoked_at=None,
        )
    )
    return token


async def holder(connection: AsyncConnection, token: str) -> Holder | None:
    """Who holds this key; `None` where there is no such key, or no more."""
    row = (
        await connection.execute(
            select(ApiKeyRow.id, ApiKeyRow.name, ApiKeyRow.scopes).where(
                ApiKeyRow.digest == _digest(token), ApiKeyRow.revoked_at.is_(None)
            )
        )
    ).one_or_none()
    return None if row is None else Holder(row.id, row.name, frozenset(row.scopes.split()))


async def everyone(connection: AsyncConnection) -> Sequence[Any]:
    return (await connection.execute(select(ApiKeyRow.__table__).order_by(ApiKeyRow.id))).all()


async def revoke(connection: AsyncConnection, key_id: str, now: datetime) -> bool:
    done = await connection.execute(
        update(ApiKeyRow).where(ApiKeyRow.id == key_id, ApiKeyRow.revoked_at.is_(None)).values(revoked_at=now)
    )
    return bool(done.rowcount)
