"""A date of birth as eight digits."""

import re
from functools import lru_cache

_YEAR_FIRST = re.compile(r"(\d{4})[-/. ]?(\d{1,2})[-/. ]?(\d{1,2})(?:[T ].*)?")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{4})")
_YEAR = re.compile(r"\d{4}")
YEAR_ONLY = "0101"  # the first of January stands for "that year" in most registers


@lru_cache(maxsize=16_384)
def read_date(text: str) -> str:
    """YYYYMMDD, impossible months included: a typo is still evidence. 5/4/1990 is month first, 5.4.1990 day first."""
    text = text.strip()
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day = found.groups()
    elif found := _YEAR_LAST.fullmatch(text):
        first, mark, second, year = found.groups()
        month, day = (first, second) if mark == "/" and int(first) <= 12 else (second, first)
    elif _YEAR.fullmatch(text):
        year, month, day = text, "01", "01"
    else:
        return ""
    return f"{year}{int(month):02}{int(day):02}"
