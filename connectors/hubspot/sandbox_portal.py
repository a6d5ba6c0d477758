"""The sandbox's account: contacts and deals, what is unique among them, who was merged into whom, and what is told."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from connectors.hubspot import properties
from hub.domain.clock import Clock, parse_time, rfc3339

Json = dict[str, Any]
Tell = Callable[[list[Json]], None]

TYPES = {"contacts": "contact", "deals": "deal"}
_OWN = {definition["name"] for definitions in properties.OWN.values() for definition in definitions}
_MILLISECOND = timedelta(milliseconds=1)
# What is set by HubSpot itself, and told of by no event here.
_INTERNAL = ("createdate", "hs_object_id", "lastmodifieddate", "hs_lastmodifieddate", properties.MERGED)


class Declined(Exception):
    """(status, category, message)"""


class Portal:
    def __init__(self, now: Clock, tell: Tell, *, prepared: bool) -> None:
        """`tell` gets the events of each change. `prepared`: our own properties are there already."""
        self._now, self._tell = now, tell
        self._last = now() - _MILLISECOND
        self._ids = count(101)
        self.objects: dict[str, dict[str, Json]] = {"contacts": {}, "deals": {}}
        self.merged: dict[str, str] = {}  # old id -> the one that it became part of
        self.associations: set[tuple[str, str]] = set()  # (deal, contact)
        self.definitions: dict[str, dict[str, Json]] = {"contacts": {}, "deals": {}}
        if prepared:
            for objects, definitions in properties.OWN.items():
                for definition in definitions:
                    self.define(objects, definition)

    # ---------------------------------------------------------------------------------------------------- reading

    def find(self, objects: str, id: str, by: str = "", *, archived: bool = False) -> Json:
        """By id, also of what was merged, or by a unique property."""
        if by:
            self._require_unique(objects, by)
            found = next((each for each in self.live(objects) if _same(by, each["properties"].get(by), id)), None)
        else:
            found = self.objects[objects].get(self.merged.get(id, id))
        if found is None or found["archived"] != archived:
            raise Declined(404, "OBJECT_NOT_FOUND", f"no {TYPES[objects]} {id}")
        return found

    def live(self, objects: str) -> Iterable[Json]:
        return [each for each in self.objects[objects].values() if not each["archived"]]

    def require(self, objects: str, names: Iterable[str]) -> None:
        known = {*properties.PROPERTIES[objects], *self.definitions[objects], "hs_object_id"}
        known -= _OWN - {*self.definitions[objects]}
        for name in names:
            if name not in known:
                raise Declined(400, "VALIDATION_ERROR", f'Property "{name}" does not exist')

    def contacts_of(self, deal: str) -> list[str]:
        return sorted(contact for each, contact in self.associations if each == deal)

    # ---------------------------------------------------------------------------------------------------- writing

    def create(self, objects: str, fields: Mapping[str, str]) -> Json:
        self._check(objects, fields, None)
        at = self._tick()
        number = str(next(self._ids))
        said = {name: value for name, value in fields.items() if value != ""}
        made: Json = {
            "id": number,
            "properties": {"createdate": at, "hs_object_id": number, properties.MODIFIED[objects]: at, **said},
            "createdAt": at,
            "updatedAt": at,
            "archived": False,
        }
        if "email" in said:
            made["properties"]["email"] = said["email"].lower()
        self.objects[objects][number] = made
        self._tell([self._event(objects, number, "creation"), *self._changes(objects, number, said)])
        return made

    def update(self, objects: str, id: str, fields: Mapping[str, str]) -> Json:
        found = self.find(objects, id)
        self._check(objects, fields, found["id"])
        changed = {name: value for name, value in fields.items() if (found["properties"].get(name) or "") != value}
        if changed:
            self._touch(objects, found)
            found["properties"] |= {name: value or None for name, value in changed.items()}
            self._tell(self._changes(objects, found["id"], changed))
        return found

    def upsert(self, objects: str, by: str, value: str, fields: Mapping[str, str]) -> tuple[Json, bool]:
        """The object, and whether it is new."""
        try:
            found = self.find(objects, value, by)
        except Declined as fault:
            if fault.args[0] != 404:
                raise
            return self.create(objects, {by: value, **fields}), True
        return self.update(objects, found["id"], fields), False

    def archive(self, objects: str, id: str, verb: str = "deletion") -> None:
        found = self.find(objects, id)
        found["archived"], found["archivedAt"] = True, self._tick()
        self.associations = {pair for pair in self.associations if found["id"] not in pair}
        if verb == "privacyDeletion":
            del self.objects[objects][found["id"]]
        self._tell([self._event(objects, found["id"], verb)])

    def merge(self, objects: str, primary: str, other: str) -> Json:
        """The primary one keeps its id here. In HubSpot a merge may make a new one: both are told of in one form."""
        kept, gone = self.find(objects, primary), self.find(objects, other)
        del self.objects[objects][gone["id"]]
        self.merged = {old: kept["id"] if new == gone["id"] else new for old, new in self.merged.items()}
        self.merged[gone["id"]] = kept["id"]
        self._touch(objects, kept)
        said = kept["properties"]
        for name, value in gone["properties"].items():
            if name not in _INTERNAL and not said.get(name):
                said[name] = value
        old = [each["properties"].get(properties.MERGED) for each in (kept, gone)]
        said[properties.MERGED] = ";".join([*filter(None, old), gone["id"]])
        swap = {gone["id"]: kept["id"]}
        self.associations = {(swap.get(deal, deal), swap.get(who, who)) for deal, who in self.associations}
        ids = {"primaryObjectId": int(kept["id"]), "mergedObjectIds": [int(gone["id"])], "newObjectId": int(kept["id"])}
        self._tell([self._event(objects, kept["id"], "merge", **ids)])
        return kept

    def associate(self, deal: str, contact: str) -> None:
        ids = self.find("deals", deal)["id"], self.find("contacts", contact)["id"]
        if ids not in self.associations:
            self.associations.add(ids)
            ends = {"fromObjectId": int(ids[0]), "toObjectId": int(ids[1]), "associationType": "DEAL_TO_CONTACT"}
            self._tell([self._event("deals", ids[0], "associationChange", associationRemoved=False, **ends)])

    def define(self, objects: str, definition: Mapping[str, Any]) -> Json:
        if definition["name"] in self.definitions[objects]:
            raise Declined(409, "OBJECT_ALREADY_EXISTS", f"property {definition['name']} exists")
        made = {**definition, "options": [], "createdAt": rfc3339(self._now()), "archived": False}
        self.definitions[objects][definition["name"]] = made
        return made

    # ----------------------------------------------------------------------------------------------------- inside

    def _tick(self) -> str:
        """No two changes at one millisecond."""
        self._last = max(self._now(), self._last + _MILLISECOND)
        return rfc3339(self._last)

    def _touch(self, objects: str, found: Json) -> None:
        found["updatedAt"] = found["properties"][properties.MODIFIED[objects]] = self._tick()

    def _check(self, objects: str, fields: Mapping[str, str], but: str | None) -> None:
        self.require(objects, fields)
        for name, value in fields.items():
            if not isinstance(value, str):
                raise Declined(400, "VALIDATION_ERROR", f"{name}: expected a string")
            if value and self._unique(objects, name):
                for each in self.live(objects):
                    if each["id"] != but and _same(name, each["properties"].get(name), value):
                        raise Declined(409, "CONFLICT", f"{TYPES[objects]} already exists. Existing ID: {each['id']}")

    def _unique(self, objects: str, name: str) -> bool:
        if name == "email":
            return objects == "contacts"
        return bool(self.definitions[objects].get(name, {}).get("hasUniqueValue"))

    def _require_unique(self, objects: str, name: str) -> None:
        if not self._unique(objects, name):
            raise Declined(400, "VALIDATION_ERROR", f"{name} is not a unique property of {objects}")

    def _event(self, objects: str, id: str, verb: str, **more: Any) -> Json:
        at = self._last
        return {
            "eventId": 1,  # not unique at the vendor either
            "subscriptionId": 10 + len(verb),
            "occurredAt": int(at.timestamp() * 1000),
            "subscriptionType": f"{TYPES[objects]}.{verb}",
            "attemptNumber": 0,
            "objectId": int(id),
            "changeSource": "CRM",
            **more,
        }

    def _changes(self, objects: str, id: str, fields: Mapping[str, str]) -> list[Json]:
        return [
            self._event(objects, id, "propertyChange", propertyName=name, propertyValue=value)
            for name, value in sorted(fields.items())
            if name not in _INTERNAL
        ]


def _same(name: str, held: str | None, asked: str) -> bool:
    return held is not None and (held.lower() == asked.lower() if name == "email" else held == asked)


def visible(each: Json, objects: str, until: datetime) -> bool:
    return parse_time(each["properties"][properties.MODIFIED[objects]]) <= until
