"""What a person is told when a command cannot go on: a sentence, never a traceback, for all raised on purpose."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

WRONG = 1
MISUSED = 2


@contextmanager
def told() -> Iterator[None]:
    from hub.domain.errors import HubError, Misconfigured

    try:
        yield
    except HubError as fault:
        end(str(fault), MISUSED if isinstance(fault, Misconfigured) else WRONG)
    except BaseExceptionGroup as group:  # of tasks that ran together
        faults, others = group.split(HubError)
        if faults is None or others is not None:
            raise
        first = next(_leaves(faults))
        end(str(first), MISUSED if isinstance(first, Misconfigured) else WRONG)
    except KeyboardInterrupt:
        end("", 130)


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for each in group.exceptions:
        if isinstance(each, BaseExceptionGroup):
            yield from _leaves(each)
        else:
            yield each


def end(message: str, code: int = WRONG) -> NoReturn:
    if message:
        print(message, file=sys.stderr)
    sys.exit(code)
