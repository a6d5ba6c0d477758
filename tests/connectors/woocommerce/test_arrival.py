"""Webhooks come twice, late and in any order: the order that the hub holds is the same."""

from itertools import permutations

from connectors.woocommerce.sandbox import WooCommerceSandbox
from hub.decide.fold import fold_order
from hub.decide.identity import partition
from hub.domain.order import Order
from hub.domain.records import Record
from tests.conftest import Time
from tests.connectors.woocommerce.store import Said, heard, newest, records, sandbox


def lived() -> WooCommerceSandbox:
    """An order that was placed, paid, edited, given back in part, completed, trashed and restored, an act a minute."""
    clock = Time()
    store = sandbox(clock)
    acts = store.acts()
    order = acts["place_order"](status="pending", transaction_id="pi_1")["order_id"]
    for act, said in (
        ("pay_order", {}),
        ("edit_order", {"note": "ring twice"}),
        ("refund_order", {"amount": "5.00"}),
        ("set_status", {"status": "completed"}),
        ("trash_order", {}),
        ("restore_order", {}),
    ):
        clock.forward(minutes=1)
        acts[act](order, **said)
    return store


def folded(said: list[Record]) -> Order:
    (group,) = (each for each in partition(newest(list(said)).values()) if each.records[0].kind != "customer")
    return fold_order(group)


def test_any_order_of_arrival_with_duplicates_ends_in_the_same_order() -> None:
    words = [records(heard_one) for heard_one in each_word(lived())]
    arrivals = [*permutations(words, len(words))][::97]

    orders = {repr(folded([record for word in (*arrival, arrival[0]) for record in word])) for arrival in arrivals}

    assert len(words) == 6
    assert len(arrivals) > 5
    assert len(orders) == 1


def each_word(store: WooCommerceSandbox) -> list[list[Said]]:
    """What each webhook says. A deletion is a hint, by which the hub asks: nothing of it can come late."""
    told: list[list[Said]] = []
    for number in range(len(store.deliveries)):
        one = WooCommerceSandbox(now=store.now)
        one.deliveries = [store.deliveries[number]]
        said = heard(one)
        if records(said):
            told.append(said)
    return told
