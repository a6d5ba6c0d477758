"""An order's money as lines of an invoice: their sum is the order's total, to the minor unit."""

from connectors.quickbooks.commands import BookLine
from connectors.quickbooks.settings import QuickBooksSettings
from hub.domain.money import Money
from hub.domain.order import Order, Refund


def invoice_lines(order: Order, settings: QuickBooksSettings) -> tuple[BookLine, ...]:
    """Every part is a line of its own item, since QuickBooks' own discount, shipping and tax fields depend on the
    company's preferences and country, and its tax engine would compute another tax than the one that was charged."""
    goods, tax_item = settings.item_id, settings.tax_item_id or settings.item_id
    fees_item = settings.fees_item_id or goods
    lines = [
        BookLine(
            text=" · ".join(part for part in (line.title, line.sku) if part),
            item=goods,
            amount=line.total,
            # Only a price that gives exactly the amount: QuickBooks refuses the line otherwise (6070).
            quantity=line.quantity if _exact(line.quantity, line.unit_price, line.total) else None,
            unit_price=line.unit_price if _exact(line.quantity, line.unit_price, line.total) else None,
        )
        for line in order.lines
    ]
    parts = [
        ("Discount", settings.discount_item_id or goods, -order.discount),
        ("Shipping", settings.shipping_item_id or goods, order.shipping),
        ("Tip", fees_item, order.tip),
        ("Fees", fees_item, order.fees),
    ]
    if not order.tax_included:
        parts.append(("Tax", tax_item, order.tax))
    elif tax_item != goods:
        # Prices hold the tax: it is moved from revenue to the tax item, and the total stays.
        parts += [("Tax, contained in prices", goods, -order.tax), ("Tax", tax_item, order.tax)]
    lines += [BookLine(text=text, item=item, amount=amount) for text, item, amount in parts if amount]
    # An order that does not add up is on hold; a person who let it go on wants its total booked, and to see why.
    if rest := order.total - sum((line.amount for line in lines), start=Money.zero(order.currency)):
        lines.append(BookLine(text="Difference between the order's total and its parts", item=fees_item, amount=rest))
    return tuple(lines) or (BookLine(text=f"Order {order.number}", item=goods, amount=order.total),)


def credit_lines(order: Order, refund: Refund, settings: QuickBooksSettings) -> tuple[BookLine, ...]:
    """One line: which goods or taxes it is for, most systems do not say."""
    text = " · ".join(part for part in (f"Refund of order {order.number}", refund.reason) if part)
    return (BookLine(text=text, item=settings.item_id, amount=refund.amount),)


def _exact(quantity: int, price: Money, amount: Money) -> bool:
    return quantity > 0 and price.minor * quantity == amount.minor
