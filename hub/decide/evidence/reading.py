"""A party out of the columns of a record."""

from collections.abc import Callable, Mapping

from hub.decide.evidence.addresses import read_city, read_door, read_postcode
from hub.decide.evidence.columns import Columns
from hub.decide.evidence.companies import has_legal_form, read_company
from hub.decide.evidence.dates import read_date
from hub.decide.evidence.emails import read_email
from hub.decide.evidence.fold import folded, words
from hub.decide.evidence.names import Name, read_full, read_parts
from hub.decide.evidence.party import Party
from hub.decide.evidence.phones import read_phone


def read(columns: Columns, row: Mapping[str, str], id: str) -> Party:
    def of(field: str) -> str:
        return next((row[each] for each in columns.fields.get(field, ()) if row.get(each, "").strip()), "")

    name, company, called = _name(of), of("company"), of("name")
    if called and columns.of_persons and not name.given and not has_legal_form(called):
        name, called = read_full(called), ""
    if has_legal_form(of("full_name")):
        company = company or of("full_name")
    worked_at = read_company(company) if folded(company) else ()
    is_person = bool(name.given or name.family)
    organisation = read_company(called) if called else (() if is_person else worked_at)
    door = read_door(of("line1"), of("line2"), of("number"))
    email = read_email(of("email"))
    return Party(
        id=id,
        source=of("source"),
        given=name.given,
        family=name.family,
        generation=name.generation,
        words=organisation,
        company=worked_at if is_person or called else (),
        email=email.address,
        mailbox=email.mailbox,
        is_shared=email.is_shared,
        phone=read_phone(of("phone"), of("country")),
        number=door.number,
        street=door.street,
        unit=door.unit,
        postcode=read_postcode(of("postcode")) or door.postcode,
        city=read_city(of("city")),
        state=folded(of("state")),
        born=read_date(of("born")),
        tax_id="".join(words(of("tax_id"))),
        national_id="".join(words(of("national_id"))),
        plain=_plain(columns, row) + ((("line2", door.named),) if door.named else ()),
    )


def _plain(columns: Columns, row: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((each, said) for each in columns.plain if (said := " ".join(words(row.get(each, "")))))


def _name(of: Callable[[str], str]) -> Name:
    """The full name where it says more than its parts in columns do, and is not a company's."""
    apart, full = read_parts(of("given"), of("middle"), f"{of('family')} {of('suffix')}".strip()), of("full_name")
    if not full or has_legal_form(full):
        return apart
    if apart.given and apart.family and len(apart.given) + len(apart.family) >= len(words(full)):
        return apart
    together = read_full(full)
    said = set(together.given + together.family)
    if not said.issuperset(apart.given + apart.family):
        return apart if apart.given and apart.family else together
    if apart.given and apart.family and apart.family[-1] in together.given and apart.given[0] in together.family:
        return apart
    return together
