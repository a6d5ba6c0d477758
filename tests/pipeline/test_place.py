"""Of whom can be said that it is gone: of a process of this machine alone, by the numbers that count here."""

import os
import subprocess
import sys

import pytest

from hub.pipeline import place

pytestmark = pytest.mark.skipif("@" not in place.name(), reason="this system does not tell")


def ended() -> str:
    """The number of a process that is gone."""
    said = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    return said.stdout.decode().strip()


def test_a_process_that_ended_is_gone() -> None:
    assert place.is_gone(place.name().replace(f":{os.getpid()}@", f":{ended()}@"))


def test_one_that_runs_is_not() -> None:
    assert not place.is_gone(place.name())


@pytest.mark.parametrize("world", ["", "@another-boot/pid:[1]", "@"])
def test_nothing_is_said_of_other_machines_containers_and_names_that_do_not_tell(world: str) -> None:
    assert not place.is_gone(f"elsewhere:{ended()}{world}")


@pytest.mark.parametrize("number", ["", "-1", "seven", "9" * 30, "¹"])
def test_a_name_that_names_no_process_is_never_gone(number: str) -> None:
    assert not place.is_gone(place.name().replace(f":{os.getpid()}@", f":{number}@"))
