"""From `hub.toml` to `Settings`, or to one list of all that is wrong with it."""

import difflib
import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr, ValidationError

from hub.connector import ConnectionSettings, Connector
from hub.domain.errors import Misconfigured
from hub.settings.expand import Expanded, expand
from hub.settings.lines import Path, lines
from hub.settings.model import SECTIONS, EndpointSettings, Settings
from hub.settings.shapes import keys_at, secrets_in

_ID = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_RESERVED = "hub"  # the built-in connection: what people and programs say
_TOML_FAULT = re.compile(
    r"(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL
)
_TWICE = ("Cannot overwrite", "Cannot declare", "Cannot mutate", "Duplicate inline table key")


def load(path: File, connectors: Mapping[str, Connector], environ: Mapping[str, str]) -> Settings:
    """Raises `Misconfigured` with one line per problem: `FILE:LINE  KEY: what was expected`."""
    text = _text(path)
    data = _parse(path, text)
    problems = _Problems(path, lines(text))
    expanded = expand(data, environ, path.parent, problems.add)
    settings = _Loader(expanded, connectors, problems).load()
    if settings is None or problems.found:
        raise Misconfigured("\n".join(problems.told()))
    return settings


def settings_digest(settings: ConnectionSettings) -> str:
    """Tells whether a connection's settings, secrets included, are still those of before; shows none of them."""
    told = json.dumps(_revealed(settings.model_dump()), sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:40]  # the width of its column; 160 bits are enough


def _revealed(value: Any) -> Any:
    match value:
        case SecretStr():
            return value.get_secret_value()
        case dict():
            return {key: _revealed(item) for key, item in value.items()}
        case list() | tuple():
            return [_revealed(item) for item in value]
    return value


def _text(path: File) -> str:
    try:
        return path.read_text(encoding="utf-8").removeprefix("\ufeff").replace("\r\n", "\n")
    except FileNotFoundError:
        raise Misconfigured(f"{path}: there is no such file") from None
    except UnicodeDecodeError as fault:
        raise Misconfigured(f"{path}: not UTF-8 text (byte {fault.start})") from None
    except OSError as fault:
        raise Misconfigured(f"{path}: cannot be read: {fault.strerror}") from None


