"""One operation: parsed and validated once per text, within limits, run for one caller."""

import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    execute,
    get_operation_ast,
    parse,
    subscribe,
    validate,
)

from hub.domain.clock import Clock
from hub.observe import metrics
from schema import SCHEMA
from schema.context import Caller, Context, Hub
from schema.errors import MOST_ERRORS, Code, error, told
from schema.limits import TOKENS, Shape, check_cost, check_shape

_MOST_CACHED = 512
_MOST_CACHED_TEXT = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    query: str
    operation_name: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """`began`: execution was reached; otherwise the request was refused, and a status code may say so."""

    body: dict[str, Any]
    began: bool
    code: Code | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    document: DocumentNode
    node: OperationDefinitionNode
    request: Request
    context: Context

    @property
    def kind(self) -> OperationType:
        return self.node.operation


class Refusal(Exception):
    """The request does not begin. Holds what the client is told."""

    def __init__(self, *errors: GraphQLError) -> None:
        super().__init__(*errors)
        self.errors = errors


class Engine:
    """Runs operations against one hub. Keeps parsed, valid documents by their text, least recently used out first."""

    def __init__(self, hub: Hub, now: Clock) -> None:
        self._hub = hub
        self._now = now
        self._documents: OrderedDict[str, tuple[DocumentNode, Shape]] = OrderedDict()

    # ------------------------------------------------------------------------------------------------ before

    def prepare(self, request: Request, caller: Caller) -> Operation:
        """Raises `Refusal`."""
        try:
            document, shape = self._document(request.query, caller)
            node = get_operation_ast(document, request.operation_name)
            if node is None:
                raise error(Code.NO_OPERATION, "name one operation of the document in operationName")
            _authorise(node, shape, document, caller)
            check_cost(SCHEMA, document, node, request.variables)
        except GraphQLError as refused:
            raise Refusal(refused) from None
        return Operation(document, node, request, Context(self._hub, caller, f"req_{secrets.token_hex(8)}", self._now))

    def _document(self, text: str, caller: Caller) -> tuple[DocumentNode, Shape]:
        if text in self._documents:
            self._documents.move_to_end(text)
            return self._documents[text]
        try:
            document = parse(text, no_location=False, max_tokens=TOKENS, max_comments=TOKENS)
        except GraphQLSyntaxError as fault:
            code = Code.LIMIT_EXCEEDED if "Parsing aborted" in fault.message else Code.PARSE_FAILED
            fault.extensions = {"code": code}
            raise
        except RecursionError:
            raise error(Code.LIMIT_EXCEEDED, "The document is too deep.") from None
        shape = check_shape(document)
        faults = validate(SCHEMA, document, max_errors=MOST_ERRORS, hide_suggestions=not caller.may("introspect"))
        if faults:
            for each in faults:
                each.extensions = {"code": Code.VALIDATION_FAILED}
            raise Refusal(*faults)
        if len(text) <= _MOST_CACHED_TEXT:
            self._documents[text] = document, shape
            if len(self._documents) > _MOST_CACHED:
                self._documents.popitem(last=False)
        return document, shape

    # --------------------------------------------------------------------------------------------------- run

    async def run(self, operation: Operation) -> Answer:
        """Queries and mutations."""
        request = operation.request
        started = time.perf_counter()
        result = execute(
            SCHEMA,
            operation.document,
            context_value=operation.context,
            variable_values=dict(request.variables),
            operation_name=request.operation_name,
            max_coercion_errors=MOST_ERRORS,
            hide_suggestions=not operation.context.caller.may("introspect"),
        )
        done: Any = await result if isawaitable(result) else result
        outcome = "errors" if done.errors else "done"
        metrics.graphql_seconds.labels(operation.kind.value, outcome).observe(time.perf_counter() - started)
        return _answer(done, operation)

    async def follow(self, operation: Operation) -> AsyncGenerator[Answer, None]:
        """Subscriptions. An error ends the stream after it was told."""
        request = operation.request
        try:
            started = subscribe(
                SCHEMA,
                operation.document,
                context_value=operation.context,
                variable_values=dict(request.variables),
                operation_name=request.operation_name,
                max_coercion_errors=MOST_ERRORS,
                hide_suggestions=not operation.context.caller.may("introspect"),
            )
            stream: Any = await started if isawaitable(started) else started
            if isinstance(stream, ExecutionResult):
                yield _answer(stream, operation, began=False)
                return
            try:
                with metrics.subscriptions.track_inprogress():
                    async for result in stream:
                        yield _answer(result, operation)
            finally:
                await stream.aclose()
        except GraphQLError as fault:
            yield _answer(ExecutionResult(data=None, errors=[fault]), operation)
        except Exception as fault:  # the last door: told without its words, and logged
            hidden = GraphQLError("", original_error=fault)
            yield _answer(ExecutionResult(data=None, errors=[hidden]), operation)


def refused(refusal: Refusal, caller: Caller | None) -> Answer:
    hints = caller is not None and caller.may("introspect")
    errors = told(refusal.errors, request_id="", hints=hints)
    return Answer({"errors": errors}, began=False, code=Code(errors[0]["extensions"]["code"]))


def _answer(result: ExecutionResult, operation: Operation, *, began: bool | None = None) -> Answer:
    caller, context = operation.context.caller, operation.context
    body: dict[str, Any] = {"data": result.data}
    # No data and no path: the variables did not fit, nothing was run.
    if began is None:
        began = result.data is not None or any(each.path for each in result.errors or ())
    if result.errors:
        body["errors"] = told(
            result.errors,
            request_id=context.request_id,
            hints=caller.may("introspect"),
            otherwise=None if began else Code.BAD_USER_INPUT,
        )
    if not began and result.errors:
        del body["data"]
        return Answer(body, began=False, code=Code(body["errors"][0]["extensions"]["code"]))
    return Answer(body, began=True)


def _authorise(node: OperationDefinitionNode, shape: Shape, document: DocumentNode, caller: Caller) -> None:
    if shape.introspects:
        caller.must("introspect")
    if node.operation is OperationType.MUTATION:
        caller.must("write")
    elif not all(name.startswith("__") for name in _fields(node.selection_set, document)):
        # `{ __schema … }` and `{ __typename }` tell nothing of any order.
        caller.must("read")


def _fields(selections: SelectionSetNode, document: DocumentNode, seen: set[str] | None = None) -> Iterator[str]:
    """Names of the fields of one level, through fragments, each of which is walked once."""
    seen = set() if seen is None else seen
    for each in selections.selections:
        if isinstance(each, FieldNode):
            yield each.name.value
        elif isinstance(each, InlineFragmentNode):
            yield from _fields(each.selection_set, document, seen)
        elif isinstance(each, FragmentSpreadNode) and each.name.value not in seen:
            seen.add(each.name.value)
            for fragment in document.definitions:
                if isinstance(fragment, FragmentDefinitionNode) and fragment.name.value == each.name.value:
                    yield from _fields(fragment.selection_set, document, seen)
