"""Which column holds what, by the names that such columns usually have; a caller may say otherwise."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hub.domain.errors import Misconfigured

ALIASES: Mapping[str, str] = {
    "id": "record_id id rec_id unique_id uuid row_id customer_id",
    "source": "source system dataset origin",
    "given": "given first_name firstname given_name forename first christian_name fname",
    "middle": "middle middle_name middle_initial second_name",
    "family": "family last_name lastname surname family_name last lname sur_name",
    "suffix": "suffix name_suffix generation",
    "full_name": "full_name fullname display_name person_name contact_name customer_name",
    "short_name": "first_and_surname",
    "name": "name title_name",
    "company": "company company_name organisation organization organisation_name organization_name "
    "business business_name employer employer_name firm legal_name account_name",
    "email": "email e_mail email_address mail email1",
    "phone": "phone telephone mobile tel phone_number mobile_phone phone1 cell telephone_number",
    "line1": "line1 address address1 address_1 address_line1 address_line_1 street street_address street_name addr "
    "addr1 mailing_address_street_name",
    "line2": "line2 address2 address_2 address_line2 address_line_2 unit apartment unit_number apt addr2 "
    "mailing_address_unit_number",
    "number": "number street_number house_number mailing_address_street_number",
    "postcode": "postcode zip zip_code zipcode postal_code post_code postalcode zip5 mailing_address_zipcode",
    "city": "city town suburb locality mailing_address_city",
    "state": "state province region county state_code mailing_address_state",
    "country": "country country_code",
    "born": "born dob date_of_birth birth_date birthdate birthday",
    "tax_id": "tax_id vat vat_number vat_id ein abn tax_number",
    "national_id": "national_id ssn soc_sec_id social_security_number social_security_no nino",
}
_RANK = {alias: at for aliases in ALIASES.values() for at, alias in enumerate(aliases.split())}
_FIELD_OF = {alias: field for field, aliases in ALIASES.items() for alias in aliases.split()}
FIELDS = frozenset(ALIASES)
_BEGINNINGS = ("postcode", "email", "phone", "dob", "zip")
_ABOUT_THE_RECORD = re.compile(
    r"id|.*_(?:id|at|ref|url)|.*(?:created|updated|modified|timestamp).*|(?:object_|record_)?(?:type|kind)|"
    r"notes?|tags?|comments?|description|cluster.*|(?:true|group|truth|label).*"
)


@dataclass(frozen=True, slots=True)
class Columns:
    """`fields`: field -> columns, the most usual name first. `plain`: columns that are compared as they are."""

    fields: Mapping[str, tuple[str, ...]]
    plain: tuple[str, ...]

    @property
    def of_persons(self) -> bool:
        """Whether a column called "name" holds a person's, for all that is in the other columns."""
        hints = ("given", "family", "full_name", "born", "national_id", "email")
        return any(self.fields.get(each) for each in hints) or any(
            "gender" in each.lower() or each.lower() == "sex" for each in self.plain
        )


def columns(header: Iterable[str], chosen: Mapping[str, str] | None = None) -> Columns:
    """`chosen`: field -> column. Raises `Misconfigured` naming what there is."""
    header = list(header)
    chosen = dict(chosen or {})
    for field, column in chosen.items():
        if field not in FIELDS:
            raise Misconfigured(f"no field {field!r} to map; there are: {', '.join(sorted(FIELDS))}")
        if column not in header:
            raise Misconfigured(f"no column {column!r} for {field}; there are: {', '.join(header)}")
    found: dict[str, list[str]] = {field: [column] for field, column in chosen.items()}
    plain = []
    for column in header:
        if column in chosen.values():
            continue
        name = _plain_name(column)
        field = _FIELD_OF.get(name) or next((_FIELD_OF[each] for each in _BEGINNINGS if name.startswith(each)), "")
        if field and field not in chosen:
            found.setdefault(field, []).append(column)
        elif not field and name and not _ABOUT_THE_RECORD.fullmatch(name):
            plain.append(column)
    ranked = {
        field: tuple(sorted(each, key=lambda column: _RANK.get(_plain_name(column), 99)))
        for field, each in found.items()
    }
    return Columns(ranked, tuple(plain))


def _plain_name(column: str) -> str:
    """`Postal Code`, `postalCode` and `postal-code` are one."""
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"([a-z])([A-Z])", r"\1_\2", column.strip()).lower()).strip("_")
