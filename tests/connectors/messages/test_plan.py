"""Who is told of what, and who is not."""

from dataclasses import replace
from typing import Any

import pytest

from connectors.messages.plan import SendMessage
from connectors.twilio.plan import SendSms
from hub.connector import OrderView
from hub.domain.commands import Mismatch
from hub.domain.money import Money
from hub.domain.order import HoldKind
from hub.domain.records import (
    DisputeRecord,
    DisputeStatus,
    Kind,
    MessageChannel,
    MessageRecord,
    MessageStatus,
    Record,
    RefundStatus,
    ShipmentStatus,
    Source,
)
from tests.building import at, order, payment, refund, shipment, view
from tests.connectors.messages.whole import CONNECTORS, settings

SALE = order(phone="+49 30 1234567", email="ada@example.com", name="Ada")
PAID = payment(claims=(SALE.source.key,))


def told(slug: str, *records: Record, **more: Any) -> list[SendMessage | Mismatch]:
    return list(_plan(slug, view(*records, of="there", settings=settings(slug, **more))))


def _plan(slug: str, seen: OrderView) -> Any:
    plan = CONNECTORS[slug].plan
    assert plan is not None
    return plan(seen)


def occasions(slug: str, *records: Record, **more: Any) -> list[str]:
    return [each.target for each in told(slug, *records, **more) if isinstance(each, SendMessage)]


def said(occasion: str, **more: Any) -> MessageRecord:
    given: dict[str, Any] = {
        "source": Source("there", Kind.MESSAGE, f"m-{occasion}"),
        "version": 1,
        "claims": (SALE.source.key,),
        "created_at": at(30),
        "updated_at": at(30),
        "occasion": occasion,
        "channel": MessageChannel.EMAIL,
        "to": "ada@example.com",
        "status": MessageStatus.SENT,
    }
    return MessageRecord(**(given | more))


@pytest.mark.parametrize("slug", CONNECTORS)
def test_nobody_is_told_of_what_was_before_the_start(slug: str) -> None:
    assert occasions(slug, SALE, PAID, start="2027-01-01T00:00:00Z") == []


@pytest.mark.parametrize("slug", CONNECTORS)
def test_test_orders_are_told_only_where_that_is_asked_for(slug: str) -> None:
    sale = replace(SALE, test=True)

    assert occasions(slug, sale, PAID) == []
    assert len(occasions(slug, sale, PAID, test_orders=True)) == 1


@pytest.mark.parametrize("slug", CONNECTORS)
def test_an_unpaid_order_and_a_payment_without_a_sale_tell_nobody(slug: str) -> None:
    assert occasions(slug, SALE) == []
    assert occasions(slug, payment()) == []


@pytest.mark.parametrize(("slug", "occasion"), [("smtp", "confirmed"), ("twilio", "confirmed"), ("slack", "sale")])
def test_what_was_said_is_not_said_again_though_the_order_changes(slug: str, occasion: str) -> None:
    assert occasions(slug, SALE, PAID) == [occasion]

    assert occasions(slug, replace(SALE, version=2, name="Someone else"), PAID, said(occasion)) == []


def test_another_connections_message_stops_nothing() -> None:
    other = said("confirmed", source=Source("elsewhere", Kind.MESSAGE, "m"))

    assert occasions("smtp", SALE, PAID, other) == ["confirmed"]


def test_only_the_occasions_of_the_settings_are_told() -> None:
    assert occasions("smtp", SALE, PAID, occasions=["cancelled"]) == []


def test_each_parcel_is_told_once_whoever_tells_of_it_later() -> None:
    first = shipment("s1", of=SALE, connection="shop", tracking=("TN1",))
    carrier = shipment("c1", of=SALE, connection="carrier", tracking=("TN1",), created_at=at(15), authority=True)
    second = shipment("s2", of=SALE, tracking=("TN2",))
    on = {"occasions": ["shipped"]}

    assert occasions("smtp", SALE, PAID, first, **on) == [f"shipped:{first.source.key}"]
    # "carrier" comes before "shop" in source order: the parcel's golden id changes, the occasion does not.
    assert occasions("smtp", SALE, PAID, first, carrier, **on) == [f"shipped:{first.source.key}"]
    by_carrier = said(f"shipped:{carrier.source.key}")
    assert occasions("smtp", SALE, PAID, first, carrier, by_carrier, second, **on) == [f"shipped:{second.source.key}"]


def test_returns_and_parcels_that_have_not_left_are_not_told() -> None:
    inbound = shipment("r1", of=SALE, inbound=True, tracking=("TN9",))
    waiting = shipment("s1", of=SALE, status=ShipmentStatus.PENDING)

    assert occasions("smtp", SALE, PAID, inbound, waiting, occasions=["shipped"]) == []


