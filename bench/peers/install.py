"""`python -m bench.peers.install`: the job libraries into an environment of their own, the brokers by apt-get."""

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterable
from pathlib import Path

VENV = Path("var/bench/peers-venv")
_WANTED = Path(__file__).with_name("requirements.txt")
_PROGRAMS = ("rabbitmq-server", "nats-server", "redis-server")  # of packages that are called the same
_PATH = f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin"  # where Debian puts servers


def found(program: str) -> str:
    """Where it is; its bare name where it is nowhere."""
    return shutil.which(program, path=_PATH) or program


def missing(programs: Iterable[str]) -> list[str]:
    return sorted(each for each in programs if shutil.which(each, path=_PATH) is None)


def _libraries() -> None:
    stamp = VENV / "installed"
    if stamp.exists() and stamp.read_text() == _WANTED.read_text():
        return
    venv.create(VENV, with_pip=True, clear=True)
    pip = (str(VENV / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check", "--quiet")
    subprocess.run((*pip, "--no-deps", "-r", str(_WANTED)), check=True)  # noqa: S603 - our own command
    stamp.write_text(_WANTED.read_text())


def _brokers() -> None:
    lacking = missing(_PROGRAMS)
    if not lacking:
        return
    apt = shutil.which("apt-get", path=_PATH)
    if apt is None or os.geteuid() != 0:
        why = "there is no apt-get here" if apt is None else "apt-get needs root"
        raise SystemExit(
            f"bench-peers needs {', '.join(lacking)}, and {why}. Install what is missing and come again, or measure "
            "beside fewer: python -m bench same-work --peers pgqueuer procrastinate"
        )
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (("update",), ("install", "--yes", "--no-install-recommends", *lacking)):
        subprocess.run((apt, "-qq", *words), check=True, env=quiet)  # noqa: S603


def main() -> None:
    try:
        _libraries()
        _brokers()
    except subprocess.CalledProcessError as fault:
        sys.exit(f"the peers could not be installed: {fault}")


if __name__ == "__main__":
    main()
