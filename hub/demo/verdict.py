"""What the end of the day found."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.domain.money import Money


@dataclass(slots=True)
class Verdict:
    """`faults` in words; `counts` of what each system holds."""

    faults: list[str] = field(default_factory=list)
    counts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


def name_of(order: Mapping[str, Any]) -> str:
    return f"{order['channel']} {order['number']}"


def not_once(order: Mapping[str, Any], carried_out: Mapping[str, int]) -> list[str]:
    """The order's refund requests that did not come true exactly once, by how often each of them did."""
    return [
        f"{name_of(order)}: refund request {each['id']} was not carried out once"
        for each in order["refundRequests"]
        if not each["isDone"] or carried_out.get(each["id"]) != 1
    ]


def money(amount: Mapping[str, Any] | str, currency: str) -> Money:
    return Money.parse(amount if isinstance(amount, str) else amount["amount"], currency)
