"""Templates in files (Jinja2, sandboxed): pure functions of the order. A fault in one names its file and line.

A template may come from whoever runs the hub, but it must not be able to do more than write text.
"""

import functools
import re
import traceback
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from hub.domain.money import Money

_SHIPPED = Path(__file__).parent / "templates"
_LONGEST = 256 * 1024  # characters
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class Faulty(Exception):
    """A template that cannot be rendered: where and why, in one line."""


class Safe(str):
    """Text that is markup of the channel already."""

    __slots__ = ()


def one_line(text: str) -> str:
    """Fit for a header: line ends and control characters would begin another one."""
    return _CONTROL.sub(" ", text).strip()


def render(
    folder: Path | None, name: str, context: Mapping[str, Any], escape: Callable[[str], str] | None = None
) -> str:
    """`name` as in `email/confirmed.txt`. HTML escapes by itself; `escape` does it for other markup.

    Raises `Faulty`.
    """
    try:
        text = _environment(folder, escape).get_template(name).render(context)
    except jinja2.TemplateNotFound as fault:
        raise Faulty(f"{fault.name}: there is no such template") from fault
    except jinja2.TemplateSyntaxError as fault:
        raise Faulty(f"{fault.name or name}:{fault.lineno}: {one_line(str(fault.message))}") from fault
    except Exception as fault:  # whatever an expression in a template can raise
        raise Faulty(f"{_place(fault, name)}: {one_line(str(fault)) or type(fault).__name__}") from fault
    if len(text) > _LONGEST:
        raise Faulty(f"{name}: longer than {_LONGEST} characters")
    return text.strip() + "\n"


@functools.lru_cache(maxsize=16)
def _environment(folder: Path | None, escape: Callable[[str], str] | None) -> jinja2.Environment:
    environment = ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader([*([folder] if folder else []), _SHIPPED]),
        autoescape=jinja2.select_autoescape(enabled_extensions=("html",), default=False),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    if escape is not None:
        environment.finalize = lambda value: value if isinstance(value, Safe) else Safe(escape(str(value)))
    environment.filters |= {"money": _money, "day": _day}
    return environment


def _money(amount: Money) -> str:
    return f"{amount.major} {amount.currency}"


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"


def _place(fault: Exception, name: str) -> str:
    """Jinja2 rewrites its tracebacks: the last frame in a template is the line of the fault."""
    for frame in reversed(traceback.extract_tb(fault.__traceback__)):
        path = Path(frame.filename)
        if path.suffix in (".txt", ".html"):
            return f"{path.parent.name}/{path.name}:{frame.lineno}"
    return name
