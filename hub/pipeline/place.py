"""Which process this is, told so that another one beside it can see that it is gone."""

import os
import socket
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_PIDS = Path("/proc/self/ns/pid")


def name() -> str:
    """`host:process@boot/pids`: since when the machine runs, and in which world of process numbers that number counts.

    Without the second half where the system does not tell: then nobody can say of it that it is gone.
    """
    return f"{socket.gethostname()[:150]}:{os.getpid()}{_world()}"


def is_gone(other: str) -> bool:
    """True where a process of that name surely runs no more. A container's number 7 says nothing about our number 7."""
    who, at, world = other.rpartition("@")
    number = who.rpartition(":")[2]
    if not at or f"@{world}" != _world() or not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # it is there, and another user's
        return False
    return False


def _world() -> str:
    try:
        return f"@{_BOOT.read_text().strip()}/{_PIDS.readlink()}"
    except OSError:
        return ""
