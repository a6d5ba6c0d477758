"""Which e-mails a buyer gets, and what stands in them."""

from collections.abc import Iterable
from dataclasses import dataclass

from connectors.messages.occasions import Occasion, for_buyer
from connectors.messages.plan import SendMessage, context, messages
from connectors.messages.plan import preview as preview_of
from connectors.messages.templates import Faulty, one_line, render
from connectors.smtp.settings import is_address
from hub.connector import OrderView
from hub.domain.commands import Mismatch

_SUBJECT = 200  # characters; RFC 5322 folds them into lines


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMail(SendMessage):
    heading: str
    html: str


def plan(view: OrderView) -> Iterable[SendMessage | Mismatch]:
    return messages(view, for_buyer(view), _compose) if _address(view) else ()


def preview(view: OrderView, occasion: str) -> SendMessage | Mismatch:
    return preview_of(view, occasion, for_buyer(view), _compose)


def _address(view: OrderView) -> str:
    return view.order.email or (view.customer.email if view.customer else "")


def _compose(view: OrderView, occasion: Occasion) -> SendMail | Mismatch:
    to = _address(view)
    if not is_address(to):
        found = f"{to!r} is no address that mail goes to" if to else "none"
        return Mismatch(about=f"message {occasion.key}", expected="an e-mail address of the buyer", found=found)
    given, folder = context(view, occasion), view.settings.templates
    heading, _, text = render(folder, f"email/{occasion.kind}.txt", given).partition("\n")
    if not heading.strip() or not text.strip():
        raise Faulty(f"email/{occasion.kind}.txt:1: a subject in the first line and a text below are expected")
    return SendMail(
        target=occasion.key,
        order=view.order.id,
        reached_at=occasion.at,
        to=to,
        heading=one_line(heading)[:_SUBJECT],
        text=text.strip() + "\n",
        html=render(folder, f"email/{occasion.kind}.html", given),
    )
