"""Where the hub's processes are born: one process that has imported everything, and forks a hub when it is asked to.

    python -m tests.history.nursery SOCKET

A hub that is forked is there at once, so that a test can kill many in a short time. Who is connected may say, each a
line of JSON, `{"run": [arguments of tests.history.hub], "log": FILE, "network": NAMESPACE or ""}` and hears
`{"born": PID}`, and `{"died": PID}` whenever one ends. When they leave, all that they had started is killed.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

_CLONE_NEWNET = 0x40000000


def _live(wish: dict[str, Any]) -> None:
    """The child, which never returns."""
    code = 1
    try:
        out = os.open(wish["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(out, 1)
        os.dup2(out, 2)
        if wish["network"]:
            _enter(wish["network"])
        from tests.history.hub import main

        main(*wish["run"])
        code = 0
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _enter(network: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    with Path(f"/run/netns/{network}").open() as there:
        if libc.setns(there.fileno(), _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")


def _serve(client: socket.socket, bells: tuple[int, int], server: socket.socket) -> None:
    children: set[int] = set()
    heard = b""
    with selectors.DefaultSelector() as ready:
        ready.register(client, selectors.EVENT_READ)
        ready.register(bells[0], selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                if key.fileobj is client:
                    said = client.recv(65536)
                    if not said:
                        _end(children)
                        return
                    *wishes, heard = (heard + said).split(b"\n")
                    for wish in wishes:
                        pid = os.fork()
                        if pid == 0:
                            signal.set_wakeup_fd(-1)
                            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                            ready.close()
                            client.close()
                            server.close()
                            _live(json.loads(wish))
                        children.add(pid)
                        _say(client, born=pid)
                else:
                    with contextlib.suppress(BlockingIOError):
                        os.read(bells[0], 4096)
                    for pid in list(children):
                        if os.waitpid(pid, os.WNOHANG)[0]:
                            children.discard(pid)
                            _say(client, died=pid)


def _say(client: socket.socket, **what: int) -> None:
    with contextlib.suppress(OSError):
        client.sendall(json.dumps(what).encode() + b"\n")


def _end(children: set[int]) -> None:
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


# What a hub imports only when it gets to it.
_LATE = (
    *("tests.history.hub", "schema.http", "hub.front", "uvloop", "aiosqlite", "psycopg", "httptools"),
    *("uvicorn.lifespan.off", "uvicorn.lifespan.on", "websockets.server", "uvicorn.protocols.websockets.auto"),
)


def main(path: str) -> None:
    for each in _LATE:
        importlib.import_module(each)
    gc.collect()
    gc.freeze()
    bells = os.pipe()
    for bell in bells:
        os.set_blocking(bell, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(bells[1])
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        while True:
            client, _ = server.accept()
            with client:
                _serve(client, bells, server)


if __name__ == "__main__":
    main(sys.argv[1])
