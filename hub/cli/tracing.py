"""`hub trace`: the way of one webhook as a tree, from the tables."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.cli import show
from hub.cli.faults import end
from hub.cli.needs import Hub, with_hub
from hub.cli.top import short
from hub.domain.ids import bits, made_at
from hub.observe.traces import trace_id

if TYPE_CHECKING:
    from rich.tree import Tree

    from hub.settings import Settings
    from hub.store.way import Asked, Ordered, Way


def trace(file: Path, id: str, output: show.Output) -> None:
    async def use(hub: Hub, _: "Settings") -> "Sequence[Way]":
        return await hub.ways(id)

    found = with_hub(file, use)
    if not found:
        end(f"nothing has the id {id}: that of an event, a command or an order is expected")
    if output is not show.Output.TABLE:
        show.rows([facts(way) for way in found], output)
        return
    for way in found:
        show.console().print(tree(way))


# -------------------------------------------------------------------------------------------------- for people


def tree(way: "Way") -> "Tree":
    from rich.tree import Tree

    begun = _begun(way)
    root = Tree(_root(way, begun))
    if way.event is not None:
        root.add(_digested(way.event, begun))
    for order in way.orders:
        _add_order(root, order, begun)
    return root


def _begun(way: "Way") -> datetime | None:
    if way.event is not None:
        at: datetime = way.event.received_at
        return at
    return made_at(way.root) if bits(way.root) else None


def _root(way: "Way", begun: datetime | None) -> Any:
    event = way.event
    about = f"  {event.connection} {event.kind}" if event is not None else ""
    at = f"  {begun:%Y-%m-%d %H:%M:%S}.{begun.microsecond // 1000:03d} UTC" if begun else ""
    again = f"  came {event.deliveries} times" if event is not None and event.deliveries > 1 else ""
    return _text((way.root, "bold"), about, at, again, (f"  trace {trace_id(way.root) or 'none'}", "dim"))


def _digested(event: Any, begun: datetime | None) -> Any:
    why = f": {event.reason}" if event.reason else ""
    return _text((event.state, _style(event.state)), why, _after(event.done_at, begun))


def _add_order(root: "Tree", order: "Ordered", begun: datetime | None) -> None:
    branch = root.add(_text((order.id, "bold"), f"  {order.number}" if order.number else ""))
    for change in order.changes:
        branch.add(_change(change, begun))
    for asked in order.commands:
        _add_command(branch, asked, begun)


def _add_command(branch: "Tree", asked: "Asked", begun: datetime | None) -> None:
    command = asked.command
    ended = f": {command.reason}" if command.reason else ""
    twig = branch.add(
        _text(
            (command.id, "bold"),
            f"  {command.connection} {command.action}  ",
            (command.state, _style(command.state)),
            ended,
            _after(command.created_at, begun),
        )
    )
    for attempt in asked.attempts:
        took = attempt.ended_at - attempt.started_at if attempt.ended_at else None
        twig.add(
            _text(
                f"{attempt.id}  ",
                (attempt.state, _style(attempt.state)),
                f": {attempt.message}" if attempt.message else "",
                f" in {short(took.total_seconds())}" if took is not None else "",
                _after(attempt.started_at, begun),
            )
        )
    for change in asked.answers:
        twig.add(_change(change, begun))


def _change(change: Any, begun: datetime | None) -> Any:
    return _text(f"change {change.seq}  {change.summary}", _after(change.at, begun))


def _after(at: datetime | None, begun: datetime | None) -> tuple[str, str]:
    if at is None or begun is None:
        return ("", "")
    return (f"  +{short(max((at - begun).total_seconds(), 0.0))}", "cyan")


def _style(state: str) -> str:
    return {"parked": "red", "refused": "red", "unknown": "yellow", "later": "yellow", "done": "green"}.get(state, "")


def _text(*parts: str | tuple[str, str]) -> Any:
    """What vendors write is not markup."""
    from rich.text import Text

    return Text.assemble(*parts)


# ------------------------------------------------------------------------------------------------ for programs


def facts(way: "Way") -> Mapping[str, Any]:
    event = way.event
    return {
        "root": way.root,
        "trace": trace_id(way.root),
        "event": _row(event) if event is not None else None,
        "orders": [
            {
                "id": order.id,
                "number": order.number,
                "changes": [_row(each) for each in order.changes],
                "commands": [
                    _row(asked.command)
                    | {
                        "attempts": [_row(each) for each in asked.attempts],
                        "changes": [_row(each) for each in asked.answers],
                    }
                    for asked in order.commands
                ],
            }
            for order in way.orders
        ],
    }


def _row(row: Any) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row._mapping.items()}
