"""An order's money as lines of an invoice: with their tax they are the order's total, to the minor unit."""

from collections.abc import Sequence
from dataclasses import replace

from connectors.xero.commands import BookLine
from connectors.xero.settings import XeroSettings
from hub.domain.money import Money
from hub.domain.order import Order, Refund


def invoice_lines(order: Order, settings: XeroSettings) -> tuple[str, tuple[BookLine, ...]]:
    """(LineAmountTypes, lines). See `docs/connectors/xero.md` for what each way of booking tax means."""
    if settings.tax == "line":
        lines = [*_goods(order, settings), *_parts(order, settings), *_tax_lines(order, settings)]
        return "NoTax", _squared(order, settings, lines, Money.zero(order.currency))
    goods, parts = _taxed(order, _goods(order, settings), _parts(order, settings), settings)
    lines = [*goods, *parts] or [
        _whole(order, settings, order.total if order.tax_included else order.total - order.tax)
    ]
    if not goods and not parts:
        lines = [_with_tax(lines[0], order.tax, settings)]
    on_top = Money.zero(order.currency) if order.tax_included else order.tax
    return "Inclusive" if order.tax_included else "Exclusive", _squared(order, settings, lines, on_top)


def credit_lines(order: Order, refund: Refund, settings: XeroSettings) -> tuple[str, tuple[BookLine, ...]]:
    """One line: which goods it is for, most systems do not say. Its tax is the order's in proportion."""
    text = " · ".join(part for part in (f"Refund of order {order.number}", refund.reason) if part)
    line = BookLine(text=text, account=settings.refund_account or settings.sales_account, amount=refund.amount)
    if settings.tax == "line":
        return "NoTax", (line,)
    share = (2 * order.tax.minor * refund.amount.minor + order.total.minor) // (2 * order.total.minor or 1)
    return "Inclusive", (_with_tax(line, Money(min(share, refund.amount.minor), order.currency), settings),)


def _goods(order: Order, settings: XeroSettings) -> list[BookLine]:
    lines = []
    for line in order.lines:
        # Xero refuses a line whose amount is not quantity times price: then it is one piece of that amount.
        exact = line.quantity > 0 and line.unit_price.minor * line.quantity == line.total.minor
        lines.append(
            BookLine(
                text=" · ".join(part for part in (line.title, line.sku) if part) or "Item",
                account=settings.sales_account,
                amount=line.total,
                quantity=line.quantity if exact else None,
                unit_price=line.unit_price if exact else None,
            )
        )
    return lines


def _parts(order: Order, settings: XeroSettings) -> list[BookLine]:
    sales = settings.sales_account
    fees = settings.fees_account or sales
    parts = (
        ("Discount", settings.discount_account or sales, -order.discount),
        ("Shipping", settings.shipping_account or sales, order.shipping),
        ("Tip", fees, order.tip),
        ("Fees", fees, order.fees),
    )
    return [BookLine(text=text, account=account, amount=amount) for text, account, amount in parts if amount]


def _tax_lines(order: Order, settings: XeroSettings) -> list[BookLine]:
    account = settings.tax_account or settings.sales_account
    if not order.tax:
        return []
    tax = BookLine(text="Tax", account=account, amount=order.tax)
    if not order.tax_included:
        return [tax]
    if account == settings.sales_account:
        return []  # prices hold it already, on the same account
    # Moved from revenue to the tax account; the total stays.
    return [BookLine(text="Tax, contained in prices", account=settings.sales_account, amount=-order.tax), tax]


def _taxed(
    order: Order, goods: list[BookLine], parts: list[BookLine], settings: XeroSettings
) -> tuple[list[BookLine], list[BookLine]]:
    """The order's tax on its lines: as each line says; the rest is shipping's, or, where no line says any, of all."""
    taxes = [line.tax for line in order.lines]
    told = sum(taxes, start=Money.zero(order.currency))
    rest = order.tax - told
    on_shipping = Money.zero(order.currency)
    if rest and told and any(line.text == "Shipping" for line in parts):
        on_shipping = rest
    elif rest and goods:
        shares = _spread(rest, [abs(line.amount.minor) for line in goods])
        taxes = [tax + share for tax, share in zip(taxes, shares, strict=True)]
    elif rest and parts:
        first = [order.tax, *[Money.zero(order.currency)] * (len(parts) - 1)]
        return goods, [_with_tax(line, tax, settings) for line, tax in zip(parts, first, strict=True)]
    new_parts = []
    for line in parts:
        if line.text == "Discount" and order.tax:
            # It lowers what is taxed; by how much the tax was lower is in the lines' own tax already.
            new_parts.append(replace(line, tax_type=settings.tax_type or "", tax=Money.zero(order.currency)))
        else:
            tax = on_shipping if line.text == "Shipping" else Money.zero(order.currency)
            new_parts.append(_with_tax(line, tax, settings))
    return [_with_tax(line, tax, settings) for line, tax in zip(goods, taxes, strict=True)], new_parts


def _with_tax(line: BookLine, tax: Money, settings: XeroSettings) -> BookLine:
    return replace(line, tax_type=(settings.tax_type if tax else settings.no_tax_type) or "", tax=tax)


def _spread(amount: Money, weights: Sequence[int]) -> list[Money]:
    """In proportion, whole minor units, the sum exact. The last one takes what rounding leaves."""
    whole = sum(weights) or 1
    shares = [amount.minor * weight // whole for weight in weights]
    shares[-1] += amount.minor - sum(shares)
    return [Money(share, amount.currency) for share in shares]


def _squared(
    order: Order, settings: XeroSettings, lines: Sequence[BookLine], tax_on_top: Money
) -> tuple[BookLine, ...]:
    """An order that does not add up is on hold; a person who let it go on wants its total booked, and to see why."""
    found = list(lines)
    if rest := order.total - sum((line.amount for line in found), start=tax_on_top):
        text, account = "Difference between the order's total and its parts", settings.fees_account
        line = BookLine(text=text, account=account or settings.sales_account, amount=rest)
        found.append(line if settings.tax == "line" else _with_tax(line, Money.zero(order.currency), settings))
    return tuple(found) or (_whole(order, settings, order.total),)


def _whole(order: Order, settings: XeroSettings, amount: Money) -> BookLine:
    return BookLine(text=f"Order {order.number}", account=settings.sales_account, amount=amount)
