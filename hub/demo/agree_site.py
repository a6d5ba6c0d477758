"""Do the site, its wallet and ledger, the carriers, the CRM and the messages agree with the hub?"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.paypal.reversals import reference_of
from hub.demo.cast import CARRIED, SITE
from hub.demo.verdict import Verdict, money, name_of, not_once
from hub.domain.money import Money

Orders = Sequence[Mapping[str, Any]]
_OF = re.compile(r"ord_[0-9a-z]+")
_LIVE = ("pending", "on-hold", "processing", "completed", "refunded")
_CONFIRMED = ("paid", "shipped", "delivered", "completed")


def site_agrees(verdict: Verdict, state: Mapping[str, Any], orders: Orders) -> None:
    by_id = {
        source["externalId"]: order
        for order in orders
        for source in order["sources"]
        if source["connection"] == SITE and source["kind"] == "ORDER"
    }
    for sold in state["orders"]:
        verdict.counts[SITE]["orders"] += 1
        verdict.counts[SITE][sold["status"]] += 1
        order = by_id.get(str(sold["id"]))
        if order is None:
            verdict.faults.append(f"{SITE} {sold['number']}: the hub does not know it")
            continue
        theirs, ours = Money.parse(sold["total"], "USD"), money(order["total"], "USD")
        if theirs != ours:
            verdict.faults.append(f"{name_of(order)}: the site says {theirs}, the hub {ours}")
        over = order["stage"] == "CANCELLED"  # what was given back in full cannot be cancelled at the site any more
        if sold["status"] not in (("cancelled", "refunded") if over else _LIVE):
            verdict.faults.append(f"{name_of(order)}: {sold['status']} at the site, {order['stage']} in the hub")
        back = sum((Money.parse(each["amount"], "USD") for each in sold["refunds"]), start=Money.zero("USD"))
        if back != money(order["refunded"], "USD"):
            verdict.faults.append(f"{name_of(order)}: {back} given back at the site, {order['refunded']} in the hub")
        left = order["fulfilmentState"] in ("FULFILLED", "DELIVERED")
        if left and order["mayFulfil"] and sold["status"] not in ("completed", "refunded"):
            verdict.faults.append(f"{name_of(order)}: its parcels left, the site says {sold['status']}")


def wallet_agrees(verdict: Verdict, state: Mapping[str, Any], orders: Orders) -> None:
    taken: Counter[str] = Counter()
    back: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for each in state["captures"]:
        if each["status"] != "DECLINED":
            taken[f"captures/{each['id']}"] = _minor(each["amount"])
            verdict.counts["wallet"]["captures"] += 1
    for each in state["refunds"]:
        verdict.counts["wallet"]["refunds"] += 1
        back[f"captures/{each['capture']}"] += _minor(each["amount"])
        asked[reference_of(each.get("custom_id"))[0]] += 1
    for order in orders:
        mine = {source["externalId"] for source in order["sources"] if source["connection"] == "wallet"}
        for word, there, here in (("took", taken, "captured"), ("gave back", back, "refunded")):
            theirs, ours = sum(there[each] for each in mine), money(order[here], "USD").minor
            if theirs != ours:
                verdict.faults.append(f"{name_of(order)}: PayPal {word} {Money(theirs, 'USD')}, the hub says other")
        verdict.faults += not_once(order, asked)


def ledger_agrees(verdict: Verdict, state: Mapping[str, Any], orders: Orders) -> None:
    counts = verdict.counts["ledger"]
    invoices = [each for each in state["Invoices"] if each["Status"] in ("AUTHORISED", "PAID")]
    counts["invoices"], counts["credit notes"] = len(invoices), len(state["CreditNotes"])
    counts["payments"], counts["contacts"] = len(state["Payments"]), len(state["Contacts"])
    booked = Counter(_order_in(each.get("Reference", "")) for each in invoices)
    of = {_order_in(each.get("Reference", "")): each for each in invoices}
    credited: Counter[str] = Counter()
    for note in state["CreditNotes"]:
        credited[_order_in(note.get("Reference", ""))] += Money.parse(str(note["Total"]), "USD").minor
    for order in orders:
        paid = order["paymentState"] in ("PAID", "PARTIALLY_REFUNDED", "REFUNDED")
        times = booked[order["id"]]
        if times > 1 or (paid and order["stage"] != "CANCELLED" and times == 0):
            verdict.faults.append(f"{name_of(order)}: invoiced {times} times in the ledger")
        if times and Money.parse(str(of[order["id"]]["Total"]), "USD") != money(order["total"], "USD"):
            verdict.faults.append(f"{name_of(order)}: invoice of {of[order['id']]['Total']}, order of {order['total']}")
        if times and credited[order["id"]] != money(order["refunded"], "USD").minor:
            verdict.faults.append(f"{name_of(order)}: {order['refunded']} given back, {credited[order['id']]} credited")


def labels_agree(verdict: Verdict, states: Mapping[str, Mapping[str, Any]], orders: Orders) -> None:
    """One label for each order that may leave; none for any other."""
    labels: Counter[str] = Counter()
    for each in states["carrier_us"]["shipments"]:
        if each["postage_label"] and each["refund_status"] in (None, "rejected"):
            labels[_order_in(each["reference"] or "")] += 1
            verdict.counts["carrier_us"]["labels"] += 1
    for each in states.get("carrier_site", {}).get("labels", ()):
        if not each["voided"] and not each["is_return_label"]:
            labels[_order_in(each["external_order_id"] or "")] += 1
            verdict.counts["carrier_site"]["labels"] += 1
    carried = CARRIED if "carrier_site" in states else ("shop_us",)
    for order in orders:
        times = labels[order["id"]]
        due = (
            order["mayFulfil"]
            and order["channel"] in carried
            and order["fulfilmentState"] != "NOT_NEEDED"
            and order["paymentState"] != "REFUNDED"
        )
        if times > 1 or (due and not times):
            verdict.faults.append(f"{name_of(order)}: {times} labels were bought")
        if times and not order["shipments"]:
            verdict.faults.append(f"{name_of(order)}: a label was bought that the hub does not show")


def deals_agree(
    verdict: Verdict, connection: str, deals: Mapping[str, int], contacts: Sequence[str], orders: Orders
) -> None:
    """`deals`: how many each order has there; what was cancelled before anybody told of it has none. `contacts`: their
    e-mail addresses.
    """
    verdict.counts[connection]["deals"], verdict.counts[connection]["contacts"] = sum(deals.values()), len(contacts)
    for order in orders:
        times = deals.get(order["id"], 0)
        if times != 1 and (times or order["stage"] != "CANCELLED"):
            verdict.faults.append(f"{name_of(order)}: {times} deals in {connection}")
    for email, times in Counter(email.lower() for email in contacts if email).items():
        if times > 1:
            verdict.faults.append(f"{connection}: {times} contacts have the address {email}")


def messages_agree(verdict: Verdict, states: Mapping[str, Mapping[str, Any]], orders: Orders) -> None:
    """Nobody is told anything twice, and every buyer whose order is sure knows it."""
    mails = Counter((each["order"], each["occasion"]) for each in states["mail"]["messages"])
    texts = Counter((each["to"], each["body"]) for each in states["sms"]["messages"] if each["direction"] != "inbound")
    notes = Counter(each["text"] for each in states["team"]["messages"])
    for connection, sent in (("mail", mails), ("sms", texts), ("team", notes)):
        verdict.counts[connection]["messages"] = sum(sent.values())
        verdict.faults += [f"{connection}: {what} was sent {times} times" for what, times in sent.items() if times > 1]
    stopped = set(states["sms"]["opted_out"])
    after = [to for (to, _body) in texts if to in stopped]
    verdict.faults += [f"sms: {to} wants no messages and got one" for to in after]
    for order in orders:
        if order["channel"] not in CARRIED or not order["email"] or order["stage"] == "CANCELLED":
            continue
        due = order["stage"].lower() in _CONFIRMED
        if due and not mails[(order["id"], "confirmed")]:
            verdict.faults.append(f"{name_of(order)}: the buyer was not told that it is paid")


def _order_in(text: str) -> str:
    found = _OF.search(text)
    return found.group() if found else ""


def _minor(amount: Mapping[str, Any]) -> int:
    return Money.parse(amount["value"], amount["currency_code"]).minor
