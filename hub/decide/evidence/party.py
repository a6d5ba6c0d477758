"""What a record says about a person or an organisation, in comparable form. Empty means not said, never "different"."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Texts are folded: Latin lower case without diacritics. `given`, `family` and `words` are in the order written."""

    id: str
    source: str = ""  # the system that says so
    given: tuple[str, ...] = ()
    family: tuple[str, ...] = ()
    generation: str = ""  # "jr", "sr", "2" …
    words: tuple[str, ...] = ()  # an organisation's name, or that of somebody who may be either
    company: tuple[str, ...] = ()  # where a person works
    email: str = ""
    mailbox: str = ""  # what stands before the @, if it can tell people apart
    is_shared: bool = False  # info@, sales@: the e-mail is many people's
    phone: str = ""  # national digits
    number: str = ""
    street: str = ""
    unit: str = ""
    postcode: str = ""
    city: str = ""
    state: str = ""
    born: str = ""  # YYYYMMDD
    tax_id: str = ""
    national_id: str = ""
    plain: tuple[tuple[str, str], ...] = ()  # (column, value), by column: whatever else is said
    rarity: dict[str, float] = field(default_factory=dict, compare=False)  # value's key -> bits, when it came

    @property
    def is_person(self) -> bool:
        return bool(self.given or self.family)
