"""What lists are filtered and sorted by."""

from datetime import datetime

import strawberry

from hub.domain.order import FulfilmentState, InvoiceState, PaymentState, Stage
from hub.domain.records import Kind
from hub.store.reading_lists import OrderFilter, OrderSortKey
from hub.store.reading_work import CommandFilter, CommandState, EventFilter, EventState
from schema.context import Info
from schema.errors import bad_input
from schema.scalars import CurrencyCode


@strawberry.input(description="A system's own id of a record. Without `kind`, all kinds are looked at.")
class ExternalRefInput:
    connection: str
    external_id: str
    kind: Kind | None = None


@strawberry.input(one_of=True, description="One way to name an order.")
class OrderRef:
    id: strawberry.Maybe[strawberry.ID]
    number: strawberry.Maybe[str]
    external: strawberry.Maybe[ExternalRefInput]


@strawberry.input(one_of=True, description="One way to name a customer.")
class CustomerRef:
    id: strawberry.Maybe[strawberry.ID]
    external: strawberry.Maybe[ExternalRefInput]


@strawberry.input(name="DateTimeRange", description="From `from`, before `to`.")
class Between:
    start: datetime | None = strawberry.field(name="from", default=None)
    end: datetime | None = strawberry.field(name="to", default=None)


@strawberry.input(description="Everything given must hold; an empty list filters nothing.")
class OrderWhere:
    stage: list[Stage] | None = None
    payment_state: list[PaymentState] | None = None
    invoice_state: list[InvoiceState] | None = None
    fulfilment_state: list[FulfilmentState] | None = None
    channel: list[str] | None = None
    currency_code: CurrencyCode | None = None
    customer_id: strawberry.ID | None = None
    placed_at: Between | None = None
    updated_at: Between | None = None
    is_on_hold: bool | None = None
    has_drift: bool | None = None
    is_sale: bool | None = None
    is_test: bool | None = None


@strawberry.input
class OrderSort:
    key: OrderSortKey = OrderSortKey.PLACED_AT
    descending: bool = True


@strawberry.input(description="Everything given must hold; an empty list filters nothing.")
class EventWhere:
    connection: list[str] | None = None
    state: list[EventState] | None = None
    kind: list[str] | None = None
    order_id: strawberry.ID | None = None

    async def filter(self, info: Info) -> EventFilter:
        return EventFilter(
            connections=self.connection,
            states=self.state,
            kinds=self.kind,
            order_id=await _golden_id(info, self.order_id),
        )


@strawberry.input(description="Everything given must hold; an empty list filters nothing.")
class CommandWhere:
    connection: list[str] | None = None
    state: list[CommandState] | None = None
    action: list[str] | None = None
    order_id: strawberry.ID | None = None

    async def filter(self, info: Info) -> CommandFilter:
        return CommandFilter(
            connections=self.connection,
            states=self.state,
            actions=self.action,
            order_id=await _golden_id(info, self.order_id),
        )


_MOST_SEARCHED = 200


async def order_filter(info: Info, search: str | None, where: OrderWhere | None) -> OrderFilter:
    if search is not None and len(search) > _MOST_SEARCHED:
        raise bad_input(f"search takes at most {_MOST_SEARCHED} characters")
    where = where or OrderWhere()
    placed, updated = where.placed_at or Between(), where.updated_at or Between()
    return OrderFilter(
        search=search or "",
        stages=where.stage,
        payment_states=where.payment_state,
        invoice_states=where.invoice_state,
        fulfilment_states=where.fulfilment_state,
        channels=where.channel,
        currency=where.currency_code,
        customer_keys=await _customer_keys(info, where.customer_id),
        placed_from=placed.start,
        placed_to=placed.end,
        updated_from=updated.start,
        updated_to=updated.end,
        on_hold=where.is_on_hold,
        drifting=where.has_drift,
        sale=where.is_sale,
        test=where.is_test,
    )


async def _golden_id(info: Info, id: str | None) -> str | None:
    """The order that an old id leads to now; what leads nowhere filters everything out."""
    if id is None:
        return None
    order = await info.context.loaders.orders.load(id)
    return id if order is None else order.id


async def _customer_keys(info: Info, id: str | None) -> list[str] | None:
    """An order names a customer by the key of one record, and a customer may have several."""
    if id is None:
        return None
    customer = await info.context.loaders.customers.load(id)
    return [id] if customer is None else sorted({customer.id, *(view.source.key for view in customer.sources)})
