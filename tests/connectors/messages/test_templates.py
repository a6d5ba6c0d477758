"""Templates: what they may do, and what becomes of a fault in one."""

from dataclasses import replace
from pathlib import Path

import pytest

from connectors.messages.segments import segments
from connectors.messages.templates import Faulty, render
from connectors.smtp.plan import SendMail
from connectors.smtp.plan import plan as plan_mail
from connectors.smtp.plan import preview as preview_mail
from hub.domain.commands import Mismatch
from tests.building import order, payment, refund, shipment, view
from tests.connectors.messages.whole import CONNECTORS, settings

SALE = order(phone="+49301234567", name="<b>Ada</b>", cancel_reason="none")
RECORDS = (SALE, payment(claims=(SALE.source.key,)), shipment(of=SALE), refund())


def own(folder: Path, name: str, text: str) -> Path:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("Hi\n\n{{ order.nunber }}", "confirmed.txt:3"),
        ("Hi\n{% if %}", "confirmed.txt:2"),
        ("Hi\n\n\n{{ order.total / 0 }}", "confirmed.txt:4"),
        ("Hi\n{{ order.__class__.__mro__ }}", "confirmed.txt:2"),
        ("Hi\n{{ shipment.id }}", "confirmed.txt:2"),
        ('{% include "email/nothing.txt" %}', "email/nothing.txt"),
        ('{% include "../../../etc/passwd" %}', "passwd"),
        ("{% for n in range(10**9) %}x{% endfor %}", "confirmed.txt:1"),
        ("A subject and no text", "confirmed.txt:1"),
    ],
)
def test_a_fault_is_a_drift_that_names_file_and_line(tmp_path: Path, text: str, where: str) -> None:
    folder = own(tmp_path, "email/confirmed.txt", text)
    seen = view(*RECORDS, of="there", settings=settings("smtp", templates=folder, occasions=["confirmed"]))

    (found,) = plan_mail(seen)

    assert isinstance(found, Mismatch)
    assert where in found.found


def test_a_template_changes_nothing(tmp_path: Path) -> None:
    folder = own(tmp_path, "x.txt", "{{ things.append(1) }}")

    with pytest.raises(Faulty):
        render(folder, "x.txt", {"things": []})


def test_what_people_write_is_text_in_html() -> None:
    (mail, *_) = plan_mail(view(*RECORDS, of="there", settings=settings("smtp")))

    assert isinstance(mail, SendMail)
    assert "&lt;b&gt;Ada" in mail.html
    assert "<b>Ada</b>" in mail.text


def test_a_subject_is_one_line_whatever_stands_in_the_order() -> None:
    sale = replace(SALE, number="1\r\nBcc: eve@example.com\x00")
    (mail, *_) = plan_mail(view(sale, *RECORDS[1:], of="there", settings=settings("smtp")))

    assert isinstance(mail, SendMail)
    assert not set(mail.heading) & set("\r\n\x00")


def test_an_own_template_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    folder = own(tmp_path, "email/confirmed.txt", "Bonjour {{ order.number }}\n\nMerci.\n")
    seen = view(*RECORDS, of="there", settings=settings("smtp", templates=folder))

    mail = preview_mail(seen, "confirmed")

    assert isinstance(mail, SendMail)
    assert (mail.heading, mail.text) == ("Bonjour #1001", "Merci.\n")


@pytest.mark.parametrize(
    ("slug", "occasion"),
    [
        *[(slug, occasion) for slug in ("smtp", "twilio") for occasion in ("confirmed", "shipped", "refunded")],
        ("slack", "sale"),
    ],
)
def test_the_shipped_templates_render(slug: str, occasion: str) -> None:
    preview = CONNECTORS[slug].preview
    assert preview is not None

    found = preview(view(*RECORDS, of="there", settings=settings(slug)), occasion)

    assert not isinstance(found, Mismatch), found
    assert "#1001" in str(found)


def test_a_preview_of_what_was_not_reached_says_what_was() -> None:
    found = preview_mail(view(SALE, of="there", settings=settings("smtp")), "delivered")

    assert isinstance(found, Mismatch)
    assert found.found == "none"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("👍" * 35, 1),
        ("👍" * 36, 2),
    ],
)
def test_a_text_costs_as_many_sms_as_the_standard_says(text: str, count: int) -> None:
    assert segments(text) == count
