"""`${NAME}`, `${NAME:-default}` and `${file:/path}` inside the strings of a settings file.

`$${` stands for `${` itself. A list's item that a `:-` leaves empty is left out, so that an optional second secret can
be written down before it exists.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any

from hub.settings.lines import Path

_REFERENCE = re.compile(r"\$\$\{|\$\{([^}]*)\}|\$\{")
_NAME = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<fallback>:-(?P<default>.*))?", re.DOTALL)


@dataclass(slots=True)
class Expanded:
    """A document with its references replaced, and where its values come from."""

    data: Any = None
    origin: dict[Path, Path] = field(default_factory=dict)  # path in `data` -> path in the file
    clear: set[Path] = field(default_factory=set)  # paths in `data` of strings that stand in the file as they are


@dataclass(slots=True)
class _String:
    text: str
    referred: bool = False  # its content comes from outside the file


Report = Callable[[Path, str], None]


def expand(data: Any, environ: Mapping[str, str], folder: File, report: Report) -> Expanded:
    """Problems go to `report` with their path in the file; the string then keeps its reference."""
    expanded = Expanded()

    def walk(value: Any, here: Path, there: Path) -> Any:
        expanded.origin[there] = here
        match value:
            case dict():
                return {key: walk(item, (*here, key), (*there, key)) for key, item in value.items()}
            case list():
                items: list[Any] = []
                for index, item in enumerate(value):
                    if isinstance(item, str) and _left_out(item, environ):
                        continue
                    items.append(walk(item, (*here, index), (*there, len(items))))
                return items
            case str():
                string = _expand(value, environ, folder, lambda message: report(here, message))
                if not string.referred:
                    expanded.clear.add(there)
                return string.text
        return value

    expanded.data = walk(data, (), ())
    return expanded


def _left_out(text: str, environ: Mapping[str, str]) -> bool:
    match = _REFERENCE.fullmatch(text)
    named = _NAME.fullmatch(match[1]) if match and match[1] else None
    return bool(named and named["fallback"] and not (environ.get(named["name"]) or named["default"]))


def _expand(text: str, environ: Mapping[str, str], folder: File, report: Callable[[str], None]) -> _String:
    string = _String(text)

    def replace(match: re.Match[str]) -> str:
        if match[0] == "$${":
            return "${"
        if match[1] is None:
            report("`${` without `}`; write `$${` for the characters themselves")
            return match[0]
        if match[1].startswith("file:"):
            string.referred = True
            return _read(folder / match[1].removeprefix("file:"), report)
        named = _NAME.fullmatch(match[1])
        if named is None:
            report(f"${{{match[1]}}} is not understood: ${{NAME}}, ${{NAME:-default}} or ${{file:/path}} is expected")
            return match[0]
        value = environ.get(named["name"])
        if value is None and named["fallback"] is None:
            report(f"the environment variable {named['name']} is not set")
        if named["fallback"] and not value:
            # A default that is not empty stands in the file in clear text.
            string.referred = string.referred or not named["default"]
            return str(named["default"])
        string.referred = True
        return value or ""

    string.text = _REFERENCE.sub(replace, text)
    return string


def _read(path: File, report: Callable[[str], None]) -> str:
    try:
        return path.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
    except FileNotFoundError:
        report(f"there is no file {path}")
    except (OSError, ValueError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else "it is not UTF-8 text"
        report(f"the file {path} cannot be read: {reason}")
    return ""
