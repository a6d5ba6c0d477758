"""Money on the way in and out."""

from decimal import Decimal

import strawberry

from hub.domain import money as domain
from schema.scalars import CurrencyCode


@strawberry.type(description="An exact amount. `amount` always has the currency's decimals: USD 2, JPY 0, KWD 3.")
class Money:
    major: Decimal = strawberry.field(name="amount")
    currency: CurrencyCode = strawberry.field(name="currencyCode")


@strawberry.input(description="An exact amount. More decimals than the currency has are refused, not rounded.")
class MoneyInput:
    amount: Decimal
    currency_code: CurrencyCode

    def exact(self) -> domain.Money:
        """Raises `ValueError`."""
        return domain.Money.parse(self.amount, self.currency_code)
