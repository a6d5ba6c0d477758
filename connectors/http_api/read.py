"""Readers, made of mappings: from bodies to records."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.http_api.fields import HEAD, Making, Values, Wrong, complete, hints, inside
from connectors.http_api.kinds import KindSettings, shape_of
from connectors.http_api.language import Claimed, Expression, Own, Unfit, decode, number_of, text_of, time_of
from hub.connector import Faulty, Hint, Ignored, Reading
from hub.domain.errors import Unreadable
from hub.domain.records import Kind, PaymentRecord, Record, RefundRecord, ShipmentRecord, Source, vendor_key

Said = Record | Hint | Ignored | Faulty
_OURS = re.compile(r"(ord|cus)_[0-9a-z]{26}", re.ASCII)
_LONGEST = 255
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reader:
    """Of one kind. As with any connector: one bad item of several does not spoil its siblings."""

    kind: Kind
    settings: KindSettings

    def __call__(self, reading: Reading, body: bytes) -> Iterable[Said]:
        try:
            root = decode(body)
        except ValueError as fault:
            raise Unreadable(f"not JSON: {fault}") from fault
        each = self.settings.expression("each")
        if each is None:
            try:
                return [self._read(reading, root, root)]
            except ValueError as fault:
                raise Unreadable(str(fault)) from fault
        try:
            items = each(root)
        except Unfit as fault:
            raise Unreadable(f"each: {fault}") from fault
        if not isinstance(items, list):
            raise Unreadable(f"each: `{each.text}` is no list")
        return [self._item(reading, item, root, place) for place, item in enumerate(items)]

    def _item(self, reading: Reading, item: Any, root: Any, place: int) -> Said:
        try:
            return self._read(reading, inside(item, root, root), root)
        except ValueError as fault:
            return Faulty(path=f"[{place}].{fault}")

    def _read(self, reading: Reading, given: Any, root: Any) -> Record | Ignored:
        """Raises `ValueError` with the field and the expression."""
        when = self.settings.expression("when")
        if when is not None and when(given) is not True:
            return Ignored(reason=f"`{when.text}` is not so")
        values = self.settings.mapping.evaluated(given, self.settings.maps, root)
        return record_of(self.kind, values, reading)

    def newest(self, item: Any) -> datetime | None:
        """When an item of a page was changed; `None`: it does not tell."""
        value = self.settings.mapping.values.get("updated_at")
        try:
            at = value(inside(item, item, item)) if value is not None else None
            return time_of(at) if at is not None else None
        except (Unfit, ValueError):
            return None


def record_of(kind: Kind, values: Values, reading: Reading) -> Record:
    """Raises `ValueError` with the field."""
    shape = shape_of(kind)
    known = hints(shape)
    if isinstance(values.get("currency"), str):
        values["currency"] = values["currency"].upper()
    making = Making(reading, values.get("currency") or "")
    own = {name: value for name, value in values.items() if name not in HEAD and name in known}
    given = _head(kind, values, making) | {
        name: making.made(name, known[name], value) for name, value in own.items() if value is not None
    }
    record: Record = complete(shape, given | {"claims": ()})
    return _claiming(record, values.get("claims"), making)


def _head(kind: Kind, values: Values, making: Making) -> Values:
    if values.get("id") in (None, ""):
        raise Wrong("id: nothing is found there")
    external_id = making.made("id", str, values["id"])
    if not 0 < len(external_id) <= _LONGEST:
        raise Wrong(f"id: up to {_LONGEST} characters are expected")
    said_at = values.get("updated_at")
    updated = making.made("updated_at", datetime, said_at) if said_at is not None else making.reading.at
    if updated is None:
        raise Wrong("updated_at: nothing is found there, and the delivery says no time")
    created = values.get("created_at")
    return {
        "source": Source(making.reading.connection, kind, external_id),
        "version": _version(values.get("version"), updated),
        "created_at": making.made("created_at", datetime, created) if created is not None else updated,
        "updated_at": updated,
        "url": making.made("url", str, values.get("url") or ""),
        "deleted": making.made("deleted", bool, values.get("deleted") or False),
    }


def _version(value: Any, updated: datetime) -> int:
    """The system's own sequence, or microseconds of a time of its own."""
    if value is None or isinstance(value, datetime):
        return _microseconds(value or updated)
    try:
        number = number_of(value)
    except ValueError:
        return _microseconds(time_of(value))
    if not isinstance(number, int):
        raise Wrong(f"version: {number} is no whole number")
    return number


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def _claiming(record: Record, said: Any, making: Making) -> Record:
    """With the keys that the mapping names, and those that follow from the record itself."""
    keys = [key for each in _flat(said) if (key := _key(each, record.kind, making))]
    match record:
        case ShipmentRecord():
            keys += [vendor_key("tracking", number) for number in record.tracking_numbers]
        case PaymentRecord():
            keys.append(record.identity)
        case RefundRecord():
            keys.append(record.payment)
    known = {key: None for key in keys if 0 < len(key) <= _LONGEST and key != record.source.key}
    return replace(record, claims=tuple(known))


def _flat(said: Any) -> list[Any]:
    if isinstance(said, list):
        return [each for inner in said for each in _flat(inner)]
    return [] if said is None else [said]


def _key(said: Any, kind: Kind, making: Making) -> str:
    """A text counts only if it is an id of ours, and of the right sort: what people write there claims nothing."""
    if isinstance(said, Claimed | Own):
        return making.key(said)
    if isinstance(said, str) and _OURS.fullmatch(said):
        return said if said.startswith("cus_") is (kind is Kind.CUSTOMER) else ""
    return ""


@dataclass(frozen=True, slots=True)
class ThinReader:
    """Of deliveries that only tell what changed: the hub asks for the rest."""

    kind: str  # whose `fetch` is asked
    id: Expression
    gone: Expression | None

    def __call__(self, _reading: Reading, body: bytes) -> Iterable[Said]:
        try:
            item = decode(body)
            external_id = self.id(item)
            gone = self.gone is not None and self.gone(item) is True
            if external_id in (None, ""):
                raise Wrong(f"`{self.id.text}` finds no id")
            return [Hint(kind=self.kind, external_id=text_of(external_id)[:_LONGEST], gone=gone)]
        except ValueError as fault:
            raise Unreadable(f"webhook.id: {fault}") from fault
