"""Another host: a network namespace with a wire to this one, which can be pulled out and put in again."""

import contextlib
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from tests.history import needs

HERE = "10.213.77.1"  # this host, as the far one sees it
_THERE = "10.213.77.2"


@dataclass(frozen=True, slots=True)
class Far:
    network: str  # the namespace
    _link: str

    def cut(self) -> None:
        _ip("link", "set", self._link, "down")

    def mend(self) -> None:
        _ip("link", "set", self._link, "up")


@contextlib.contextmanager
def far() -> Iterator[Far]:
    needs.root_and("ip")
    name = uuid.uuid4().hex[:6]
    network, near, there = f"hub-{name}", f"hn{name}", f"hf{name}"
    made = subprocess.run(["ip", "netns", "add", network], capture_output=True, check=False)
    needs.lacking(f"cannot make a network namespace: {made.stderr.decode()}" if made.returncode else "")
    try:
        _ip("link", "add", near, "type", "veth", "peer", "name", there, "netns", network)
        _ip("addr", "add", f"{HERE}/24", "dev", near)
        _ip("link", "set", near, "up")
        _ip("-n", network, "addr", "add", f"{_THERE}/24", "dev", there)
        _ip("-n", network, "link", "set", there, "up")
        _ip("-n", network, "link", "set", "lo", "up")
        yield Far(network, near)
    finally:
        subprocess.run(["ip", "link", "del", near], capture_output=True, check=False)
        _ip("netns", "del", network)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)
