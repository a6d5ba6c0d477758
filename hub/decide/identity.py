"""Which records are about the same sale, or the same person: by own id and by explicit references only.

A cluster holds every record that was ever connected by a shared key. It may hold several orders: a payment that two
store orders claim does not make them one. `partition` decides that from the newest records alone, so how they came
leaves no trace.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hub.domain.records import CustomerRecord, Kind, OrderRecord, Record, Source

HUB = "hub"  # the built-in connection, whose records people and programs author


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The records of one order or one customer. `id` is the own key of its leading record."""

    id: str
    records: tuple[Record, ...]  # in source order
    contested: tuple[tuple[Source, str], ...] = ()  # (a record that another order claims as well, that order's id)


def keys_of(record: Record) -> set[str]:
    return {record.source.key, *record.claims}


def partition(records: Iterable[Record]) -> list[Group]:
    """Groups in id order. Every record is in exactly one."""
    ordered = sorted(records, key=lambda record: record.source)
    customers = [record for record in ordered if record.kind is Kind.CUSTOMER]
    others = [record for record in ordered if record.kind is not Kind.CUSTOMER]
    groups = [_customer(members) for members in _components(customers)]
    for component in _components(others):
        groups += _orders(component)
    return sorted(groups, key=lambda group: group.id)


def _customer(members: Sequence[Record]) -> Group:
    return Group(id=min(members, key=lambda record: record.source).source.key, records=tuple(members))


def _components(records: Sequence[Record]) -> list[list[Record]]:
    """Connected by shared keys; in source order, inside and out."""
    leader: dict[str, str] = {}

    def find(key: str) -> str:
        while leader.setdefault(key, key) != key:
            leader[key] = leader[leader[key]]
            key = leader[key]
        return key

    for record in records:
        for claim in record.claims:
            leader[find(claim)] = find(record.source.key)
    components: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        components[find(record.source.key)].append(record)
    return list(components.values())


def _orders(component: list[Record]) -> list[Group]:
    sales = [record for record in component if isinstance(record, OrderRecord)]
    if len(sales) <= 1:
        return [Group(id=_lead(component).source.key, records=tuple(component))]
    teams = _teams(sales)
    if len(teams) == 1:
        return [Group(id=_lead(sales).source.key, records=tuple(component))]
    return _divide(component, teams)


def _teams(sales: list[OrderRecord]) -> list[list[Record]]:
    """Sales of different systems are one when one names the other. Two of one system never are: it tells them apart."""
    team_of: dict[str, list[Record]] = {sale.source.key: [sale] for sale in sales}
    for sale in sales:
        for claim in sorted(sale.claims):
            mine, theirs = team_of[sale.source.key], team_of.get(claim)
            if theirs is None or theirs is mine:
                continue
            if {record.source.connection for record in mine} & {record.source.connection for record in theirs}:
                continue
            mine += theirs
            for record in theirs:
                team_of[record.source.key] = mine
    teams: list[list[Record]] = []
    for team in team_of.values():
        if not any(team is known for known in teams):
            teams.append(team)
    return teams


def _divide(component: list[Record], teams: list[list[Record]]) -> list[Group]:
    """Each other record goes to the sale that it is fewest references away from; a tie goes to the smaller id."""
    owner: dict[Source, str] = {record.source: _lead(team).source.key for team in teams for record in team}
    members: dict[str, list[Record]] = {_lead(team).source.key: list(team) for team in teams}
    contested: dict[str, list[tuple[Source, str]]] = defaultdict(list)
    waiting = [record for record in component if record.source not in owner]
    frontier: dict[str, set[str]] = defaultdict(set)  # key -> the orders that reach it
    for team in teams:
        for record in team:
            for key in keys_of(record):
                frontier[key].add(owner[record.source])
    while waiting:
        reached = [(record, {each for key in keys_of(record) for each in frontier.get(key, ())}) for record in waiting]
        step = [(record, orders) for record, orders in reached if orders]
        if not step:  # only sales that veto each other connect the rest: cannot be, but nothing may be lost
            break
        waiting = [record for record, orders in reached if not orders]
        for record, orders in step:
            chosen, *rivals = sorted(orders)
            members[chosen].append(record)
            contested[chosen] += [(record.source, rival) for rival in rivals]
        for record, orders in step:
            for key in keys_of(record):
                frontier[key].add(min(orders))
    return [
        Group(
            id=order,
            records=tuple(sorted(group, key=lambda record: record.source)),
            contested=tuple(sorted(contested[order])),
        )
        for order, group in members.items()
    ]


_RANK = {
    Kind.ORDER: 0,
    Kind.INVOICE: 1,
    Kind.PAYMENT: 2,
    Kind.SHIPMENT: 3,
    Kind.REFUND: 4,
    Kind.DISPUTE: 5,
    Kind.CREDIT_NOTE: 6,
    Kind.INVOICE_PAYMENT: 7,
    Kind.DEAL: 8,
    Kind.MESSAGE: 10,
}


def _lead(records: Iterable[Record]) -> Record:
    """Whose own key becomes the id: an order of the hub (its id was told to a caller), a sale, then the rest."""
    return min(
        records,
        key=lambda record: (_RANK.get(record.kind, 9), record.source.connection != HUB, record.source),
    )


def is_customer(group: Group) -> bool:
    return isinstance(group.records[0], CustomerRecord)
