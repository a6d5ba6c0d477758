"""Vendors' own recordings and descriptions, which are kept beside the project and are not part of it."""

import os
from pathlib import Path

import pytest

_SHARED = Path(__file__).resolve().parents[1] / ".." / "shared"


def shared(*parts: str) -> Path:
    """A path among them. Skips the test where they are absent, and fails it on the build server."""
    path = _SHARED.joinpath(*parts)
    if not path.exists():
        why = f"{'/'.join(parts)} is not beside the project"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    return path
