"""An organisation's name as words: legal forms and articles say little, abbreviations are written out."""

from functools import lru_cache

from hub.decide.evidence.fold import listed, words

# ISO 20275 lists thousands of legal forms; these are the abbreviations that are met in addresses.
LEGAL = listed(
    "inc incorporated llc llp lp ltd limited plc corp corporation co company gmbh ag kg ohg ug mbh ev eg sa sas sarl "
    "srl spa bv nv oy oyj ab as aps kk pty pvt pte se sl slu lda eurl sro zoo sp kft dba cie"
)
_ARTICLES = listed("the a an of and et und y le la les el los der die das at in for de du des &")
_WRITTEN_OUT = {
    "univ": "university",
    "centre": "center",
    "ctr": "center",
    "cntr": "center",
    "assn": "association",
    "assoc": "association",
    "dept": "department",
    "intl": "international",
    "natl": "national",
    "bros": "brothers",
    "mfg": "manufacturing",
    "svc": "service",
    "svcs": "services",
    "st": "saint",
    "mt": "mount",
    "ft": "fort",
    "sch": "school",
    "elem": "elementary",
    "acad": "academy",
    "comm": "community",
    "tech": "technology",
    "hosp": "hospital",
    "dev": "development",
    "rest": "restaurant",
    "ristorante": "restaurant",
}


@lru_cache(maxsize=16_384)
def read_company(text: str) -> tuple[str, ...]:
    found = words(text)
    while len(found) > 1 and found[-1] in LEGAL:
        found = found[:-1]
    kept = tuple(_WRITTEN_OUT.get(each, each) for each in found if each not in _ARTICLES)
    return kept or found


def has_legal_form(text: str) -> bool:
    found = words(text)
    return len(found) > 1 and found[-1] in LEGAL
