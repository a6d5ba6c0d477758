"""Real deliveries, spoilt in ways that vendors and attackers spoil them. Generic: knows JSON and forms, no vendor."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

Path = tuple[str | int, ...]

NEW_VALUE = "orderhub_new_value"
# Names of fields that hold one word of a list which vendors extend without a word.
_LISTED = re.compile(r"(status|state|reason|method|brand|carrier)(es)?$", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z][A-Za-z_\- ]{1,40}")


def parsed(body: bytes) -> Any:
    """JSON, or a form as a mapping of texts; `None` for anything else."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        pass
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True)
    except ValueError:
        return None
    return _Form(pairs)


class _Form(dict[str, str]):
    """Goes back as it came."""


def encoded(value: Any) -> bytes:
    return urlencode(value).encode() if isinstance(value, _Form) else json.dumps(value).encode()


def places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Each field and item below, outer ones first."""
    items: Iterator[tuple[str | int, Any]]
    if isinstance(value, dict):
        items = iter(value.items())
    elif isinstance(value, list):
        items = iter(enumerate(value))
    else:
        return
    for name, inner in items:
        yield (*path, name), inner
        yield from places(inner, (*path, name))


def with_(value: Any, path: Path, new: Any) -> Any:
    changed = copy.deepcopy(value)
    node = changed
    for name in path[:-1]:
        node = node[name]
    node[path[-1]] = new
    return changed


def nulls(body: bytes) -> Iterator[tuple[str, bytes]]:
    """(where, the body) with null in each place of the JSON, one at a time."""
    value = parsed(body)
    if value is None or isinstance(value, _Form):
        return
    for path, old in places(value):
        if old is not None:
            yield dotted(path), encoded(with_(value, path, None))


def new_values(body: bytes) -> Iterator[tuple[str, bytes]]:
    """(where, the body) with a word that nobody knows in each field that holds one of a list."""
    value = parsed(body)
    for path, old in places(value):
        named = [name for name in path if isinstance(name, str)]
        if isinstance(old, str) and _WORD.fullmatch(old) and named and _LISTED.search(named[-1]):
            yield dotted(path), encoded(with_(value, path, NEW_VALUE))


def of_unknown_type(body: bytes, kind: str) -> bytes | None:
    """The body with another type where it names its own; `None`: it does not."""
    value = parsed(body)
    found = [path for path, old in places(value) if old == kind]
    return encoded(with_(value, found[0], f"{kind}.orderhub_unknown")) if found else None


def batch(body: bytes) -> tuple[bytes, bytes] | None:
    """(a body of two items, the same with the second one changed); `None`: the body is not of items."""
    value = parsed(body)
    if isinstance(value, list) and value:
        lists: list[Path] = [()]
    else:
        lists = [path for path, inner in places(value) if isinstance(inner, list) and inner and len(path) == 1]
    for path in lists:
        items = value
        for name in path:
            items = items[name]
        if not isinstance(items[0], dict):
            continue
        two = copy.deepcopy(items) + copy.deepcopy(items[-1:])
        spoilt = copy.deepcopy(two)
        spoilt[-1]["orderhub_forged"] = True
        return (encoded(_put(value, path, two)), encoded(_put(value, path, spoilt)))
    return None


def _put(value: Any, path: Path, new: Any) -> Any:
    return with_(value, path, new) if path else new


def dotted(path: Path) -> str:
    return ".".join(map(str, path))
