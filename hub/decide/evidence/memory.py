"""What is remembered between records: who holds a key, what was said, and who belongs together."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from hub.decide.evidence.keys import NEWEST, STOP, telling
from hub.decide.evidence.party import Party


class Memory(Protocol):
    """Each question is for many at once, so that a table answers it by one statement; none walks a whole table."""

    def holders(self, keys: Sequence[str]) -> Sequence[str]:
        """Ids of records that hold any of the keys: by `telling` of those they share, then the newest first."""

    def parties(self, ids: Iterable[str]) -> Mapping[str, Party]: ...

    def groups(self, ids: Iterable[str]) -> Mapping[str, str]:
        """Record -> its group."""

    def members(self, group: str) -> Sequence[str]:
        """Ids of records, the oldest first."""

    def counts(self, values: Iterable[str]) -> Mapping[str, int]:
        """How many records said each."""

    def size(self) -> int:
        """How many records are remembered."""

    def remember(self, party: Party, keys: Sequence[str], values: Iterable[str]) -> None: ...

    def renew(self, party: Party) -> None:
        """Its rarity changed; what it says, did not."""

    def place(self, ids: Iterable[str], group: str) -> None:
        """They belong to this group now, and to no other."""


class InMemory:
    def __init__(self) -> None:
        self._holders: dict[str, list[str]] = defaultdict(list)
        self._parties: dict[str, Party] = {}
        self._group: dict[str, str] = {}
        self._members: dict[str, dict[str, None]] = defaultdict(dict)
        self._counts: dict[str, int] = defaultdict(int)
        self._at: dict[str, int] = {}

    def holders(self, keys: Sequence[str]) -> Sequence[str]:
        shared: dict[str, float] = {}
        for key in keys:
            held = self._holders.get(key)
            if not held:
                continue
            worth = telling(len(held))
            for record in held if len(held) <= STOP else held[-NEWEST:]:
                shared[record] = shared.get(record, 0.0) + worth
        return sorted(shared, key=lambda record: (-shared[record], -self._at[record]))

    def parties(self, ids: Iterable[str]) -> Mapping[str, Party]:
        return {record: self._parties[record] for record in ids}

    def groups(self, ids: Iterable[str]) -> Mapping[str, str]:
        return {record: self._group[record] for record in ids if record in self._group}

    def members(self, group: str) -> Sequence[str]:
        return sorted(self._members.get(group, ()), key=self._at.__getitem__)

    def counts(self, values: Iterable[str]) -> Mapping[str, int]:
        return {value: self._counts.get(value, 0) for value in values}

    def size(self) -> int:
        return len(self._parties)

    def remember(self, party: Party, keys: Sequence[str], values: Iterable[str]) -> None:
        self._at[party.id] = len(self._parties)
        self._parties[party.id] = party
        for key in keys:
            self._holders[key].append(party.id)
        for value in values:
            self._counts[value] += 1

    def renew(self, party: Party) -> None:
        self._parties[party.id] = party

    def place(self, ids: Iterable[str], group: str) -> None:
        for record in ids:
            if (before := self._group.get(record)) is not None:
                del self._members[before][record]
                if not self._members[before]:
                    del self._members[before]
            self._group[record] = group
            self._members[group][record] = None
