"""Processor time of whole process trees, those that have ended included."""

import psutil  # type: ignore[import-untyped, unused-ignore]
import psycopg


def cpu_seconds(pid: int) -> float:
    """Of the process and all below it. Who has ended counts with its parent, once that has waited for it."""
    spent, top = 0.0, psutil.Process(pid)
    for each in (top, *top.children(recursive=True)):
        try:
            times = each.cpu_times()
        except psutil.NoSuchProcess:
            continue
        spent += times.user + times.system + times.children_user + times.children_system
    return float(spent)


def postmaster(url: str) -> int:
    """The server's first process, whose children do all its work. It has to run on this machine."""
    with psycopg.connect(url) as connection:
        (backend,) = connection.execute("SELECT pg_backend_pid()").fetchone() or (0,)
        return int(psutil.Process(backend).ppid())  # while it lives: it goes with its connection
