"""One spelling for comparing: Latin letters, lower case, no diacritics."""

import re
import unicodedata
from functools import lru_cache

_LATIN = str.maketrans(
    {"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"}
)
# ISO 9 without diacritics, as names are romanised in passports (ICAO 9303) where the two differ; Ukrainian beside.
_CYRILLIC_IN_LATIN = "a b v g d e e zh z i i k l m n o p r s t u f kh ts ch sh shch _ y _ e iu ia i i ie g"
_CYRILLIC = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґ",
        _CYRILLIC_IN_LATIN.split(),
        strict=True,
    )
)
# ELOT 743, letter by letter.
_GREEK_IN_LATIN = "a v g d e z i th i k l m n x o p r s s t y f ch ps o"
_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρσςτυφχψω",
        _GREEK_IN_LATIN.split(),
        strict=True,
    )
)
_SCRIPTS = str.maketrans({letter: latin.replace("_", "") for letter, latin in (_CYRILLIC | _GREEK).items()})
_WORD = re.compile(r"[^\W_]+")
_INITIALS = re.compile(r"\b(\w)\.(?=\w\b)")
NOTHING = frozenset(
    (
        "",
        "-",
        "--",
        "none",
        "null",
        "nan",
        "na",
        "n a",
        "n/a",
        "unknown",
        "test",
        "undefined",
        "nil",
        "?",
        ".",
        "no name",
    )
)


def listed(words: str) -> frozenset[str]:
    """A list of words, as people write one."""
    return frozenset(words.split())


@lru_cache(maxsize=65_536)
def folded(text: str) -> str:
    """Empty for what says nothing, such as "N/A"."""
    low = text.strip().lower()
    if not low.isascii():
        low = low.translate(_LATIN).translate(_SCRIPTS)
        low = "".join(each for each in unicodedata.normalize("NFKD", low) if not unicodedata.combining(each))
        low = low.translate(_LATIN).translate(_SCRIPTS)
    return "" if low in NOTHING else low


@lru_cache(maxsize=65_536)
def words(text: str) -> tuple[str, ...]:
    """`O'Brien's` is one word, `T.W.O.` too."""
    text = folded(text).replace("'", "").replace("’", "").replace("`", "")
    return tuple(_WORD.findall(_INITIALS.sub(r"\1", text)))


_CLASSES = str.maketrans("bpfvcgjkqsxzdtlmnr", "bbffkkkkksssttlnnr")


@lru_cache(maxsize=65_536)
def sound(word: str) -> str:
    """The first letter's class and the three consonant classes after it: typos in vowels and doubles leave it alone."""
    if not word:
        return ""
    word = word.replace("ph", "f").replace("ck", "k").replace("th", "t")
    found = word[0].translate(_CLASSES)
    for letter in word[1:]:
        if letter in "aeiouyhw":
            continue
        code = letter.translate(_CLASSES)
        if code != found[-1]:
            found += code
    return found[:4]
