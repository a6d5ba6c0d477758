"""What pydantic's models know about a place in a document: which keys it may have, and where secrets are due."""

import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretBytes, SecretStr

from hub.settings.lines import Path


def _options(annotation: Any) -> Iterator[Any]:
    """An annotation without its wrappers; several for a union."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _options(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for option in get_args(annotation):
            yield from _options(option)
    else:
        yield annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _item(annotation: Any) -> Any:
    """What the items of a list, or the values of a mapping, are."""
    arguments = [each for each in get_args(annotation) if each is not Ellipsis]
    return arguments[-1] if arguments else Any


def keys_at(annotation: Any, path: Path) -> set[str]:
    """The keys that a table at `path` below `annotation` may have."""
    for option in _options(annotation):
        if _is_model(option):
            fields = _fields(option)
            if not path:
                return set(fields)
            if path[0] in fields:
                return keys_at(fields[str(path[0])], path[1:])
        elif path and get_origin(option) is not None:
            return keys_at(_item(option), path[1:])
    return set()


def secrets_in(annotation: Any, value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Each string in `value` that `annotation` takes as a secret, whatever else is wrong with the rest."""
    for option in _options(annotation):
        if option in (SecretStr, SecretBytes):
            if isinstance(value, str):
                yield path, value
        elif _is_model(option):
            if isinstance(value, dict):
                for name, inner in _fields(option).items():
                    if name in value:
                        yield from secrets_in(inner, value[name], (*path, name))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from secrets_in(_item(option), item, (*path, index))
        elif isinstance(value, dict):
            for key, item in value.items():
                yield from secrets_in(_item(option), item, (*path, key))