def test_a_refund_is_told_once_a_processor_confirms_it() -> None:
    pending = refund(status=RefundStatus.PENDING)
    done = refund(version=2)
    of_the_store = refund("r9", authority=False, connection="shop", amount=77, claims=(SALE.source.key,), of="x")

    assert occasions("smtp", SALE, PAID, pending, occasions=["refunded"]) == []
    assert occasions("smtp", SALE, PAID, of_the_store, occasions=["refunded"]) == []
    assert occasions("smtp", SALE, PAID, done, occasions=["refunded"]) == [f"refunded:{done.source.key}"]


def test_a_cancelled_order_is_told_as_cancelled_and_not_as_confirmed() -> None:
    assert occasions("smtp", replace(SALE, cancelled_at=at(9)), PAID) == ["cancelled"]


def test_an_order_that_does_not_add_up_is_not_confirmed_and_the_team_hears_of_the_hold() -> None:
    odd = replace(SALE, subtotal=Money(9_000, "EUR"))
    odd_lines = view(odd, PAID, of="there", settings=settings("slack")).order

    assert occasions("smtp", odd, PAID) == []
    assert {each.kind for each in odd_lines.holds} == {HoldKind.INVARIANT_BROKEN}
    assert occasions("slack", odd, PAID, occasions=["hold"]) == [f"hold:{each.id}" for each in odd_lines.holds]


def test_a_sale_that_waits_for_its_money_is_told_to_the_team_on_wish_only() -> None:
    assert occasions("slack", SALE, occasions=["hold"]) == []
    assert len(occasions("slack", SALE, occasions=["hold"], holds=["payment_not_verified"])) == 1


def test_a_dispute_is_told_while_it_is_open() -> None:
    dispute = DisputeRecord(
        source=Source("pay", Kind.DISPUTE, "dp_1"),
        version=1,
        claims=PAID.claims,
        created_at=at(40),
        updated_at=at(40),
        status=DisputeStatus.OPEN,
        amount=Money(10_000, "EUR"),
        reason="fraudulent <!channel>",
    )

    (notice,) = told("slack", SALE, PAID, dispute, occasions=["dispute"])
    assert isinstance(notice, SendMessage)
    assert "100.00 EUR, fraudulent &lt;!channel&gt;" in notice.text
    assert occasions("slack", SALE, PAID, replace(dispute, status=DisputeStatus.WON), occasions=["dispute"]) == []


# ------------------------------------------------------------------------------------------------------ to whom


@pytest.mark.parametrize("email", ["ada", "ada@example", "a@b.c\nBcc: eve@example.com", "ä@example.com"])
def test_what_is_no_address_gets_no_mail_and_shows_as_a_drift(email: str) -> None:
    (found,) = told("smtp", replace(SALE, email=email), PAID)

    assert isinstance(found, Mismatch)


def test_a_number_without_its_country_is_not_guessed() -> None:
    (found,) = told("twilio", replace(SALE, phone="030 1234567"), PAID)

    assert isinstance(found, Mismatch)
    assert found.found == "030 1234567"


def test_a_number_is_sent_to_in_e164_form() -> None:
    (found,) = told("twilio", SALE, PAID)

    assert isinstance(found, SendMessage)
    assert found.to == "+49301234567"


def test_who_gave_no_address_gets_no_message_and_is_no_drift() -> None:
    assert told("smtp", replace(SALE, email=""), PAID) == []
    assert told("twilio", replace(SALE, phone=""), PAID) == []


def test_who_opted_out_gets_no_further_sms() -> None:
    no = said("confirmed", to="+49301234567", channel=MessageChannel.SMS, status=MessageStatus.SUPPRESSED)
    parcel = shipment(of=SALE)

    assert occasions("twilio", SALE, PAID, parcel, no) == []
    assert occasions("twilio", SALE, PAID, parcel, replace(no, status=MessageStatus.SENT)) != []


def test_a_text_of_more_sms_than_allowed_is_not_sent() -> None:
    (found,) = told("twilio", replace(SALE, number="#" + "9" * 200), PAID, max_segments=1)

    assert isinstance(found, Mismatch)


def test_two_sms_of_one_text_go_one_after_the_other_so_that_a_look_up_can_tell_them_apart() -> None:
    """A lost SMS is known by its receiver and text: with both under way, the one that came would stand for both."""
    first, second = refund("re_1"), refund("re_2")
    on = {"occasions": ["refunded"]}

    one, other = told("twilio", SALE, PAID, first, second, **on)
    assert isinstance(one, SendSms)
    assert isinstance(other, Mismatch)
    assert other.expected == "sent after the one of the same text"

    sent = said(one.target, source=Source("there", Kind.MESSAGE, "SM1"), to=one.to)
    (next_one,) = told("twilio", SALE, PAID, first, second, sent, **on)
    assert isinstance(next_one, SendSms)
    assert (next_one.known, next_one.text) == (("SM1",), one.text)
