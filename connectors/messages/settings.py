"""Keys that every connection with messages has."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from hub.connector import ConnectionSettings
from hub.domain.order import HoldKind


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a time with its offset from UTC is expected, such as 2026-11-22T09:00:00Z")
    return at.astimezone(UTC)


def _folder(path: Path | None) -> Path | None:
    if path is not None and not path.is_dir():
        raise ValueError(f"{path} is not a folder")
    return path


class MessageSettings(ConnectionSettings):
    # What was reached before it gets no message: the first connection must not write to a year of buyers.
    start: Annotated[datetime, AfterValidator(_aware)]
    shop_name: Annotated[str, Field(min_length=1, max_length=60)]  # how the business calls itself in its messages
    templates: Annotated[Path | None, AfterValidator(_folder)] = (
        None  # own templates, looked at before the shipped ones
    )
    test_orders: bool = False  # a connection for trying out: tells of test orders, too


class TeamSettings(MessageSettings):
    # A sale waits for its payment for seconds or days, and no plan knows which: such holds are told on wish only.
    holds: frozenset[HoldKind] = frozenset({HoldKind.INVARIANT_BROKEN})
