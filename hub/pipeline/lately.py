"""What was written down a moment ago need not be again: a row that all share would make workers wait for each other."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

_RESOLUTION = timedelta(seconds=5)
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Lately:
    """Of one process, about one thing that is told of connections."""

    _said: dict[str, datetime] = field(default_factory=dict)

    def news(self, connections: Iterable[str], now: datetime) -> list[str]:
        """Those of which it was not said just now, sorted; from here on it was."""
        old = self._said
        news = [each for each in sorted(connections) if not timedelta() <= now - old.get(each, _NEVER) < _RESOLUTION]
        old.update(dict.fromkeys(news, now))
        return news
