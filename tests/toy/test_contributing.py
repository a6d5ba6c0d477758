"""What CONTRIBUTING.md says of Parcelboy's size is so."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_line_counts_are_those_of_the_files() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

    said = {path: int(lines) for path, lines in re.findall(r"\((tests/toy/\w+\.py)\)[^\[]*? in (\d+)", text)}

    assert {path.name for path in map(Path, said)} == {"parcelboy.py", "sandbox.py", "card.py"}
    assert said == {path: len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in said}