def _parse(path: File, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        match = _TOML_FAULT.fullmatch(str(fault))
        what = match["what"] if match else str(fault)
        line, column = (match["line"], match["column"]) if match and match["line"] else (text.count("\n") + 1, "1")
        if what.startswith(_TWICE):
            what = f"the same key or table stands twice ({what})"
        raise Misconfigured(f"{path}:{line}:{column}  {what}") from None
    except RecursionError:
        raise Misconfigured(f"{path}: nested too deeply") from None


@dataclass(slots=True)
class _Problems:
    file: File
    line_of: Mapping[Path, int]
    found: dict[tuple[Path, str], None] = field(default_factory=dict)

    def add(self, path: Path, message: str) -> None:
        self.found[path, message] = None

    def at(self, path: Path) -> bool:
        """Whether something at the path or below it is wrong already: what follows from that is not told again."""
        return any(found[: len(path)] == path for found, _ in self.found)

    def told(self) -> Iterable[str]:
        for path, message in sorted(self.found, key=lambda problem: (self._line(problem[0]), str(problem))):
            key = ".".join(str(part) if re.fullmatch(r"[\w-]+", str(part)) else f'"{part}"' for part in path)
            yield f"{self.file}:{self._line(path)}  {key}: {message}" if key else f"{self.file}:1  {message}"

    def _line(self, path: Path) -> int:
        """A key that is missing is asked for at its table's line."""
        while path and path not in self.line_of:
            path = path[:-1]
        return self.line_of.get(path, 1)


@dataclass(slots=True)
class _Loader:
    expanded: Expanded
    connectors: Mapping[str, Connector]
    problems: _Problems

    def load(self) -> Settings | None:
        data = self.expanded.data
        for name in data.keys() - SECTIONS.keys():
            self.add((name,), f"unknown key{_did_you_mean(name, SECTIONS)}")
        hub = data.get("hub")
        inline = isinstance(hub, dict) and hub.get("allow_inline_secrets") is True
        sections: dict[str, Any] = {}
        for name, model in SECTIONS.items():
            if name in ("connections", "webhooks"):
                continue
            sections[name] = self.table(model, data.get(name, {}), (name,), inline)
        self.password(sections["database"], inline)
        sections["connections"] = self.connections(data.get("connections", {}), inline)
        sections["webhooks"] = self.webhooks(data.get("webhooks", {}), sections["connections"], inline)
        return None if self.problems.found else Settings(**sections)

    def connections(self, tables: Any, inline: bool) -> dict[str, BaseModel | None]:
        if not isinstance(tables, dict):
            self.add(("connections",), "tables such as [connections.shop] are expected")
            return {}
        found = {name: self.connection(name, table, inline) for name, table in tables.items()}
        for name, own in found.items():
            if isinstance(own, ConnectionSettings):
                self.channels(own.channels, ("connections", name), tables)
        return found

    def webhooks(self, tables: Any, connections: Mapping[str, Any], inline: bool) -> dict[str, BaseModel | None]:
        if not isinstance(tables, dict):
            self.add(("webhooks",), "tables such as [webhooks.warehouse] are expected")
            return {}
        found: dict[str, BaseModel | None] = {}
        for name, table in tables.items():
            if not _ID.fullmatch(name):
                self.add(("webhooks", name), "an id has up to 40 of a-z, 0-9, _ and -, and begins with a letter")
            own = found[name] = self.table(EndpointSettings, table, ("webhooks", name), inline)
            if isinstance(own, EndpointSettings):
                self.channels(own.channels, ("webhooks", name), connections)
        return found

    def channels(self, names: Iterable[str], path: Path, connections: Mapping[str, Any]) -> None:
        for each in names:
            if each not in connections:
                self.add((*path, "channels"), f"no connection {each!r}{_did_you_mean(each, connections)}")

    def connection(self, name: str, table: Any, inline: bool) -> BaseModel | None:
        path: Path = ("connections", name)
        if not _ID.fullmatch(name):
            self.add(path, "a connection's id has up to 40 of a-z, 0-9, _ and -, and begins with a letter")
        elif name == _RESERVED:
            self.add(path, "this id is the hub's own; choose another")
        if not isinstance(table, dict):
            self.add(path, "a table is expected")
            return None
        slug = table.get("connector")
        if not isinstance(slug, str):
            self.add((*path, "connector"), f"names the vendor, one of: {_listed(self.connectors)}")
            return None
        connector = self.connectors.get(slug)
        if connector is None:
            if not self.problems.at(self.origin((*path, "connector"))):
                hint = _did_you_mean(slug, self.connectors) or f"; there are: {_listed(self.connectors)}"
                self.add((*path, "connector"), f"no connector {slug!r} is installed{hint}")
            return None
        return self.table(connector.settings, table, path, inline)

    def table(self, model: type[BaseModel], table: Any, path: Path, inline: bool) -> BaseModel | None:
        secrets = {place: text for place, text in secrets_in(model, table, path) if text}
        for place, text in secrets_in(model, table, path):
            if self.problems.at(self.origin(place)):
                continue
            if not text:
                self.add(place, "is empty; a secret is expected")
            elif place in self.expanded.clear and not inline:
                self.add(place, 'a secret in clear text; write "${NAME}" or "${file:/path}" (or allow_inline_secrets)')
        try:
            return model.model_validate(table)
        except ValidationError as errors:
            for error in errors.errors(include_url=False, include_context=False, include_input=False):
                place = (*path, *error["loc"])
                if self.problems.at(self.origin(place)):
                    continue  # the cause is told already
                self.add(place, _redacted(_message(model, error["type"], error["msg"], error["loc"]), secrets.values()))
            return None

    def password(self, database: Any, inline: bool) -> None:
        """A database's address is no secret as a whole; a password in it is."""
        place: Path = ("database", "url")
        if database is not None and place in self.expanded.clear and not inline and urlsplit(database.url).password:
            self.add(place, 'a password in clear text; write "${NAME}" or "${file:/path}" for the address')

    def origin(self, path: Path) -> Path:
        """The path in the file, where items may have been left out."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.expanded.origin:
                return self.expanded.origin[path[:end]] + path[end:]
        return path

    def add(self, path: Path, message: str) -> None:
        self.problems.add(self.origin(path), message)


def _message(model: type[BaseModel], kind: str, message: str, place: Path) -> str:
    match kind:
        case "extra_forbidden":
            return f"unknown key{_did_you_mean(str(place[-1]), keys_at(model, place[:-1]))}"
        case "missing":
            return "is missing"
        case "model_type" | "model_attributes_type":
            return "a table is expected"
    return message.removeprefix("Value error, ")


def _redacted(message: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        message = message.replace(secret, "[secret]")
    return message


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f", did you mean {close[0]}?" if close else ""


def _listed(connectors: Mapping[str, Connector]) -> str:
    return ", ".join(sorted(connectors)) or "none is installed"
