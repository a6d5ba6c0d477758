"""Do all systems agree at the end of the day? Each is asked for itself, and held against the others."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from hub.demo.agree_site import (
    deals_agree,
    labels_agree,
    ledger_agrees,
    messages_agree,
    site_agrees,
    wallet_agrees,
)
from hub.demo.cast import SHOPS, SITE
from hub.demo.place import Place
from hub.demo.verdict import Verdict, money, name_of, not_once
from hub.domain.money import Money

_ORDERS = """query($after: String) {orders(first: 100, after: $after, where: {isSale: true}) {
  pageInfo {hasNextPage endCursor}
  nodes {
    id number channel stage mayFulfil currencyCode
    total {amount} captured {amount} refunded {amount} invoiced {amount} credited {amount}
    holds {kind isActive reason}
    drifts {connection about expected found}
    refundRequests {id isDone}
    sources {connection kind externalId}
    paymentState fulfilmentState email
    shipments {status}
    invoices {source {externalId} status total {amount} balance {amount}}
  }
}}"""


async def agree(place: Place, http: httpx.AsyncClient) -> Verdict:
    verdict = Verdict()
    orders = await _orders(place, http)
    states = {name: await place.state(http, name) for name in place.connections}
    by_source = {
        (source["connection"], source["externalId"]): order
        for order in orders
        for source in order["sources"]
        if source["kind"] == "ORDER"
    }
    for shop in SHOPS:
        for sold in states[shop]["orders"]:
            verdict.counts[shop]["orders"] += 1
            verdict.counts[shop]["cancelled"] += sold["cancelled"]
            order = by_source.get((shop, sold["id"]))
            if order is None:
                verdict.faults.append(f"{shop} {sold['name']}: the hub does not know it")
                continue
            _store_agrees(verdict, shop, sold, order)
    if len(orders) != len(by_source):
        verdict.faults.append(f"the hub has {len(orders)} sales for {len(by_source)} of the stores")
    of_shops = [order for order in orders if order["channel"] in SHOPS]
    of_site = [order for order in orders if order["channel"] == SITE]
    stripe_agrees(verdict, states["payments"], of_shops)
    books_agree(verdict, states["books"], of_shops)
    site_agrees(verdict, states[SITE], of_site)
    wallet_agrees(verdict, states["wallet"], of_site)
    ledger_agrees(verdict, states["ledger"], of_site)
    labels_agree(verdict, states, orders)
    if "crm" in states:
        _hubspot_agrees(verdict, states["crm"], [order for order in orders if order["channel"] == "shop_us"])
    if "sales" in states:
        _salesforce_agrees(verdict, states["sales"], of_site)
    if {"mail", "sms", "team"} <= states.keys():
        messages_agree(verdict, states, orders)
    for order in orders:
        verdict.counts["hub"]["sales"] += 1
        verdict.counts["hub"][order["stage"].lower()] += 1
        verdict.counts["hub"]["on hold"] += any(hold["isActive"] for hold in order["holds"])
        verdict.faults += [
            f"{name_of(order)}: drift in {drift['connection']}: {drift['about']}: {drift['expected']}, {drift['found']}"
            for drift in order["drifts"]
        ]
        verdict.faults += [
            f"{name_of(order)}: {hold['reason']}"
            for hold in order["holds"]
            if hold["isActive"] and hold["kind"] == "INVARIANT_BROKEN"
        ]
    return verdict


def _hubspot_agrees(verdict: Verdict, state: Mapping[str, Any], orders: Sequence[Mapping[str, Any]]) -> None:
    deals = Counter(each["properties"].get("orderhub_order") or "" for each in state["deals"])
    contacts = [each["properties"].get("email") or "" for each in state["contacts"]]
    deals_agree(verdict, "crm", deals, contacts, orders)


def _salesforce_agrees(verdict: Verdict, state: Mapping[str, Any], orders: Sequence[Mapping[str, Any]]) -> None:
    deals = Counter(each["Orderhub_Order__c"] or "" for each in state["opportunities"])
    deals_agree(verdict, "sales", deals, [each["Email"] or "" for each in state["contacts"]], orders)


async def _orders(place: Place, http: httpx.AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        answer = await http.post(
            f"{place.hub}/graphql",
            json={"query": _ORDERS, "variables": {"after": after}},
            headers={"Authorization": f"Bearer {place.admin_key}"},
            timeout=60,
        )
        said = answer.json()
        if "errors" in said:
            raise RuntimeError(f"GraphQL: {said['errors']}")
        page = said["data"]["orders"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


def _store_agrees(verdict: Verdict, shop: str, sold: Mapping[str, Any], order: Mapping[str, Any]) -> None:
    currency = SHOPS[shop]
    ours, theirs = money(order["total"], currency), money(sold["total"], currency)
    if ours != theirs:
        verdict.faults.append(f"{shop} {sold['name']}: the shop says {theirs}, the hub {ours}")
    if sold["cancelled"] != (order["stage"] == "CANCELLED"):
        verdict.faults.append(f"{shop} {sold['name']}: cancelled in one of shop and hub only")
    shipped = order["stage"] in ("SHIPPED", "DELIVERED", "COMPLETED")
    if (sold["fulfilment_status"] == "fulfilled") and not shipped and order["stage"] != "CANCELLED":
        verdict.faults.append(f"{shop} {sold['name']}: the shop has shipped it, the hub says {order['stage']}")
    held = any(hold["isActive"] for hold in order["holds"])
    if held != ("orderhub-hold" in sold["tags"]):
        verdict.faults.append(f"{shop} {sold['name']}: on hold is {held}, its tags are {sold['tags']}")


def stripe_agrees(verdict: Verdict, state: Mapping[str, Any], orders: Sequence[Mapping[str, Any]]) -> None:
    taken: Counter[str] = Counter()
    # What was authorised and never taken is released by a refund, too: no money of anybody moves then.
    taken_from = {each["id"] for each in state["charge"] if each["captured"]}
    refunds = [
        each for each in state["refund"] if each["status"] in ("succeeded", "pending") and each["charge"] in taken_from
    ]
    for charge in state["charge"]:
        if charge["captured"] and charge["status"] == "succeeded":
            taken[charge["payment_intent"]] += charge["amount_captured"]
            verdict.counts["payments"]["charges"] += 1
    verdict.counts["payments"]["refunds"] = len(refunds)
    asked = Counter(each["metadata"].get("orderhub_request") for each in refunds if each.get("metadata"))
    for request, times in asked.items():
        if request and times > 1:
            verdict.faults.append(f"payments: refund request {request} was carried out {times} times")
    for order in orders:
        currency = order["currencyCode"]
        intents = {
            source["externalId"]
            for source in order["sources"]
            if source["connection"] == "payments" and source["externalId"].startswith("pi_")
        }
        by_card = sum(taken[intent] for intent in intents)
        given = sum(each["amount"] for each in refunds if each["payment_intent"] in intents)
        if by_card > money(order["captured"], currency).minor:
            verdict.faults.append(f"{name_of(order)}: Stripe took {Money(by_card, currency)}, the hub says less")
        if given != money(order["refunded"], currency).minor:
            verdict.faults.append(f"{name_of(order)}: Stripe gave back {Money(given, currency)}, the hub says other")
        verdict.faults += not_once(order, asked)


def books_agree(verdict: Verdict, state: Mapping[str, Any], orders: Sequence[Mapping[str, Any]]) -> None:
    counts = verdict.counts["books"]
    if state["reused_refresh_tokens"]:
        verdict.faults.append(f"books: {state['reused_refresh_tokens']} refresh tokens were used twice")
    live = {each["Id"]: each for each in state["invoices"] if "Voided" not in str(each.get("PrivateNote", ""))}
    marked: Counter[str] = Counter()
    for document in live.values():
        marked.update(_marks(document))
    counts["customers"] = len(state["customers"])
    counts["invoices"], counts["payments"] = len(live), len(state["payments"])
    counts["credit memos"] = len(state["credit_memos"])
    credited: defaultdict[str, Money] = defaultdict(lambda: Money(0, "XXX"))
    for memo in state["credit_memos"]:
        total = Money.parse(str(memo["TotalAmt"]), memo["CurrencyRef"]["value"])
        for mark in _marks(memo):
            credited[mark] = credited[mark] + total if mark in credited else total
    for order in orders:
        currency, ids = order["currencyCode"], {source["connection"] for source in order["sources"]}
        own = [mark for mark in marked if mark == order["id"]]
        held = any(hold["isActive"] for hold in order["holds"])
        captured = money(order["captured"], currency)
        due = captured.minor > 0 and not held and money(order["total"], currency) <= captured
        times = marked[order["id"]]
        if times > 1 or (due and times == 0 and order["stage"] != "CANCELLED"):
            verdict.faults.append(f"{name_of(order)}: invoiced {times} times ({sorted(ids)})")
        for invoice in order["invoices"]:
            document = live.get(invoice["source"]["externalId"])
            if document is None:
                continue
            total = Money.parse(str(document["TotalAmt"]), currency)
            if total != money(order["total"], currency):
                verdict.faults.append(f"{name_of(order)}: invoice of {total}, order of {order['total']['amount']}")
            if Money.parse(str(document["Balance"]), currency).minor and captured.minor:
                verdict.faults.append(f"{name_of(order)}: paid, but the invoice still has {document['Balance']} open")
        refunded = money(order["refunded"], currency)
        if own and refunded.minor and credited[order["id"]].minor != refunded.minor:
            verdict.faults.append(f"{name_of(order)}: {refunded} given back, {credited[order['id']]} credited")


def _marks(document: Mapping[str, Any]) -> list[str]:
    """The orders that our own reference in a document's private note names."""
    note = str(document.get("PrivateNote", ""))
    words = note.replace("[", " ").replace("]", " ").split()
    return [word for word in words if word.startswith("ord_")][:1]
