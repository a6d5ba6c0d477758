"""What a fault needs of the machine. Without it a test is skipped, with the reason; in CI it has to be there."""

import os
import shutil

import pytest


def root_and(*tools: str) -> None:
    missing = [tool for tool in tools if shutil.which(tool) is None]
    why = "needs root" if os.geteuid() != 0 else f"needs {', '.join(missing)}" if missing else ""
    lacking(why)


def lacking(why: str) -> None:
    """`""`: nothing is."""
    if why and os.environ.get("CI") == "true":
        pytest.fail(why)
    if why:
        pytest.skip(why)
