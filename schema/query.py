"""What can be asked."""

from typing import Any

import strawberry

from hub.domain.records import Kind, Source
from hub.store import reading, reading_lists, reading_work
from hub.store.reading import Ambiguous
from hub.store.reading_lists import CUSTOMER_SORTING, order_sorting
from hub.store.reading_work import COMMAND_SORTING, DRIFT_SORTING, EVENT_SORTING, CommandFilter, EventFilter
from schema import connection as hub_connections
from schema import endpoint
from schema.command import Command
from schema.connection import HubConnection
from schema.context import Info
from schema.customer import Customer
from schema.endpoint import WebhookEndpoint
from schema.errors import Code, bad_input, error
from schema.event import Event
from schema.ids import Node, node
from schema.inputs import CommandWhere, CustomerRef, EventWhere, OrderRef, OrderSort, OrderWhere, order_filter
from schema.order import Order
from schema.paging import After, Before, Connection, First, Last, page_of, window
from schema.source import Drift


async def order(info: Info, by: OrderRef) -> Any:
    if by.id is not None:
        return await info.context.loaders.orders.load(by.id.value)
    try:
        async with info.context.hub.database.read() as connection:
            if by.number is not None:
                return await reading.order_by_number(connection, by.number.value)
            assert by.external is not None  # the language sees to it that one of them is given
            external = by.external.value
            return await reading.order_by_source(connection, external.connection, external.kind, external.external_id)
    except Ambiguous as ambiguous:
        raise error(Code.AMBIGUOUS, f"{ambiguous}: name it by its id") from None


async def orders(
    info: Info,
    search: str | None = None,
    where: OrderWhere | None = None,
    sort: OrderSort | None = None,
    first: First = 50,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Any:
    sort = sort or OrderSort()
    ordering = order_sorting(sort.key, descending=sort.descending)
    asked = window(ordering, first=first, after=after, last=last, before=before)
    wanted = await order_filter(info, search, where)
    read = info.context.hub.database.read
    async with read() as connection:
        found = await reading_lists.page_of_orders(connection, wanted, ordering, asked)

    async def count() -> tuple[int, bool]:
        async with read() as connection:
            return await reading_lists.count_of_orders(connection, wanted)

    return page_of(found, ordering, asked, count)


async def customer(info: Info, by: CustomerRef) -> Any:
    if by.id is not None:
        return await info.context.loaders.customers.load(by.id.value)
    assert by.external is not None
    external = by.external.value
    if external.kind not in (None, Kind.CUSTOMER):
        raise bad_input("a customer is named by a record of the kind CUSTOMER")
    source = Source(external.connection, Kind.CUSTOMER, external.external_id)
    return await info.context.loaders.customers.load(source.key)


async def customers(info: Info, search: str | None = None, first: First = 50, after: After = None) -> Any:
    asked = window(CUSTOMER_SORTING, first=first, after=after)
    wanted = (await order_filter(info, search, None)).search
    read = info.context.hub.database.read
    async with read() as connection:
        found = await reading_lists.page_of_customers(connection, wanted, asked)

    async def count() -> tuple[int, bool]:
        async with read() as connection:
            return await reading_lists.count_of_customers(connection, wanted)

    return page_of(found, CUSTOMER_SORTING, asked, count)


async def events(info: Info, where: EventWhere | None = None, first: First = 50, after: After = None) -> Any:
    asked = window(EVENT_SORTING, first=first, after=after)
    wanted = await where.filter(info) if where else EventFilter()
    read = info.context.hub.database.read
    async with read() as connection:
        found = await reading_work.page_of_events(connection, wanted, asked)

    async def count() -> tuple[int, bool]:
        async with read() as connection:
            return await reading_work.count_of_events(connection, wanted)

    return page_of(found, EVENT_SORTING, asked, count)


async def commands(info: Info, where: CommandWhere | None = None, first: First = 50, after: After = None) -> Any:
    asked = window(COMMAND_SORTING, first=first, after=after)
    wanted = await where.filter(info) if where else CommandFilter()
    read = info.context.hub.database.read
    async with read() as connection:
        found = await reading_work.page_of_commands(connection, wanted, asked)

    async def count() -> tuple[int, bool]:
        async with read() as connection:
            return await reading_work.count_of_commands(connection, wanted)

    return page_of(found, COMMAND_SORTING, asked, count)


async def drifts(info: Info, first: First = 50, after: After = None) -> Any:
    asked = window(DRIFT_SORTING, first=first, after=after)
    read = info.context.hub.database.read
    async with read() as connection:
        found = await reading_work.page_of_drifts(connection, asked)

    async def count() -> tuple[int, bool]:
        async with read() as connection:
            return await reading_work.count_of_drifts(connection)

    return page_of(found, DRIFT_SORTING, asked, count)


@strawberry.type
class Query:
    node: Node | None = strawberry.field(resolver=node)
    order: Order | None = strawberry.field(
        resolver=order, description="`null` for none; the error AMBIGUOUS where several orders have that number."
    )
    orders: Connection[Order] = strawberry.field(
        resolver=orders,
        description="`search`: each word begins a number, an id, an e-mail address, a name or a tracking number.",
    )
    customer: Customer | None = strawberry.field(resolver=customer)
    customers: Connection[Customer] = strawberry.field(resolver=customers, description="Last changed first.")
    connections: list[HubConnection] = strawberry.field(resolver=hub_connections.connections)
    webhook_endpoints: list[WebhookEndpoint] = strawberry.field(resolver=endpoint.endpoints)
    events: Connection[Event] = strawberry.field(resolver=events, description="Newest first.")
    commands: Connection[Command] = strawberry.field(resolver=commands, description="Newest first.")
    drifts: Connection[Drift] = strawberry.field(resolver=drifts)
