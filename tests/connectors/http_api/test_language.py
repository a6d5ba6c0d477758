from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from connectors.http_api.language import LONGEST, Claimed, Expression, Own, Unfit, decode, encode
from hub.domain.money import Money
from hub.domain.records import Kind


def of(text: str, given: Any = None) -> Any:
    return Expression(text)(given if given is not None else {})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a.", "not JMESPath"),
        ("", "not JMESPath"),
        ("[" * 400 + "a" + "]" * 400, "not JMESPath"),
        ("lowr(a)", "unknown function lowr(), did you mean lower()?"),
        ("money(a)", "money() takes 2 arguments, not 1"),
        ("items[].lowr(@)", "unknown function lowr()"),
        ("concat()", "concat() takes at least 1 arguments, not 0"),
        ("a == 'b' && !order.cancelled_at", "write `!(a.b)`"),
        ("a" * (LONGEST + 1), f"up to {LONGEST} characters"),
    ],
)
def test_an_expression_that_cannot_be_meant_is_refused_with_a_reason(text: str, words: str) -> None:
    with pytest.raises(ValueError) as told:
        Expression(text)

    assert words in str(told.value)


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("money(a, 'EUR')", {"a": "1,50"}),
        ("money(a, 'EUR')", {"a": "1.505"}),
        ("money(a, 'EUR')", {"a": True}),
        ("money(a, 'XYZ')", {"a": "1"}),
        ("money(a, b)", {"a": "1", "b": 7}),
        ("minor(a, 'EUR')", {"a": Decimal("1.5")}),
        ("time(a)", {"a": "2026-11-22T12:00:00"}),
        ("time(a)", {"a": Decimal("1e999999999")}),
        ("time(a)", {"a": -1}),
        ("local_time(a, 'Nowhere/At_All')", {"a": "2026-11-22"}),
        ("source('planet', a)", {"a": "1"}),
        ("lower(a)", {"a": ["x"]}),
        ("sum(a)", {"a": ["x"]}),
        ("number(a)", {"a": "1e5"}),
    ],
)
def test_what_does_not_fit_names_the_expression(text: str, given: Any) -> None:
    with pytest.raises(Unfit, match=r"^\w+\("):
        of(text, given)


def test_a_misspelt_path_is_null_and_so_is_what_functions_make_of_it() -> None:
    for text in (
        "nowhere",
        "a.b.c",
        "money(nowhere, 'EUR')",
        "time(nowhere)",
        "lower(nowhere)",
        "vendor('x', nowhere)",
    ):
        assert of(text, {"a": 1}) is None


def test_amounts_are_exact_to_the_digit_from_texts_numbers_and_minor_units() -> None:
    body = decode(b'{"text": "0.10", "number": 1234567890.07, "cents": 1990, "whole": 5}')

    assert of("money(text, 'EUR')", body) == Money(10, "EUR")
    assert of("money(number, 'eur')", body) == Money(123_456_789_007, "EUR")
    assert of("money(whole, 'JPY')", body) == Money(5, "JPY")
    assert of("minor(cents, 'KWD')", body) == Money(1990, "KWD")
    assert encode(body) == b'{"text":"0.10","number":1234567890.07,"cents":1990,"whole":5}'


def test_times_are_utc_from_texts_seconds_milliseconds_and_a_zone() -> None:
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    stamp = int(noon.timestamp())

    assert of("time('2026-11-22T13:00:00+01:00')") == noon
    assert of("time(a)", {"a": stamp}) == of("time(a)", {"a": stamp * 1000}) == of("time(a)", {"a": str(stamp)}) == noon
    assert of("local_time('2026-11-22T13:00', 'Europe/Berlin')") == noon
    assert of("local_time('2026-07-01', 'Europe/Berlin')") == datetime(2026, 6, 30, 22, tzinfo=UTC)


def test_claims_come_only_of_functions_that_make_them() -> None:
    assert of("vendor('stripe', 'pi_1')") == Claimed("stripe/pi_1")
    assert of("source('invoice', `7`)") == Own(Kind.INVOICE, "7")


def test_words_are_made_and_cut() -> None:
    given = {"first": " Ada ", "n": 7, "no": False, "tags": "a,b", "land": "gb"}

    assert of("concat(trim(first), '-', n)", given) == "Ada-7"
    assert of("default(no, `true`)", given) is False
    assert of("split(tags, ',')", given) == ["a", "b"]
    assert of("country(land)", given) == "GB"
    assert of("country(first)", given) is None
    assert of("to_string(n)", decode(b'{"n": 0.10}')) == "0.10"


def test_the_functions_of_jmespath_take_exact_decimals() -> None:
    given = decode(b'{"prices": [0.1, 0.2, 1]}')

    assert of("sum(prices)", given) == Decimal("1.3")
    assert of("max(prices)", given) == 1
    assert of("prices[?@ > `0`] | length(@)", given) == 3
