"""What buyers and staff do in the sandbox's store. Each act sends the webhooks that the store would."""

from collections.abc import Callable, Mapping
from typing import Any

from connectors.woocommerce.sandbox_store import (
    HOME,
    Customer,
    Line,
    Order,
    Refund,
    Store,
    minor_of,
    spread,
)
from hub.sandbox import Act

Tell = Callable[[str, Order | Customer | int], None]  # (topic, the thing, or the id of one that is gone)


class Acts:
    def __init__(self, store: Store, tell: Tell, currency: str) -> None:
        self._store, self._tell, self._currency = store, tell, currency

    def by_name(self) -> Mapping[str, Act]:
        names = (
            "place_order pay_order edit_order set_status refund_order trash_order restore_order delete_order "
            "register_customer update_customer delete_customer fail_deliveries"
        )
        return {name: getattr(self, name) for name in names.split()}

    # --------------------------------------------------------------------------------------------------- orders

    def place_order(
        self,
        *,
        lines: list[dict[str, Any]] | None = None,
        currency: str | None = None,
        tax: str | int = 0,
        shipping: str | int = 0,
        discount: str | int = 0,
        fee: str | int = 0,
        email: str = "ada@example.com",
        phone: str = "+14155550132",
        customer_id: int | str = 0,
        status: str = "processing",
        payment_method: str = "stripe",
        transaction_id: str = "",
        prices_include_tax: bool = False,
        needs_processing: bool = True,
        fields: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """`lines`: [{sku, title, quantity, price}]. `discount` is taken off by a coupon, before tax."""
        money = currency or self._currency
        at = self._store.second()
        wanted = lines or [{"sku": "MUG", "title": "Mug", "quantity": 2, "price": "12.50"}]
        sold = [self._line(each, money) for each in wanted]
        spread(minor_of(discount, money), sold, "discount")
        spread(minor_of(tax, money), sold, "tax")
        order = Order(
            id=self._store.new_id(),
            created_at=at,
            modified_at=at,
            status=status,
            currency=money,
            lines=sold,
            shipping=minor_of(shipping, money),
            fee=minor_of(fee, money),
            billing=HOME | {"email": email, "phone": phone},
            delivery=HOME | {"phone": phone},
            customer=int(customer_id),
            payment_method=payment_method,
            transaction_id=transaction_id,
            coupon="less" if minor_of(discount, money) else "",
            prices_include_tax=prices_include_tax,
            needs_processing=needs_processing,
            paid_at=at if status in ("processing", "completed") else None,
            history=[status],
        )
        self._store.set_fields(order, fields or {})
        self._store.orders[order.id] = order
        self._tell("order.created", order)
        return self._told(order)

    def pay_order(self, order_id: int | str, *, transaction_id: str = "") -> dict[str, Any]:
        order = self._store.order(order_id)
        order.transaction_id = transaction_id or order.transaction_id
        return self.set_status(order_id, status="processing")

    def edit_order(self, order_id: int | str, *, note: str = "", quantity: int | None = None) -> dict[str, Any]:
        """Staff write a note, or sell another quantity of the first line."""
        order = self._store.order(order_id)
        order.note = note or order.note
        if quantity is not None:
            line = order.lines[0]
            line.subtotal, line.quantity = line.subtotal // line.quantity * quantity, quantity
        order.modified_at = self._store.later(order.modified_at)
        self._tell("order.updated", order)
        return self._told(order)

    def set_status(self, order_id: int | str, *, status: str) -> dict[str, Any]:
        order = self._store.order(order_id)
        self._store.set_status(order, status)
        self._tell("order.updated", order)
        return self._told(order)

    def refund_order(
        self,
        order_id: int | str,
        *,
        amount: str | int | None = None,
        reason: str = "",
        lines: list[dict[str, Any]] | None = None,
    ) -> dict[str, Any]:
        """`lines`: [{line: id, quantity}]. Default: all that is left. Arrives as `order.updated`, like any change."""
        order = self._store.order(order_id)
        minor = order.refundable if amount is None else minor_of(amount, order.currency)
        chosen = [(self._line_of(order, each["line"]), int(each["quantity"])) for each in lines or []]
        refund = self._store.give_back(order, minor, reason, chosen, by_gateway=True)
        self._tell("order.updated", order)
        return self._told(order, refund=refund)

    def trash_order(self, order_id: int | str) -> dict[str, Any]:
        order = self._store.order(order_id)
        order.before_trash = order.status
        self._store.set_status(order, "trash")
        self._tell("order.deleted", order.id)
        return self._told(order)

    def restore_order(self, order_id: int | str) -> dict[str, Any]:
        order = self._store.order(order_id)
        self._store.set_status(order, order.before_trash)
        self._tell("order.restored", order)
        return self._told(order)

    def delete_order(self, order_id: int | str) -> dict[str, Any]:
        """For good: not even the trash has it."""
        order = self._store.orders.pop(int(order_id))
        self._tell("order.deleted", order.id)
        return {"order_id": str(order.id)}

    # ------------------------------------------------------------------------------------------------ customers

    def register_customer(self, *, email: str = "ada@example.com", **billing: str) -> dict[str, Any]:
        at = self._store.second()
        home = HOME | {"email": email, "phone": "+14155550132"} | billing
        made = Customer(self._store.new_id(), at, at, email, home)
        self._store.customers[made.id] = made
        self._tell("customer.created", made)
        return {"customer_id": str(made.id)}

    def update_customer(self, customer_id: int | str, **billing: str) -> dict[str, Any]:
        customer = self._store.customers[int(customer_id)]
        if unknown := billing.keys() - customer.billing.keys():
            raise ValueError(f"an address has no {', '.join(sorted(unknown))}")
        customer.billing |= billing
        customer.modified_at = self._store.later(customer.modified_at)
        self._tell("customer.updated", customer)
        return {"customer_id": str(customer.id)}

    def delete_customer(self, customer_id: int | str) -> dict[str, Any]:
        del self._store.customers[int(customer_id)]
        self._tell("customer.deleted", int(customer_id))
        return {"customer_id": str(customer_id)}

    # ------------------------------------------------------------------------------------------------- webhooks

    def fail_deliveries(self, times: int = 1) -> dict[str, Any]:
        """The receiver answered so many deliveries of each webhook with something else than 200 to 302.

        More than five in a row switch it off: `WC_Webhook::failed_delivery`.
        """
        for each in self._store.webhooks.values():
            for _ in range(times):
                if each.failures > 5:
                    each.status = "disabled"
                else:
                    each.failures += 1
        return {"disabled": sorted(each.id for each in self._store.webhooks.values() if each.status == "disabled")}

    # ---------------------------------------------------------------------------------------------------- parts

    def _line(self, said: dict[str, Any], currency: str) -> Line:
        quantity = int(said.get("quantity", 1))
        return Line(
            id=self._store.new_id(),
            title=said.get("title", said.get("sku", "Thing")),
            sku=said.get("sku", ""),
            quantity=quantity,
            subtotal=minor_of(said["price"], currency) * quantity,
        )

    def _line_of(self, order: Order, id: int | str) -> Line:
        return next(line for line in order.lines if str(line.id) == str(id) or line.sku == id)

    def _told(self, order: Order, refund: Refund | None = None) -> dict[str, Any]:
        return {
            "order_id": str(order.id),
            "lines": [str(line.id) for line in order.lines],
            "total": order.total,
            "currency": order.currency,
            "status": order.status,
            "refund": str(refund.id) if refund else None,
        }
