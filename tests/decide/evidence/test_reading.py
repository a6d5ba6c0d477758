"""What columns say, in one spelling."""

import pytest

from hub.decide.evidence.addresses import Door, read_door, read_postcode
from hub.decide.evidence.columns import columns
from hub.decide.evidence.companies import read_company
from hub.decide.evidence.dates import read_date
from hub.decide.evidence.emails import read_email
from hub.decide.evidence.fold import folded, sound
from hub.decide.evidence.names import Name, read_full, read_parts
from hub.decide.evidence.phones import read_phone
from hub.domain.errors import Misconfigured
from tests.decide.evidence.people import party


@pytest.mark.parametrize("said", ["", " ", "N/A", "none", "-", "NULL", "?"])
def test_what_says_nothing_is_not_a_name(said: str) -> None:
    assert not party(first_name=said, last_name=said, city=said).is_person


@pytest.mark.parametrize(
    "said",
    ["none@none.com", "test@example.com", "noreply@shop.io", "a b@c.d", "x9@marketplace.amazon.co.uk", "nobody", "@"],
)
def test_placeholders_and_relays_are_nobodys_email(said: str) -> None:
    assert read_email(said).address == ""


@pytest.mark.parametrize("said", ["0000000000", "000-000-0000", "1234567890", "+1 555 555 5555", "x12", "12345", ""])
def test_placeholders_are_nobodys_phone(said: str) -> None:
    assert read_phone(said) == ""


@pytest.mark.parametrize("said", ["", "soon", "13", "31/31", "1990-1"])
def test_what_is_no_date_is_no_date(said: str) -> None:
    assert read_date(said) == ""


@pytest.mark.parametrize(
    ("chosen", "words"),
    [({"mail": "Mail"}, "no field 'mail'"), ({"email": "E-Post"}, "no column 'E-Post' for email; there are: id, Mail")],
)
def test_a_mapping_that_cannot_be_names_what_there_is(chosen: dict[str, str], words: str) -> None:
    with pytest.raises(Misconfigured, match=words):
        columns(["id", "Mail"], chosen)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ada M. King", Name(("ada", "m"), ("king",))),
        ("King, Ada M.", Name(("ada", "m"), ("king",))),
        ("Dr. Ada King (2)", Name(("ada",), ("king",))),
        ("John Smith III", Name(("john",), ("smith",), "3")),
        ("John Smith Jr.", Name(("john",), ("smith",), "2")),
        ("Smith, John, Jr", Name(("john",), ("smith",), "2")),
        ("Ada King, Countess of Lovelace", Name(("ada",), ("king", "lovelace"))),
        ("Ludwig van Beethoven", Name(("ludwig",), ("beethoven",))),
        ("Jack Ma", Name(("jack",), ("ma",))),
        ("Al Le", Name(("al",), ("le",))),
        ("Ada", Name(("ada",), ())),
        ("Rob Ray - 228", Name(("rob",), ("ray",))),
        ("", Name()),
    ],
)
def test_a_name_is_read_in_any_order(text: str, name: Name) -> None:
    assert read_full(text) == name


def test_titles_are_left_out_unless_they_are_all_there_is() -> None:
    assert read_parts("Sir", "", "Grove") == Name((), ("grove",))
    assert read_parts("Major", "", "Grove").given == ("major",)


def test_the_full_name_fills_what_its_parts_leave_out_and_a_firm_is_no_person() -> None:
    assert party(first_name="Ada", last_name="", full_name="Ada King").family == ("king",)
    assert party(first_name="A", last_name="K", full_name="Acme Trading LLC").company == ("acme", "trading")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Ada.King+shop@GoogleMail.com", "adaking@gmail.com"),
        ("ada.king+x@firm.io", "ada.king@firm.io"),
        ("ada-news@yahoo.com", "ada@yahoo.com"),
        (" <ada@firm.io> ", "ada@firm.io"),
    ],
)
def test_an_email_is_the_mailbox_that_it_reaches(text: str, address: str) -> None:
    assert read_email(text).address == address


