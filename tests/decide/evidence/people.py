"""A small town, made up: who lives there, and how several systems spell them. The same each time."""

import random
from collections.abc import Mapping

from hub.decide.evidence.columns import columns
from hub.decide.evidence.fold import listed
from hub.decide.evidence.party import Party
from hub.decide.evidence.reading import read

HEADER = ("record_id", "source", "first_name", "last_name", "email", "phone", "address", "city", "postcode")
_GIVEN = listed("ada bela cyril dora edgar flora gideon hilda ingrid jasper karla lorenz mona nestor olga pascal")
_FAMILY = listed("abelard brenner cavendish dumont eriksen farkas goldman hofer ivanova jansen kowalski lindqvist")
_STREETS = "Mill Lane", "Church Street", "Harbour Road", "Orchard Avenue", "Station Road", "Castle Hill Drive"


def party(id: str = "r1", **said: str) -> Party:
    """By the names of columns."""
    return read(columns(["record_id", *said]), {"record_id": id, **said}, id)


def town(entities: int = 60, seed: int = 7) -> tuple[list[Mapping[str, str]], dict[str, str]]:
    """Rows, and record -> person."""
    draw = random.Random(seed)
    rows: list[Mapping[str, str]] = []
    truth: dict[str, str] = {}
    for person in range(entities):
        given, family = draw.choice(sorted(_GIVEN)), draw.choice(sorted(_FAMILY)) + draw.choice(["", "s", "er", "ova"])
        street = f"{draw.randrange(1, 300)} {draw.choice(_STREETS)}"
        said = {
            "first_name": given.title(),
            "last_name": family.title(),
            "email": f"{given}.{family}{person}@post.net",
            "phone": f"+1 {draw.randrange(200, 999)} {draw.randrange(200, 999)} {draw.randrange(1000, 9999)}",
            "address": street,
            "city": "Little Haven",
            "postcode": f"{draw.randrange(10000, 10040)}",
        }
        for copy in range(draw.randrange(1, 6)):
            record = f"p{person:03}-{copy}"
            row = {"record_id": record, "source": draw.choice(["shop", "books", "crm"]), **said}
            for column in draw.sample(["email", "phone", "address"], draw.randrange(0, 2)):
                row[column] = ""
            if draw.random() < 0.3:
                row["last_name"] = _typo(row["last_name"], draw)
            rows.append(row)
            truth[record] = str(person)
    return rows, truth


def _typo(word: str, draw: random.Random) -> str:
    at = draw.randrange(1, len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def parties(rows: list[Mapping[str, str]]) -> list[Party]:
    known = columns(HEADER)
    return [read(known, row, row["record_id"]) for row in rows]
