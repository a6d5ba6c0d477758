"""What buyers and staff do in the sandbox's shop, and which webhooks each act sends."""

from collections.abc import Callable, Mapping
from typing import Any

from connectors.shopify import sandbox_rest as rest
from connectors.shopify.sandbox_order import order as order_body
from connectors.shopify.sandbox_shop import Fulfilment, Order, Refund, Shop, Transaction
from connectors.shopify.sandbox_till import HOME, Till, line_of, minor_of, spread

Hooks = Callable[..., None]


class Acts(Till):
    """Amounts are given in major units (`"19.90"`), as the shop's own pages show them."""

    def __init__(self, shop: Shop, hooks: Hooks) -> None:
        super().__init__(shop)
        self._hooks = hooks

    def by_name(self) -> Mapping[str, Callable[..., Any]]:
        return {
            "place_order": self.place_order,
            "edit_order": self.edit_order,
            "add_transaction": self.add_transaction,
            "refund_order": self.refund_order,
            "cancel_order": self.cancel_order,
            "fulfil_order": self.fulfil_order,
            "deliver_parcel": self.deliver_parcel,
            "update_customer": self.update_customer,
        }

    # ---------------------------------------------------------------------------------------------------- sales

    def place_order(
        self,
        *,
        lines: list[dict[str, Any]],
        currency: str | None = None,
        email: str | None = None,
        phone: str | None = None,
        customer: bool | dict[str, Any] = False,
        tax: str | int = 0,
        taxes_included: bool = False,
        shipping: str | int = 0,
        shipping_discount: str | int = 0,
        discount: str | int = 0,
        tip: str | int = 0,
        transactions: list[dict[str, Any]] | None = None,
        note: str | None = None,
        note_attributes: Mapping[str, str] | None = None,
        tags: list[str] | None = None,
        address: dict[str, str] | None = None,
        test: bool = False,
    ) -> dict[str, Any]:
        """A checkout. Discount and tax are spread over the lines. `customer`: false for a guest."""
        currency = currency or self._shop.currency
        at = self._shop.today()
        order = Order(
            id=self._shop.new_id(),
            number=1001 + len(self._shop.orders),
            currency=currency,
            created_at=at,
            updated_at=at,
            lines=[self.line(each, currency) for each in lines],
            shipping=minor_of(shipping, currency),
            shipping_discount=minor_of(shipping_discount, currency),
            tip=minor_of(tip, currency),
            taxes_included=taxes_included,
            email=email,
            phone=phone,
            address=HOME | (address or {}),
            note=note,
            note_attributes=[{"name": name, "value": value} for name, value in (note_attributes or {}).items()],
            tags=sorted(tags or []),
            test=test,
        )
        spread(order.lines, "discount", minor_of(discount, currency))
        spread(order.lines, "tax", minor_of(tax, currency))
        hooks: list[tuple[str, dict[str, Any]]] = []
        if customer:
            order.customer, new = self.customer(customer if isinstance(customer, dict) else {}, email, phone, at)
            if new:
                hooks.append(("customers/create", rest.customer_alone(order.customer, self._shop.currency)))
        self._shop.orders[order.id] = order
        made = [self.transaction(order, at, **each) for each in transactions or []]
        hooks.append(("orders/create", order_body(order)))
        hooks += [("order_transactions/create", rest.transaction(each, order)) for each in made]
        if order.paid and not order.outstanding:
            hooks.append(("orders/paid", order_body(order)))
        self._hooks(*hooks)
        return _told(order, transactions=[str(each.id) for each in made])

    def edit_order(
        self,
        order_id: int | str,
        *,
        add: list[dict[str, Any]] | None = None,
        remove: list[dict[str, Any]] | None = None,
    ) -> dict[str, Any]:
        """`remove`: [{"line": id or SKU, "quantity"}]. What is taken out leaves a refund that moves no money."""
        order = self._shop.order(order_id)
        at = self.touch(order)
        added = [self.line(each, order.currency) for each in add or []]
        order.lines += added
        gone = self.give_back(order, remove or [])
        hooks = [("orders/edited", self.edited(order, at, added, gone))]
        if gone:
            order.refunds.append(Refund(self._shop.new_id(), at, "", gone, [], restock=True))
            hooks.append(("refunds/create", rest.refund(order.refunds[-1], order)))
        self._hooks(*hooks, ("orders/updated", order_body(order)))
        return _told(order, lines=[str(each.id) for each in added])

    def add_transaction(self, order_id: int | str, **said: Any) -> dict[str, Any]:
        """A payment of an open order, or the capture or void of a hold: {gateway, kind, amount, payment_id, status}."""
        order = self._shop.order(order_id)
        was_paid = order.paid > 0 and not order.outstanding
        made = self.transaction(order, self.touch(order), **said)
        hooks = [("order_transactions/create", rest.transaction(made, order)), ("orders/updated", order_body(order))]
        if order.paid and not order.outstanding and not was_paid:
            hooks.append(("orders/paid", order_body(order)))
        self._hooks(*hooks)
        return _told(order, transaction=str(made.id))

    def refund_order(
        self,
        order_id: int | str,
        amount: str | int | None = None,
        *,
        lines: list[dict[str, Any]] | None = None,
        transaction: int | str | None = None,
        payment_id: str | None = None,
        status: str = "success",
        reason: str = "",
    ) -> dict[str, Any]:
        """Gives `amount` back (default: all that is left) from `transaction` (default: the last that took money)."""
        order = self._shop.order(order_id)
        taken = [each for each in order.transactions if each.kind in ("sale", "capture") and each.status == "success"]
        source = next((each for each in reversed(taken) if transaction in (None, each.id, str(each.id))), None)
        minor = order.paid - order.refunded if amount is None else minor_of(amount, order.currency)
        if source is None or minor <= 0 or minor > order.paid - order.refunded:
            raise ValueError("there is not so much to give back")
        at = self.touch(order)
        receipt = {"id": payment_id} if payment_id else {}
        made = Transaction(
            self._shop.new_id(), "refund", source.gateway, minor, status, at, source.id, payment_id, receipt
        )
        order.transactions.append(made)
        refund = Refund(
            self._shop.new_id(), at, reason, self.give_back(order, lines or []), [made], restock=bool(lines)
        )
        order.refunds.append(refund)
        self._hooks(
            ("refunds/create", rest.refund(refund, order)),
            ("order_transactions/create", rest.transaction(made, order)),
            ("orders/updated", order_body(order)),
        )
        return _told(order, refund=str(refund.id), transaction=str(made.id))

    def cancel_order(self, order_id: int | str, *, reason: str = "customer", restock: bool = True) -> dict[str, Any]:
        """Voids what is held on cards, gives no money back."""
        order = self._shop.order(order_id)
        if order.cancelled_at:
            raise ValueError("the order is cancelled already")
        at = self.touch(order)
        hooks = []
        held = [each for each in order.transactions if each.kind == "authorization" and each.status == "success"]
        for hold in [] if order.paid else held:
            void = Transaction(self._shop.new_id(), "void", hold.gateway, hold.amount, "success", at, hold.id)
            order.transactions.append(void)
            hooks.append(("order_transactions/create", rest.transaction(void, order)))
        left = [{"line": each.id, "quantity": each.left} for each in order.lines if each.left]
        order.cancelled_at, order.cancel_reason = at, reason
        if left:
            order.refunds.append(Refund(self._shop.new_id(), at, "", self.give_back(order, left), [], restock=restock))
            hooks.append(("refunds/create", rest.refund(order.refunds[-1], order)))
        self._hooks(("orders/cancelled", order_body(order)), *hooks, ("orders/updated", order_body(order)))
        return _told(order)

    # ---------------------------------------------------------------------------------------------------- goods

    def fulfil_order(
        self,
        order_id: int | str,
        *,
        lines: list[dict[str, Any]] | None = None,
        tracking: str | None = None,
        carrier: str | None = None,
        url: str | None = None,
    ) -> dict[str, Any]:
        """`lines`: [{"line": id or SKU, "quantity"}]; default: all that is left and has to be shipped."""
        order = self._shop.order(order_id)
        everything = [{"line": each.id, "quantity": each.left} for each in order.lines if each.requires_shipping]
        chosen = [(line_of(order, each["line"]), int(each["quantity"])) for each in lines or everything]
        sent = [(line, quantity) for line, quantity in chosen if quantity > 0]
        if order.cancelled_at or not sent or any(quantity > line.left for line, quantity in sent):
            raise ValueError("The fulfillment order is not in an open state")
        at = self.touch(order)
        for line, quantity in sent:
            line.fulfilled += quantity
        number = len(order.fulfilments) + 1
        parcel = Fulfilment(self._shop.new_id(), number, at, at, sent, carrier, tracking, url)
        order.fulfilments.append(parcel)
        topic = "orders/fulfilled" if order.fulfilment_status == "fulfilled" else "orders/partially_fulfilled"
        self._hooks(
            ("fulfillments/create", rest.fulfilment_alone(parcel, order)),
            (topic, order_body(order)),
            ("orders/updated", order_body(order)),
        )
        return _told(order, fulfilment=parcel.id)

    def deliver_parcel(
        self, order_id: int | str, *, fulfilment: int | str | None = None, status: str = "delivered"
    ) -> dict[str, Any]:
        """The carrier says so: `in_transit`, `delivered`. The order itself does not change by it."""
        order = self._shop.order(order_id)
        parcel = next(
            (each for each in order.fulfilments if fulfilment in (None, each.id, str(each.id))),
            None,
        )
        if parcel is None:
            raise ValueError("no such fulfilment")
        parcel.shipment_status, parcel.updated_at = status, self._shop.later(parcel.updated_at)
        self._hooks(("fulfillments/update", rest.fulfilment_alone(parcel, order)))
        return _told(order)

    def tag(self, order: Order, tags: list[str], *, present: bool) -> None:
        after = sorted(set(order.tags) | set(tags) if present else set(order.tags) - set(tags))
        if after != order.tags:
            self.touch(order)
            order.tags = after
            self._hooks(("orders/updated", order_body(order)))

    def update_customer(self, customer_id: int | str, **changes: Any) -> dict[str, Any]:
        """first_name, last_name, email, phone, note, address."""
        said = self._shop.customers[int(customer_id)]
        for name, value in changes.items():
            if name not in ("first_name", "last_name", "email", "phone", "note", "address"):
                raise ValueError(f"a customer has no {name}")
            setattr(said, name, value)
        said.updated_at = self._shop.later(said.updated_at)
        self._hooks(("customers/update", rest.customer_alone(said, self._shop.currency)))
        return {"customer": str(said.id)}


def _told(order: Order, **more: Any) -> dict[str, Any]:
    return {
        "order_id": str(order.id),
        "name": f"#{order.number}",
        "total": rest.major(order.total, order.currency),
        "outstanding": rest.major(order.outstanding, order.currency),
        "currency": order.currency,
        "customer_id": str(order.customer.id) if order.customer else None,
        **more,
    }
