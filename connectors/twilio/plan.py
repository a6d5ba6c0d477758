"""Which SMS a buyer gets, and what stands in them."""

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.messages.occasions import Occasion, for_buyer
from connectors.messages.plan import SendMessage, context, messages
from connectors.messages.plan import preview as preview_of
from connectors.messages.segments import segments
from connectors.messages.templates import render
from connectors.twilio.read import OPTED_OUT
from connectors.twilio.settings import e164
from hub.connector import OrderView
from hub.domain.commands import Mismatch
from hub.domain.records import MessageRecord, MessageStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSms(SendMessage):
    # Messages of this order that are known: two refunds of one amount make two SMS of one text, and a look-up for the
    # second must not find the first.
    known: tuple[str, ...] = ()


def plan(view: OrderView) -> Iterator[SendMessage | Mismatch]:
    """Of several SMS of one text the next one waits for the one before: a lost one is known by its text."""
    phone = _phone(view)
    if not phone or _opted_out(view, e164(phone)):
        return
    texts: set[str] = set()
    for each in messages(view, for_buyer(view), _compose):
        if not isinstance(each, SendMessage):
            yield each
        elif each.text not in texts:
            texts.add(each.text)
            yield each
        else:
            yield Mismatch(
                about=f"message {each.target}", expected="sent after the one of the same text", found="waits"
            )


def preview(view: OrderView, occasion: str) -> SendMessage | Mismatch:
    return preview_of(view, occasion, for_buyer(view), _compose)


def _phone(view: OrderView) -> str:
    """As the order says it; a number of a receiver counts only where the buyer gave none."""
    order = view.order
    addresses = [address for address in (order.shipping_address, order.billing_address) if address]
    given = [order.phone, *(address.phone for address in addresses), view.customer.phone if view.customer else ""]
    return next((phone for phone in given if phone), "")


def _opted_out(view: OrderView, number: str) -> bool:
    said = [record for record in view.said if isinstance(record, MessageRecord)]
    return any(OPTED_OUT in record.tags for record in view.customer_said if record.phone == number) or any(
        record.status is MessageStatus.SUPPRESSED and record.to == number for record in said
    )


def _compose(view: OrderView, occasion: Occasion) -> SendSms | Mismatch:
    about, phone = f"message {occasion.key}", _phone(view)
    to = e164(phone)
    if not to:
        return Mismatch(about=about, expected="a number with its country, such as +4930123456", found=phone or "none")
    text = render(view.settings.templates, f"sms/{occasion.kind}.txt", context(view, occasion)).strip()
    count, most = segments(text), view.settings.max_segments
    if not text or count > most:
        return Mismatch(about=about, expected=f"a text of at most {most} SMS", found=f"{count}" if text else "nothing")
    return SendSms(
        target=occasion.key,
        order=view.order.id,
        reached_at=occasion.at,
        to=to,
        text=text,
        known=tuple(record.source.external_id for record in view.said if isinstance(record, MessageRecord)),
    )
