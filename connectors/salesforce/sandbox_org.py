"""The sandbox's org: accounts, contacts, opportunities and their roles; what is required and unique; who was merged."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC
from itertools import count
from typing import Any

from connectors.salesforce.fields import KEY, ORDER, OWN
from hub.domain.clock import Clock

Json = dict[str, Any]
Tell = Callable[[str, Json], None]

PREFIXES = {"Account": "001", "Contact": "003", "Opportunity": "006", "OpportunityContactRole": "00K"}
STAGES = (
    "Prospecting",
    "Qualification",
    "Needs Analysis",
    "Value Proposition",
    "Id. Decision Makers",
    "Perception Analysis",
    "Proposal/Price Quote",
    "Negotiation/Review",
    "Closed Won",
    "Closed Lost",
)
UNIQUE = {"Contact": (KEY,), "Opportunity": (ORDER,)}
_SYSTEM = ("Id", "CreatedDate", "SystemModstamp", "IsDeleted")
# By object, the width of each text field that can be written; 0: not text.
_WRITABLE: Mapping[str, Mapping[str, int]] = {
    "Account": {"Name": 255},
    "Contact": {
        "FirstName": 40,
        "LastName": 80,
        "Email": 80,
        "Phone": 40,
        "MailingStreet": 255,
        "MailingCity": 40,
        "MailingState": 80,
        "MailingPostalCode": 20,
        "MailingCountry": 80,
        "AccountId": 18,
    },
    "Opportunity": {
        "Name": 120,
        "StageName": 255,
        "CloseDate": 10,
        "Amount": 0,
        "AccountId": 18,
        "RecordTypeId": 18,
    },
    "OpportunityContactRole": {"OpportunityId": 18, "ContactId": 18, "IsPrimary": 0, "Role": 255},
}
_REQUIRED = {
    "Account": ("Name",),
    "Contact": ("LastName",),
    "Opportunity": ("Name", "StageName", "CloseDate"),
    "OpportunityContactRole": ("OpportunityId", "ContactId"),
}
_OWN_WIDTH = 255
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Declined(Exception):
    """(status, error code, message)"""


def full_id(prefix: str, number: int) -> str:
    """18 characters: the last three tell which of the first fifteen are in upper case."""
    short = f"{prefix}5e00000{number:05}"
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    bits = (sum(1 << n for n, sign in enumerate(short[at : at + 5]) if sign.isupper()) for at in (0, 5, 10))
    return short + "".join(signs[each] for each in bits)


class Org:
    def __init__(self, now: Clock, tell: Tell, *, prepared: bool, currency: str, several: bool, strict: bool) -> None:
        """`tell` hears of each change. `prepared`: our fields are there. `strict`: a duplicate rule blocks a further
        contact of an e-mail address."""
        self._now, self._tell, self._currency, self._strict = now, tell, currency, strict
        self._ids = count(1)
        self.objects: dict[str, dict[str, Json]] = {objects: {} for objects in PREFIXES}
        self.writable = {objects: dict(fields) for objects, fields in _WRITABLE.items()}
        if prepared:
            for objects, own in OWN.items():
                self.writable[objects] |= dict.fromkeys(own, _OWN_WIDTH)
        if several:
            self.writable["Opportunity"]["CurrencyIsoCode"] = 3

    # ---------------------------------------------------------------------------------------------------- reading

    def live(self, objects: str) -> list[Json]:
        return [row for row in self.objects[objects].values() if not row["IsDeleted"]]

    def find(self, objects: str, id: str) -> Json:
        row = self._table(objects).get(id)
        if row is None:
            raise Declined(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: Id")
        if row["IsDeleted"]:
            raise Declined(404, "ENTITY_IS_DELETED", "entity is deleted")
        return row

    def known(self, objects: str) -> set[str]:
        more = {"Contact": {"MasterRecordId", "Account.Name"}, "OpportunityContactRole": {"IsPrimary"}}
        return {*_SYSTEM, *self.writable[objects], *more.get(objects, set())}

    def require(self, objects: str, names: Iterable[str]) -> None:
        for name in names:
            if name not in self.known(objects):
                raise Declined(400, "INVALID_FIELD", f"No such column '{name}' on entity '{objects}'.")

    # ---------------------------------------------------------------------------------------------------- writing

    def create(self, objects: str, fields: Mapping[str, Any]) -> Json:
        said = self._checked(objects, fields, "")
        missing = [name for name in _REQUIRED[objects] if not said.get(name)]
        if missing:
            raise Declined(400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]")
        if objects == "Contact" and self._strict and said.get("Email"):
            self._refuse_duplicate(said["Email"])
        at = self._stamp()
        row: Json = dict.fromkeys(self.writable[objects])
        row |= {"Id": full_id(PREFIXES[objects], next(self._ids)), "CreatedDate": at, "SystemModstamp": at}
        row |= {"IsDeleted": False, "MasterRecordId": None} if objects == "Contact" else {"IsDeleted": False}
        if "CurrencyIsoCode" in row:
            row["CurrencyIsoCode"] = self._currency
        row |= said
        self._join(objects, row)
        self.objects[objects][row["Id"]] = row
        self._tell(objects, row)
        return row

    def update(self, objects: str, id: str, fields: Mapping[str, Any]) -> Json:
        row = self.find(objects, id)
        row |= self._checked(objects, fields, id)
        if missing := [name for name in _REQUIRED[objects] if not row.get(name)]:
            raise Declined(400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]")
        row["SystemModstamp"] = self._stamp()
        self._tell(objects, row)
        return row

    def upsert(self, objects: str, by: str, value: str, fields: Mapping[str, Any]) -> tuple[Json, bool]:
        """The object, and whether it is new."""
        self._table(objects)
        if by not in UNIQUE.get(objects, ()) or by not in self.writable[objects]:
            words = f"Provided external ID field does not exist or is not accessible: {by}"
            raise Declined(404, "NOT_FOUND", words)
        if by in fields:
            raise Declined(400, "INVALID_FIELD", f"The {by} field should not be specified in the sobject data.")
        for row in self.live(objects):
            if _same(row.get(by), value):
                return self.update(objects, row["Id"], fields), False
        return self.create(objects, {**fields, by: value}), True

    def delete(self, objects: str, id: str) -> None:
        """Into the recycle bin. No message tells of it."""
        row = self.find(objects, id)
        row |= {"IsDeleted": True, "SystemModstamp": self._stamp()}
        for role in self.live("OpportunityContactRole"):
            if id in (role["ContactId"], role["OpportunityId"]):
                role["IsDeleted"] = True

    def merge(self, master: str, other: str) -> Json:
        """What the master says stays, and what is empty in it does not come from the other one."""
        kept, gone = self.find("Contact", master), self.find("Contact", other)
        for role in self.live("OpportunityContactRole"):
            if role["ContactId"] == other:
                role["ContactId"] = master
        gone |= {"IsDeleted": True, "MasterRecordId": master, "SystemModstamp": self._stamp()}
        kept["SystemModstamp"] = self._stamp()
        self._tell("Contact", kept)
        return kept

    # ----------------------------------------------------------------------------------------------------- inside

    def _table(self, objects: str) -> dict[str, Json]:
        if objects not in self.objects:
            raise Declined(404, "NOT_FOUND", "The requested resource does not exist")
        return self.objects[objects]

    def _stamp(self) -> str:
        """Whole seconds, as the vendor's."""
        return self._now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")

    def _checked(self, objects: str, fields: Mapping[str, Any], but: str) -> Json:
        self._table(objects)
        said: Json = {}
        for name, value in fields.items():
            width = self.writable[objects].get(name)
            if width is None:
                raise Declined(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {objects}")
            said[name] = _fitting(name, value, width)
            if name in UNIQUE.get(objects, ()):
                self._refuse_taken(objects, name, value, but)
        if said.get("Email") and not _EMAIL.fullmatch(said["Email"]):
            raise Declined(400, "INVALID_EMAIL_ADDRESS", f"Email: invalid email address: {said['Email']}")
        return said

    def _refuse_taken(self, objects: str, name: str, value: str, but: str) -> None:
        for row in self.live(objects):
            if row["Id"] != but and _same(row.get(name), value):
                words = f"duplicate value found: {name} duplicates value on record with id: {row['Id']}"
                raise Declined(400, "DUPLICATE_VALUE", words)

    def _refuse_duplicate(self, email: str) -> None:
        if any(_same(row["Email"], email) for row in self.live("Contact")):
            raise Declined(400, "DUPLICATES_DETECTED", "Use one of these records?")

    def _join(self, objects: str, row: Json) -> None:
        if objects == "OpportunityContactRole":
            self.find("Opportunity", row["OpportunityId"])
            self.find("Contact", row["ContactId"])
            row["IsPrimary"] = bool(row["IsPrimary"])


def _fitting(name: str, value: Any, width: int) -> Any:
    if value is None or not width:
        if value is not None and not isinstance(value, int | float):
            raise Declined(400, "JSON_PARSER_ERROR", f"{name}: cannot deserialize {value!r}")
        return value
    if not isinstance(value, str):
        raise Declined(400, "JSON_PARSER_ERROR", f"{name}: cannot deserialize {value!r}")
    if len(value) > width:
        raise Declined(400, "STRING_TOO_LONG", f"{name}: data value too large: {value} (max length={width})")
    return value.strip() or None


def _same(held: str | None, asked: str) -> bool:
    return held is not None and held.lower() == asked.lower()
