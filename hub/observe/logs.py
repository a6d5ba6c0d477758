"""Log lines: an event's name (`inbox.duplicate`) and fields (connection, key, ids). Never a body, never a secret.

    log = structlog.get_logger(__name__)
    log.info("command.done", connection="books", command="cmd_…", order="ord_…")

Lines of libraries (uvicorn, SQLAlchemy, asyncio) take the same way out.
"""

import logging
import re
import sys
from collections.abc import Iterable
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

# Fields that hold what must not be in a log, by their names. The value is dropped, the name stays: a line that
# says `body=[redacted]` shows where to mend the code.
_SECRET = re.compile(
    r"(?:^|_)(?:body|bodies|payload|content|document|query|variables|password|passwd|secrets?|tokens?|"
    r"api_?keys?|access_?key|sealing_?keys?|private_?key|authorization|cookies?|credentials?|headers|"
    r"email|phone|address|signature)$",
    re.IGNORECASE,
)
# What credentials look like wherever they stand: in a vendor's message, in the text of an exception.
_CREDENTIAL = re.compile(
    r"(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{8,}|whsec_[A-Za-z0-9+/=]{8,}|shp(?:at|ss|ca|pa)_[A-Za-z0-9]{8,}"
    r"|(?<=Bearer )[A-Za-z0-9._~+/=-]{8,}|(?<=Basic )[A-Za-z0-9+/=]{8,}"
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"
)
REDACTED = "[redacted]"


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor. Looks into nested values too."""
    for name, value in event.items():
        event[name] = REDACTED if _SECRET.search(name) else _clean(value)
    return event


def _clean(value: Any) -> Any:
    match value:
        case str():
            return _CREDENTIAL.sub(REDACTED, value)
        case bytes() | bytearray() | memoryview():
            return f"[{len(value)} bytes]"
        case dict():
            return {
                name: REDACTED if isinstance(name, str) and _SECRET.search(name) else _clean(item)
                for name, item in value.items()
            }
        case list() | tuple() | set() | frozenset():
            return [_clean(item) for item in value]
    return value


def set_up(format: Literal["auto", "json", "text"] = "auto", level: str = "info", out: TextIO = sys.stderr) -> None:
    """Call once, at a door. Lines go to `out`, one each."""
    text = format == "text" or (format == "auto" and out.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.StackInfoRenderer(),
    ]
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=list(_rendering(text, out)))
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        library = logging.getLogger(name)
        library.handlers, library.propagate = [], True
    for name in ("uvicorn.error", "sqlalchemy.engine", "httpx", "aiohttp", "alembic", "stripe"):
        # Their info lines tell of normal life, or show SQL and addresses with their parameters.
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,  # a second `set_up` (a test, a reload) must reach everyone
    )


def _rendering(text: bool, out: TextIO) -> Iterable[Processor]:
    yield structlog.stdlib.ProcessorFormatter.remove_processors_meta
    # Tracebacks become text before the redaction: an exception's message is where secrets hide. Local variables
    # are never shown.
    yield structlog.processors.format_exc_info
    yield redact
    if text:
        yield structlog.dev.ConsoleRenderer(
            colors=out.isatty(), timestamp_key="at", exception_formatter=structlog.dev.plain_traceback
        )
    else:
        yield structlog.processors.EventRenamer("event")
        yield structlog.processors.JSONRenderer(default=str, ensure_ascii=False)
