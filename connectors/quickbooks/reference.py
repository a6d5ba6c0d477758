"""Our mark in what we create: `[orderhub ord_… cmd_… ord_…]` in `PrivateNote`, or in `Notes` of a customer.

QuickBooks has no field for another system's id that every company has and that cannot be edited; the memo is kept by
all document types, up to 4,000 characters (2,000 for a customer's notes), and is not printed for the customer.
"""

import re
from dataclasses import dataclass

_MARK = re.compile(r"\[orderhub ([a-z]{2,4}_[0-9a-z]{1,40}) (cmd_[0-9a-z]{1,40})(?: ([^\s\[\]]{1,80}))?\]")


@dataclass(frozen=True, slots=True)
class Mark:
    subject: str  # `ord_…`, or `cus_…` in a customer
    command: str
    target: str = ""  # the golden payment or refund that the document books

    def __str__(self) -> str:
        return f"[orderhub {self.subject} {self.command}{' ' if self.target else ''}{self.target}]"


def marks(note: str | None) -> tuple[Mark, ...]:
    """All marks in a note, whatever people have written around them."""
    return tuple(Mark(subject, command, target) for subject, command, target in _MARK.findall(note or ""))


def subjects(note: str | None, prefix: str) -> tuple[str, ...]:
    """Whose mark it carries: a customer never claims an order, nor a document a customer."""
    return tuple(sorted({mark.subject for mark in marks(note) if mark.subject.startswith(f"{prefix}_")}))
