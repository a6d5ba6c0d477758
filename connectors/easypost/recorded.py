"""A judge of exchanges by recordings, since EasyPost publishes no description of its API.

Each object of an answer says what it is (`object`). It may have no field that no recording of such an object has, it
must have the fields that all of them have, and each value is of a type that was seen in its place.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from hub.card import Exchange

_ID = re.compile(r"/(?:[a-z]+_[0-9a-z]{26,32}(?:-[0-9]+)?)(?=/|$)")
_TYPES = {str: "text", bool: "truth value", int: "number", float: "number", list: "list", dict: "object"}
Shape = dict[str, set[str]]
Place = tuple[str, str]  # an object and the one that it is a part of: a forecast's rate differs from a shipment's


class Recordings:
    def __init__(self, folder: Any) -> None:
        self.fields: dict[Place, Shape] = {}
        self.always: dict[Place, set[str]] = {}
        self.statuses: dict[tuple[str, str], set[int]] = {}
        self.tops: list[set[str]] = []
        for path in sorted(folder.glob("exchanges/*.json")):
            for exchange in json.loads(path.read_text())["exchanges"]:
                asked, answer = exchange["request"], exchange["response"]
                place = (asked["method"], _pattern(asked["url"].split("://")[1].partition("/")[2].partition("?")[0]))
                self.statuses.setdefault(place, set()).add(answer["status"])
                self._learn(answer["body"])
        for path in sorted(folder.glob("doc_responses/*.json")):
            self._learn(json.loads(path.read_text()))

    def _learn(self, body: Any) -> None:
        if isinstance(body, dict) and "object" not in body:
            self.tops.append(set(body))
        for place, found in _objects(body):
            shape = self.fields.setdefault(place, {})
            for name, value in found.items():
                shape.setdefault(name, set()).add(_type(value))
            self.always[place] = self.always.get(place, set(found)) & set(found)

    def judge(self, exchange: Exchange) -> Sequence[str]:
        seen = self.statuses.get((exchange.method, _pattern(exchange.path)), set())
        faults = []
        if exchange.status < 300 and seen and exchange.status not in seen:
            faults.append(f"status {exchange.status}, recorded {sorted(seen)}")
        body = json.loads(exchange.response)
        if isinstance(body, dict) and "object" not in body and set(body) not in self.tops:
            faults.append(f"no recorded answer has just the fields {sorted(body)}")
        for place, found in _objects(body):
            faults += self._faults(place, found)
        return [f"{exchange.method} {exchange.path}: {fault}" for fault in faults]

    def _faults(self, place: Place, found: dict[str, Any]) -> Iterator[str]:
        name, of = place
        if place not in self.fields:
            yield f"{name}: no such object of {of or 'an answer'} was recorded"
            return
        for field in sorted(self.always[place] - set(found)):
            yield f"{name}.{field} is missing"
        for field, value in found.items():
            known = self.fields[place].get(field)
            if known is None:
                yield f"{name}.{field} was never recorded"
            elif value is not None and _type(value) not in known and known != {"null"}:
                yield f"{name}.{field} is a {_type(value)}, recorded {sorted(known)}"


def _pattern(path: str) -> str:
    return _ID.sub("/{id}", "/" + path.strip("/"))


def _type(value: Any) -> str:
    return "null" if value is None else _TYPES[type(value)]


def _objects(body: Any, of: str = "") -> Iterator[tuple[Place, dict[str, Any]]]:
    if isinstance(body, list):
        for each in body:
            yield from _objects(each, of)
    elif isinstance(body, dict):
        if isinstance(name := body.get("object"), str):
            yield (name, of), body
            of = name
        for each in body.values():
            yield from _objects(each, of)
