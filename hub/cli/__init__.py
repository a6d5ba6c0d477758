"""`hub`: the command line. Exit codes: 0 fine, 1 the work found something wrong, 2 wrong usage or settings.

Nothing heavy is imported before a command runs, so that `--help` answers at once.
"""

import sys


def main() -> None:
    from hub.cli.app import app
    from hub.cli.faults import told

    with told():
        app(prog_name="hub")
    sys.exit(0)
