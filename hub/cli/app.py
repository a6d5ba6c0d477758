"""The commands and their options; what they do is in the modules beside this one, imported when asked for."""

from pathlib import Path
from typing import Annotated

import typer

from hub.cli.show import Output

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Orderhub: records in, one order, commands out.",
)
events = typer.Typer(no_args_is_help=True, help="What vendors told: list, look, replay.")
commands = typer.Typer(no_args_is_help=True, help="What vendors are asked to do: list, look, try again.")
keys = typer.Typer(no_args_is_help=True, help="API keys of this hub, and the keys that seal.")
schema = typer.Typer(no_args_is_help=True, help="The GraphQL schema.")
for name, group in (("events", events), ("commands", commands), ("keys", keys), ("schema", schema)):
    app.add_typer(group, name=name)

File = Annotated[
    Path, typer.Option("--settings", "-c", envvar="HUB_SETTINGS", help="The settings file.", dir_okay=False)
]
As = Annotated[Output, typer.Option("--output", "-o", help="How to print a list.")]
State = Annotated[str, typer.Option(help="Only those in this state.")]
Of = Annotated[str, typer.Option(help="Only those of this connection.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")]
Ids = Annotated[list[str], typer.Argument(help="Their ids.")]

SETTINGS = Path("hub.toml")


@app.command()
def serve(
    file: File = SETTINGS,
    host: Annotated[str | None, typer.Option(help="Instead of [api] host.")] = None,
    port: Annotated[int | None, typer.Option(help="Instead of [api] port; 0: any free one.")] = None,
    worker: Annotated[bool, typer.Option("--worker/--no-worker", help="Work in this process, too.")] = True,
) -> None:
    """Answer webhooks and GraphQL, and do the work."""
    from hub.cli import run

    run.serve(file, host, port, worker)


@app.command()
def worker(file: File = SETTINGS) -> None:
    """Do the work only: digest, plan, deliver, pull."""
    from hub.cli import run

    run.work(file)


@app.command()
def migrate(file: File = SETTINGS) -> None:
    """Bring the database to this version's tables."""
    from hub.cli import run

    run.migrate(file)


@app.command()
def rebuild(file: File = SETTINGS) -> None:
    """Fold every order again from its records."""
    from hub.cli import run

    run.rebuild(file)


@app.command()
def check(
    file: File = SETTINGS,
    online: Annotated[bool, typer.Option("--online", help="Ask the vendors, too.")] = False,
) -> None:
    """Say what is wrong with the settings: all of it, with line and key."""
    from hub.cli import checking

    checking.check(file, online)


@app.command()
def read(
    connector: Annotated[str, typer.Argument(help="The vendor, such as stripe.")],
    files: Annotated[list[str], typer.Argument(help="Vendor JSON or recorded webhooks; - is standard input.")],
) -> None:
    """Show what the hub understands of a vendor's bodies, one JSON line each."""
    from hub.cli import bodies

    bodies.read(connector, files)


@app.command()
def trigger(
    connection: Annotated[str, typer.Argument(help="The id in the settings.")],
    body: Annotated[str, typer.Argument(help="The body's file; - is standard input.")],
    kind: Annotated[str, typer.Option(help="The event's kind, where the body does not name it.")] = "",
    url: Annotated[str, typer.Option(help="Where to, instead of the connection's webhook address.")] = "",
    file: File = SETTINGS,
) -> None:
    """Sign a body as the vendor would and post it to a running hub."""
    from hub.cli import bodies

    bodies.trigger(file, connection, body, kind, url)


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="End by itself; 1 if any system disagrees.")] = False,
    port: Annotated[int, typer.Option(help="Where the hub listens; the vendors take free ports.")] = 8000,
) -> None:
    """Play a day of a shop against three sandboxed vendors."""
    from hub.cli import run

    run.demo(once, port)


@events.command("list")
def list_events(
    state: State = "", connection: Of = "", limit: Limit = 50, output: As = Output.TABLE, file: File = SETTINGS
) -> None:
    """The newest events."""
    from hub.cli import looking

    looking.list_events(file, state, connection, limit, output)


@events.command("show")
def show_event(event_id: str, file: File = SETTINGS) -> None:
    """One event, with its body."""
    from hub.cli import looking

    looking.show_event(file, event_id)


@events.command("replay")
def replay_events(ids: Ids, file: File = SETTINGS) -> None:
    """Digest events again, after a fix."""
    from hub.cli import looking

    looking.replay_events(file, ids)


@commands.command("list")
def list_commands(
    state: State = "", connection: Of = "", limit: Limit = 50, output: As = Output.TABLE, file: File = SETTINGS
) -> None:
    """The newest commands."""
    from hub.cli import looking

    looking.list_commands(file, state, connection, limit, output)


@commands.command("show")
def show_command(command_id: str, file: File = SETTINGS) -> None:
    """One command, with its attempts."""
    from hub.cli import looking

    looking.show_command(file, command_id)


@commands.command("replay")
def replay_commands(ids: Ids, file: File = SETTINGS) -> None:
    """Try parked commands again."""
    from hub.cli import looking

    looking.replay_commands(file, ids)


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="Who it is for; changes are signed with it.")],
    scope: Annotated[list[str], typer.Option(help="What it may do; several times for several.")],
    file: File = SETTINGS,
) -> None:
    """Make an API key. It is printed once and kept as a digest only."""
    from hub.cli import looking

    looking.create_key(file, name, scope)


@keys.command("list")
def list_keys(output: As = Output.TABLE, file: File = SETTINGS) -> None:
    """The API keys, without themselves."""
    from hub.cli import looking

    looking.list_keys(file, output)


@keys.command("revoke")
def revoke_key(key_id: str, file: File = SETTINGS) -> None:
    """End an API key at once."""
    from hub.cli import looking

    looking.revoke_key(file, key_id)


@keys.command("reseal")
def reseal(file: File = SETTINGS) -> None:
    """Seal all tokens anew under the first sealing key, so that older ones can go."""
    from hub.cli import looking

    looking.reseal(file)


@keys.command("forget-tokens")
def forget_tokens(connection: str, file: File = SETTINGS) -> None:
    """Drop a connection's kept tokens: the one in the settings counts again."""
    from hub.cli import looking

    looking.forget_tokens(file, connection)


@keys.command("new-sealing-key")
def new_sealing_key() -> None:
    """Print a key for [security] sealing_keys."""
    from hub.store.sealing import new_key

    print(new_key())


@schema.command("print")
def print_schema() -> None:
    """The schema in GraphQL's own language."""
    from schema import print_schema

    print(print_schema(), end="")
