"""Values and forms held to the schemas in a document. The validators come with the extra `conform`."""

import json
import re
from collections.abc import Mapping
from typing import Any

from hub.domain.errors import Misconfigured

_DOCUMENT = "urn:orderhub:description"


class Schemas:
    """The document as a schema store. Schemas are named by their pointer in it."""

    def __init__(self, document: Mapping[str, Any], *, relaxed: bool) -> None:
        try:
            import openapi_schema_validator as oas
            from jsonschema.validators import extend
            from referencing import Registry, Resource
        except ImportError as missing:
            raise Misconfigured(f"{missing.name} is not installed: pip install 'orderhub[conform]'") from missing
        self.relaxed = relaxed
        self._registry = Registry().with_resource(_DOCUMENT, Resource.opaque(_in_plain_words(document, relaxed)))
        old = str(document.get("openapi", "")).startswith("3.0")
        self._classes: dict[str, Any] = {
            "request": oas.OAS30WriteValidator if old else oas.OAS31Validator,
            "response": oas.OAS30ReadValidator if old else oas.OAS31Validator,
        }
        base = self._classes["request"]
        # A form is text: "7" is an integer, one value is a list of one, and bounds of numbers are not compared.
        types = base.TYPE_CHECKER.redefine_many(
            {
                "integer": lambda _, value: isinstance(value, str) and bool(re.fullmatch(r"-?[0-9]+", value)),
                "number": lambda _, value: isinstance(value, str) and bool(re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value)),
                # … and so are the words of the schema itself: `additionalProperties: false`.
                "boolean": lambda _, value: isinstance(value, bool) or value in ("true", "false"),
                "array": lambda _, value: isinstance(value, str | list),
            }
        )
        items = base.VALIDATORS["items"]
        words: dict[str, Any] = {
            word: lambda *_: iter(())
            for word in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
        }
        words["items"] = lambda check, inner, value, around: items(
            check, inner, [value] if isinstance(value, str) else value, around
        )
        self._classes["form"] = extend(base, words, type_checker=types)  # type: ignore[no-untyped-call]

    def value(self, pointer: str, value: Any) -> list[str]:
        return self._faults("response", pointer, value)

    def form(self, pointer: str, value: Any) -> list[str]:
        return self._faults("form", pointer, value)

    def body(self, pointer: str, media: str, body: bytes, side: str) -> list[str]:
        if media != "application/json" and not media.endswith("+json"):
            return []  # a label, a page, plain text: nothing that a schema judges
        try:
            value = json.loads(body)
        except ValueError as fault:
            return [f"$: not JSON: {fault}"]
        return self._faults(side, pointer, value)

    def _faults(self, side: str, pointer: str, value: Any) -> list[str]:
        from jsonschema.exceptions import best_match

        kind = self._classes[side]
        validator = kind(
            {"$ref": f"{_DOCUMENT}#{pointer}"}, registry=self._registry, format_checker=kind.FORMAT_CHECKER
        )
        worst = [best_match([each]) for each in validator.iter_errors(value)]
        return [f"{each.json_path}: {each.message[:300]}" for each in worst if each is not None]


def _in_plain_words(node: Any, relaxed: bool) -> Any:
    """The document with `nullable` and discriminators said in plain schema words, and relaxed where asked for."""
    if isinstance(node, list):
        return [_in_plain_words(each, relaxed) for each in node]
    if not isinstance(node, Mapping):
        return node
    inner = {str(name): _in_plain_words(value, relaxed) for name, value in node.items()}
    # A discriminator only helps to choose among `oneOf`, whose members are judged anyway.
    if isinstance(inner.get("discriminator"), Mapping) and "propertyName" in inner["discriminator"]:
        del inner["discriminator"]
    if relaxed and inner.get("additionalProperties") is False:
        del inner["additionalProperties"]
    is_schema = any(
        isinstance(inner.get(word), kind)
        for word, kind in (("type", str), ("enum", list), ("allOf", list), ("oneOf", list))
    )
    if inner.get("nullable") is True or (relaxed and is_schema):
        inner.pop("nullable", None)
        return {"anyOf": [{"enum": [None]}, inner]}
    return inner