def test_a_shared_mailbox_tells_nobody_apart() -> None:
    assert (read_email("info@firm.io").is_shared, read_email("info@firm.io").mailbox) == (True, "")


@pytest.mark.parametrize(
    ("text", "country"),
    [("(848) 532-7294", ""), ("+1 848.532.7294", ""), ("1-848-532-7294 x12", ""), ("848 532 7294", "United States")],
)
def test_a_phone_is_its_national_digits(text: str, country: str) -> None:
    assert read_phone(text, country) == "8485327294"


def test_a_trunk_zero_is_no_part_of_a_number() -> None:
    assert read_phone("030 901820", "DE") == read_phone("+49 30 901820") == read_phone("0049 30 901820") == "30901820"


@pytest.mark.parametrize(
    ("line", "more", "door"),
    [
        ("2680 Meadow Pl", "Unit 18", Door("2680", "meadow", "18")),
        ("5195 E Park Road Apartment 22B", "", Door("5195", "park", "22b")),
        ("5900 North Nina Avenue", "", Door("5900", "nina")),
        ("747 Ninth Ave. between 50th and 51st Sts.", "", Door("747", "9")),
        ("27 Washington, Springfield, IL 62701", "", Door("27", "washington springfield", "", "62701")),
        ("52e4 Jefferson Road", "", Door("52e4", "jefferson")),
        ("5th Avenue 12", "", Door("12", "5")),
        ("Sendlinger Straße 98", "", Door("98", "sendlinger")),
        ("Hauptstr. 5", "", Door("5", "haupt")),
        ("Rosewood Villas", "12 Canning Street", Door("12", "canning", "", "", "rosewood villas")),
        ("", "", Door()),
    ],
)
def test_a_door_is_number_street_and_unit_however_it_is_written(line: str, more: str, door: Door) -> None:
    assert read_door(line, more) == door


def test_a_postcode_has_no_blanks_and_no_extension() -> None:
    assert (read_postcode("60612-4521"), read_postcode("SW1A 1AA")) == ("60612", "sw1a1aa")


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("1990-04-05", "19900405"),
        ("19900405", "19900405"),
        ("4/5/1990", "19900405"),
        ("5.4.1990", "19900405"),
        ("1990", "19900101"),
    ],
)
def test_a_date_is_eight_digits(text: str, date: str) -> None:
    assert read_date(text) == date


def test_a_firm_is_known_without_its_legal_form() -> None:
    assert read_company("The Acme Trading Co., Ltd.") == read_company("ACME TRADING") == ("acme", "trading")
    assert read_company("GmbH") == ("gmbh",)


def test_scripts_and_diacritics_are_folded() -> None:
    assert [folded(each) for each in ("Søren Weiß", "Łukasz", "Иванова", "Ελένη", "Müller")] == [
        "soren weiss",
        "lukasz",
        "ivanova",
        "eleni",
        "muller",
    ]


def test_vowels_and_doubled_letters_do_not_change_the_sound() -> None:
    assert sound("thomson") == sound("tomsson")
    assert sound("") == ""


def test_columns_are_known_by_their_usual_names_and_the_rest_is_compared_as_it_is() -> None:
    found = columns(["Customer ID", "firstName", "Postal Code", "birth_place", "created_at", "E-Mail"])

    assert found.fields == {
        "id": ("Customer ID",),
        "given": ("firstName",),
        "postcode": ("Postal Code",),
        "email": ("E-Mail",),
    }
    assert found.plain == ("birth_place",)


def test_a_column_called_name_is_a_persons_where_the_others_are() -> None:
    assert party(name="Ada King", email="ada@firm.io").is_person
    assert party(name="Ada King", phone="848 532 7294").words == ("ada", "king")
