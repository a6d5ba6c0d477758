"""What speaks for two being one, and what forbids it."""

from math import isclose

import pytest

from hub.decide.evidence.learn import with_rarity
from hub.decide.evidence.party import Party
from hub.decide.evidence.score import items, score
from hub.decide.evidence.weights import SHIPPED
from tests.decide.evidence.people import parties, party, town

DOOR = {"address": "12 Mill Lane", "postcode": "10012", "phone": "848 532 7294"}


def told(left: Party, right: Party) -> dict[str, str]:
    return {each.field: each.level for each in items(left, right, SHIPPED)}


@pytest.mark.parametrize(
    ("left", "right", "why"),
    [
        (
            {"first_name": "Ada", "last_name": "King", **DOOR},
            {"first_name": "Bela", "last_name": "King", **DOOR},
            "names",
        ),
        ({"full_name": "John Ray Jr", **DOOR}, {"full_name": "John Ray Sr", **DOOR}, "generations"),
        (
            {"full_name": "Ada King", "tax_id": "12-3", **DOOR},
            {"full_name": "Ada King", "tax_id": "98-7", **DOOR},
            "tax ids",
        ),
        (
            {"name": "Mill Bakery North", **DOOR},
            {"name": "Mill Bakery South", **DOOR, "address": "90 Castle Hill Drive"},
            "site",
        ),
    ],
)
def test_households_generations_and_branches_are_told_apart_whatever_they_share(
    left: dict[str, str], right: dict[str, str], why: str
) -> None:
    assert why in score(party("a", **left), party("b", **right), SHIPPED).veto


def test_what_is_missing_is_not_different() -> None:
    full, bare = party("a", full_name="Ada King", **DOOR), party("b", full_name="Ada King")

    assert set(told(full, bare)) == {"prior", "given", "family"}


def test_a_shared_name_alone_does_not_make_one() -> None:
    assert (
        score(
            party("a", full_name="Ada King", dob="1990-04-05"),
            party("b", full_name="A King", dob="1971-11-30"),
            SHIPPED,
        ).bits
        < 0
    )


def test_the_same_email_outweighs_a_new_family_name() -> None:
    before, after = (
        party(each, full_name=f"Ada {family}", email="ada.k@post.net")
        for each, family in (("a", "King"), ("b", "Byron"))
    )

    assert score(before, after, SHIPPED).veto == ""


@pytest.mark.parametrize(
    ("left", "right", "levels"),
    [
        ("Robert Ray", "Bob Ray", ("alias", "exact")),
        ("Robert Ray", "R Ray", ("initial", "exact")),
        ("Dabe Ray", "David Ray", ("like", "exact")),
        ("Jürgen Müller", "Juergen Mueller", ("near", "near")),
        ("Anna Maria Ray", "Maria Ray", ("middle", "exact")),
        ("Ada Thomson", "Ada Tomhson", ("exact", "near")),
        ("Ada Ray", "Ada Brandt", ("exact", "conflict")),
    ],
)
def test_names_are_compared_part_by_part(left: str, right: str, levels: tuple[str, str]) -> None:
    found = told(party("a", full_name=left), party("b", full_name=right))

    assert (found["given"], found["family"]) == levels


def test_a_firm_is_where_a_person_works_not_the_persons_name() -> None:
    found = told(party("a", full_name="Ada King", company="Acme Trading LLC"), party("b", company="Acme Trading"))

    assert found == {"prior": "persons", "company": "exact"}


def test_half_of_a_double_name_is_a_part_of_it() -> None:
    found = told(party("a", first_name="Ada", last_name="Fernandez-Ray"), party("b", first_name="Ada", last_name="Ray"))

    assert found["family"] == "part"


def test_a_name_may_be_turned_round() -> None:
    found = told(party("a", first_name="King", last_name="Ada"), party("b", first_name="Ada", last_name="King"))

    assert (found["given"], found["family"], found["order"]) == ("exact", "exact", "turned")


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("ada.king1@post.net", "ada.king2@post.net", "conflict"),  # two people of one name
        ("ada.king@post.net", "ada.kign@post.net", "near"),
        ("ada.king@post.net", "ada.king@mail.io", "mailbox"),
        ("info@post.net", "info@post.net", "shared"),
    ],
)
def test_emails(left: str, right: str, level: str) -> None:
    assert told(party("a", email=left), party("b", email=right))["email"] == level


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("1990-04-05", "1990-05-04", "near"),
        ("1990-04-05", "1990-04-06", "near"),
        ("1990-01-01", "1990-07-19", "year"),
        ("1990-04-05", "2000-04-15", "apart"),
        ("1990-04-05", "1962-11-23", "conflict"),
        ("1990-99-99", "1990-99-98", "near"),
    ],
)
def test_dates_of_birth(left: str, right: str, level: str) -> None:
    assert told(party("a", dob=left), party("b", dob=right))["born"] == level


def test_the_comparison_is_the_same_from_either_side() -> None:
    people = with_rarity(parties(town(40)[0]))

    for one in people[::3]:
        for other in people[::5]:
            ours, theirs = score(one, other, SHIPPED), score(other, one, SHIPPED)
            assert isclose(ours.bits, theirs.bits)
            assert ours.veto == theirs.veto


def test_the_items_add_up_to_the_score() -> None:
    one, other = party("a", full_name="Ada King", **DOOR), party("b", full_name="Adda King", **DOOR)

    assert isclose(sum(each.bits for each in items(one, other, SHIPPED)), score(one, other, SHIPPED).bits)


def test_a_common_name_says_less_than_a_rare_one() -> None:
    crowd = [party(f"c{at}", full_name="John Smith") for at in range(400)]
    rare = [party(f"r{at}", full_name="Zebulon Quist") for at in range(2)]
    known = with_rarity([*crowd, *rare])

    assert score(known[0], known[1], SHIPPED).bits < score(known[-1], known[-2], SHIPPED).bits - 4


def test_two_common_spellings_are_two_names_and_a_rare_one_is_a_typo() -> None:
    names = ["Hernandez"] * 200 + ["Fernandez"] * 200 + ["Hernandec"]
    known = with_rarity([party(f"c{at:03}", full_name=f"Ana {name}") for at, name in enumerate(names)])

    assert score(known[0], known[200], SHIPPED).bits < score(known[0], known[400], SHIPPED).bits - 1
