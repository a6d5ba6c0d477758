"""Where each key of a TOML document stands.

`tomllib` keeps no positions, and no maintained library does without a native parser of its own. So this scanner walks a
document that `tomllib` has accepted already: it needs to find keys and the ends of values, not to judge them.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Mapping

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY = re.compile(r'[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'')
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE = re.compile(r"[^,\]}\s#]+(?: [0-9][^,\]}\s#]*)?")  # numbers, words, and dates with a space before the time


def lines(text: str) -> Mapping[Path, int]:
    """The line (from 1) of each table, key and array item of a valid document."""
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Path, int] = {}
        self.tables: Counter[Path] = Counter()  # how many `[[…]]` of each path came so far

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        while self._skip(_BLANK) < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)
        return self.found

    def _header(self) -> Path:
        many = self.text.startswith("[[", self.at)
        line = self._line()
        self.at += 1 + many
        path = self._inside(self._key())
        self.at += 1 + many
        if many:
            path += (self.tables[path],)
            self.tables[path[:-1]] += 1
        self._note(path, line)
        return path

    def _inside(self, key: tuple[str, ...]) -> Path:
        """A header's key as a path: below an array of tables, it speaks of the newest one."""
        path: Path = ()
        for depth, part in enumerate(key):
            path += (part,)
            if depth < len(key) - 1 and self.tables[path]:
                path += (self.tables[path] - 1,)
        return path

    def _pair(self, table: Path) -> None:
        line = self._line()
        path = table + self._key()
        self._note(path, line)
        self.at += 1  # "="
        self._skip(_SPACE)
        self._value(path)

    def _key(self) -> tuple[str, ...]:
        parts = []
        while True:
            self._skip(_SPACE)
            part = self._take(_KEY)
            # Quoted parts may hold escapes: the library reads them.
            parts.append(tomllib.loads(f"it = {part}")["it"] if part[0] in "\"'" else part)
            self._skip(_SPACE)
            if self.text[self.at : self.at + 1] != ".":
                return tuple(parts)
            self.at += 1

    def _value(self, path: Path) -> None:
        match self.text[self.at]:
            case "[":
                self._array(path)
            case "{":
                self._inline_table(path)
            case '"' | "'":
                self._take(_STRING)
            case _:
                self._take(_BARE)

    def _array(self, path: Path) -> None:
        self.at += 1
        index = 0
        self._skip(_BLANK)
        while self.text[self.at] != "]":
            self._note((*path, index), self._line())
            self._value((*path, index))
            index += 1
            self._skip_comma()
        self.at += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        self._skip(_BLANK)
        while self.text[self.at] != "}":
            self._pair(path)
            self._skip_comma()
        self.at += 1

    def _skip_comma(self) -> None:
        self._skip(_BLANK)
        if self.text[self.at] == ",":
            self.at += 1
            self._skip(_BLANK)

    def _note(self, path: Path, line: int) -> None:
        """Tables that are only named on the way stand where they were named first."""
        for end in range(1, len(path) + 1):
            self.found.setdefault(path[:end], line)

    def _line(self) -> int:
        return self.text.count("\n", 0, self.at) + 1

    def _skip(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()
        return self.at

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise ValueError(f"line {self._line()}: not the TOML that was expected here")
        self.at = match.end()
        return match.group()
