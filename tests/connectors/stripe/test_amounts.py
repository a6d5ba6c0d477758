import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.stripe.amounts import from_stripe, to_stripe
from hub.domain.currencies import DECIMALS
from hub.domain.money import Money


@pytest.mark.parametrize(
    ("amount", "currency", "exact"),
    [
        (1990, "eur", Money(1990, "EUR")),
        (10_000, "jpy", Money(10_000, "JPY")),
        (5, "mga", Money(500, "MGA")),  # no decimals at Stripe, two in ISO 4217
        (500, "isk", Money(5, "ISK")),  # two decimals at Stripe, none in ISO 4217
        (500, "ugx", Money(5, "UGX")),
        (12_340, "kwd", Money(12_340, "KWD")),
    ],
)
def test_amounts_become_iso_4217_minor_units_and_back_exactly(amount: int, currency: str, exact: Money) -> None:
    assert from_stripe(amount, currency) == exact
    assert to_stripe(exact) == amount


@pytest.mark.parametrize(("amount", "currency"), [(501, "isk"), (1, "ugx"), (1, "zzz"), (1, "clf"), (1, "iqd")])
def test_what_is_not_whole_or_not_known_is_refused(amount: int, currency: str) -> None:
    with pytest.raises(ValueError, match=r"whole|ISO 4217|not known"):
        from_stripe(amount, currency)


@pytest.mark.parametrize("money", [Money(12_345, "KWD"), Money(501, "MGA")])
def test_what_stripe_cannot_take_is_not_sent(money: Money) -> None:
    with pytest.raises(ValueError, match="Stripe"):
        to_stripe(money)


@given(st.sampled_from(sorted(DECIMALS)), st.integers(0, 10**12))
def test_no_currency_loses_a_unit_on_the_way_there_and_back(currency: str, amount: int) -> None:
    try:
        money = from_stripe(amount, currency)
    except ValueError:
        return
    try:
        assert to_stripe(money) == amount
    except ValueError:
        assert currency in {"BHD", "JOD", "KWD", "OMR", "TND"}
