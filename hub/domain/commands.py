"""Commands: what a system should be asked to do."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """The common part; a connector's commands add the desired content as plain, JSON-able fields.

    Two commands of one connection with the same subject, action and target are about the same thing: a newer one
    supersedes an older one that still waits, and while one is under way (sent, or its outcome unknown) no other is
    sent. Content that is equal to the last command's is never sent twice.
    """

    action: ClassVar[str]
    releases_goods: ClassVar[bool] = False  # planned only once the order may be fulfilled (law 10)
    # What was done, or may have been, is not done again with another content: a message to a person. Without it, what
    # is done is brought up to date by a further command.
    once: ClassVar[bool] = False

    subject: str = ""  # whose command it is; "" means the order that was planned
    target: str = ""  # which one, where a subject has several (a payment, a refund request, a parcel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """A plan's word for what it may not or cannot mend: becomes a drift for a person to judge."""

    about: str  # what differs, in the field's words: "invoice total"
    expected: str
    found: str
