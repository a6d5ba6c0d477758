"""`hub read` and `hub trigger`: a vendor's bodies, understood or sent."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.cli import show
from hub.cli.faults import end
from hub.cli.needs import settings_of

if TYPE_CHECKING:
    from hub.connector import Connector

Line = Mapping[str, Any]


def read(slug: str, files: Sequence[str], connection: str = "", settings_file: Path = Path("hub.toml")) -> None:
    """With a connection, by its settings: bodies of the generic connector cannot be read otherwise."""
    from hub.connector import discover
    from hub.domain.errors import Misconfigured

    connectors = discover()
    if slug not in connectors:
        raise Misconfigured(f"no connector {slug!r} is installed; there are: {', '.join(sorted(connectors)) or 'none'}")
    connector, own = (connectors[slug], None) if not connection else _connected(slug, connection, settings_file)
    faults = False
    for file in files:
        for line in understood(connector, file, own):
            faults = faults or "fault" in line
            show.line({**line, "file": file})
    if faults:
        end("")


def _connected(slug: str, connection: str, file: Path) -> "tuple[Connector, Any]":
    from hub.domain.errors import Misconfigured
    from hub.pipeline.registry import configured

    settings, connectors = settings_of(file)
    own = settings.connections.get(connection)
    if own is None or own.connector != slug:
        known = sorted(name for name, each in settings.connections.items() if each.connector == slug)
        raise Misconfigured(f"{file}: no connection {connection!r} of {slug}; there are: {', '.join(known) or 'none'}")
    return configured(connectors[slug], own), own


def understood(connector: "Connector", file: str, settings: Any = None) -> Iterator[Line]:
    """One line per record, hint, ignored item and fault. Raises nothing, whatever the body."""
    from hub.domain.errors import HubError

    try:
        body = _bytes(file)
    except OSError as fault:
        yield {"fault": f"cannot be read: {fault.strerror}"}
        return
    try:
        events = connector.recognise(Path(file).name, body)
    except HubError as fault:
        yield {"fault": str(fault)}
        return
    except Exception as fault:  # a connector's mistake is told like any fault
        yield {"fault": _mistake(fault)}
        return
    if not events:
        yield {"ignored": "nothing in it that this connector knows", "kind": ""}
    for event in events:
        if event.kind in connector.ignored:
            yield {"ignored": connector.ignored[event.kind], "kind": event.kind}
        elif event.kind not in connector.read:
            yield {"ignored": "unknown kind", "kind": event.kind}
        else:
            yield from _read(connector, event, settings)


def _read(connector: "Connector", event: Any, settings: Any) -> Iterator[Line]:
    import msgspec

    from hub.connector import Faulty, Hint, Ignored, Reading
    from hub.domain.errors import HubError

    reading = Reading(connection=connector.slug, settings=settings or _placeholders(connector), at=event.at)
    try:
        items = list(connector.read[event.kind](reading, event.body))
    except HubError as fault:
        yield {"fault": str(fault), "kind": event.kind}
        return
    except Exception as fault:
        yield {"fault": _mistake(fault), "kind": event.kind}
        return
    if not items:
        yield {"ignored": "nothing of use in it", "kind": event.kind}
    for item in items:
        match item:
            case Ignored(reason=reason):
                yield {"ignored": reason, "kind": event.kind}
            case Hint(kind=kind, external_id=external_id):
                yield {"hint": {"kind": kind, "external_id": external_id}, "kind": event.kind}
            case Faulty(path=path):
                yield {"fault": path, "kind": event.kind}
            case _:
                yield {"record": {"kind": item.kind, **msgspec.to_builtins(item)}, "kind": event.kind}


def _placeholders(connector: "Connector") -> Any:
    """Settings for a vendor that nobody configured: reading needs no credentials, at most a name for a link."""
    from pydantic import SecretStr

    required: dict[str, Any] = {
        name: SecretStr("example") if field.annotation is SecretStr else "example"
        for name, field in connector.settings.model_fields.items()
        if field.is_required()
    }
    return connector.settings.model_construct(**{**required, "connector": connector.slug})


def _mistake(fault: Exception) -> str:
    return f"the connector broke on it, please report: {type(fault).__name__}: {fault}"


def _bytes(file: str) -> bytes:
    return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()


def trigger(file: Path, connection: str, body_file: str, kind: str, url: str) -> None:
    import httpx

    from hub.domain.clock import utc_now
    from hub.domain.errors import Misconfigured

    settings, connectors = settings_of(file)
    if connection not in settings.connections:
        known = ", ".join(sorted(settings.connections)) or "none"
        raise Misconfigured(f"{file}: no connection {connection!r}; there are: {known}")
    connector = connectors[settings.connections[connection].connector]
    if connector.sign is None:
        raise Misconfigured(f"{connector.title} has no webhooks that could be signed")
    try:
        body = _bytes(body_file)
    except OSError as fault:
        raise Misconfigured(f"{body_file}: cannot be read: {fault.strerror}") from None
    headers = connector.sign(settings.connections[connection], kind, body, utc_now())
    address = url or f"{settings.hub.public_url}/webhooks/{connection}"
    try:
        # Other variables of the environment (proxies) have no say: this speaks to a hub of ours.
        answer = httpx.post(address, content=body, headers=dict(headers), timeout=30, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        end(f"{address}: {fault or type(fault).__name__}")
    print(f"{answer.status_code} {address} {answer.text[:500]}".rstrip())
    if not answer.is_success:
        end("")
