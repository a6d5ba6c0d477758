"""A refund whose outcome nobody knows is not asked for again of another capture."""

from typing import Any

import pytest

from connectors.paypal import CONNECTOR
from connectors.paypal.sandbox import PayPalSandbox
from hub.domain.money import Money
from hub.domain.records import Kind, PaymentRecord, RefundRequestRecord, Source, vendor_key
from hub.store.database import Database
from tests.building import at, order, payment
from tests.conftest import Time
from tests.connectors.paypal.app import of
from tests.small_hub import SmallHub

SALE = order(total=10_000)


def captured(external_id: str, **more: Any) -> PaymentRecord:
    """One of two captures of one PayPal order."""
    names = (vendor_key("paypal", external_id), vendor_key("paypal", "7ORD"))
    return payment(
        f"captures/{external_id}", captured=5_000, claims=(*names, SALE.source.key), identity=names[1], **more
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_refund_that_may_have_been_made_is_not_made_of_another_capture(db: Database, time: Time) -> None:
    app = PayPalSandbox(now=time)
    hub = SmallHub(db, time, {"pay": (CONNECTOR, of(app), app)})
    await hub.open()
    first, second = sorted(app.pay("50.00", "EUR")["capture"] for _ in range(2))
    request = RefundRequestRecord(
        source=Source("hub", Kind.REFUND_REQUEST, "rr_1"),
        version=1,
        claims=(SALE.source.key,),
        created_at=at(30),
        updated_at=at(30),
        amount=Money(5_000, "EUR"),
        payment=captured(first).source.key,
        by="ada",
    )
    await hub.say(SALE, captured(first), captured(second), request)
    await hub.plan()
    app.faults.drop_replies = 1
    await hub.deliver()
    app.faults.refuse, app.faults.status = 1, 404
    time.forward(minutes=1)
    await hub.deliver()  # parked: what became of it, nobody knows

    await hub.say(captured(first, refunded=5_000, version=2))
    await hub.settle()

    await hub.close()
    assert len(app.ledger.refunds) == 1
