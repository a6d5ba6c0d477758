"""Old and new processes work side by side while an upgrade rolls: a migration only adds, unless its docstring says
`contract:` and what for (CONTRIBUTING.md).
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

VERSIONS = Path(__file__).parents[2] / "hub" / "store" / "migrations" / "versions"
_ADDS = {"f", "get_bind", "get_context", "create_table", "add_column", "create_index", "bulk_insert"}


def takes_away(source: str) -> list[str]:
    """What in its `upgrade` older code could not live with; nothing where the docstring says `contract:`."""
    module = ast.parse(source)
    if "contract:" in (ast.get_docstring(module) or ""):
        return []
    upgrade = next(node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == "upgrade")
    calls = list(_calls(upgrade))
    made = {_text(call, 0) for name, call in calls if name == "create_table"}
    indexed = {_text(call, 0) for name, call in calls if name == "create_index"}
    faults = []
    for name, call in calls:
        what = f"{name} {_text(call, 0)} at line {call.lineno}"
        match name:
            case "drop_index":
                faults += [what] if _text(call, 0) not in indexed else []
            case "create_index":
                unique = any(each.arg == "unique" and getattr(each.value, "value", True) for each in call.keywords)
                faults += [f"unique {what}"] if unique and _text(call, 1) not in made else []
            case "add_column":
                faults += [] if _fills_itself(call) else [f"{what}: older code gives no value for it"]
            case "execute":
                faults += [] if _sets_storage(call) else [what]
            case _:
                faults += [] if name in _ADDS else [what]
    return faults


def _calls(function: ast.FunctionDef) -> Iterator[tuple[str, ast.Call]]:
    """Those of `op`."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of = node.func.value
            if isinstance(of, ast.Name) and of.id not in ("sa",) and not _is_dialect(of):
                yield node.func.attr, node


def _is_dialect(of: ast.Name) -> bool:
    return of.id in ("postgresql", "sqlite")


def _text(call: ast.Call, position: int) -> str:
    """A name as it is written; also inside `op.f(…)`."""
    node: ast.expr | None = call.args[position] if len(call.args) > position else None
    if isinstance(node, ast.Call) and node.args:
        node = node.args[0]
    return str(node.value) if isinstance(node, ast.Constant) else ""


def _fills_itself(call: ast.Call) -> bool:
    column = call.args[1]
    assert isinstance(column, ast.Call)
    given = {each.arg: each.value for each in column.keywords}
    nullable = given.get("nullable")
    return "server_default" in given or (isinstance(nullable, ast.Constant) and nullable.value is True)


def _sets_storage(call: ast.Call) -> bool:
    """`ALTER TABLE … SET (…)` changes how rows are kept, not which."""
    words = "".join(str(each.value) for each in ast.walk(call.args[0]) if isinstance(each, ast.Constant))
    return words.startswith("ALTER TABLE ") and " SET (" in words


@pytest.mark.parametrize("file", sorted(VERSIONS.glob("[0-9]*.py")), ids=lambda file: file.stem)
def test_a_migration_only_adds_unless_it_says_what_it_takes_away(file: Path) -> None:
    assert takes_away(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        'op.drop_table("hints")',
        'op.drop_column("inbox", "at")',
        'op.alter_column("inbox", "at", nullable=False)',
        'op.rename_table("inbox", "post")',
        'op.drop_constraint("pk", "inbox")',
        'op.drop_index("ix_inbox_state", "inbox")',
        'op.create_index("uq_x", "inbox", ["key"], unique=True)',
        'op.add_column("inbox", sa.Column("x", sa.Integer(), nullable=False))',
        'op.add_column("inbox", sa.Column("x", sa.Integer()))',
        'op.execute("ALTER TABLE inbox DROP COLUMN at")',
        'op.execute("DELETE FROM inbox")',
        'with op.batch_alter_table("inbox") as batch:\n        batch.drop_column("at")',
    ],
)
def test_what_takes_away_is_seen(line: str) -> None:
    source = f'"""A step."""\ndef upgrade() -> None:\n    {line}\n'

    assert takes_away(source)
    assert not takes_away(source.replace("A step.", "contract: nobody reads it since 0.3."))
