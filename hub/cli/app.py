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
connections = typer.Typer(help="How connections are; pause and resume them, and what of their past is known.")
webhooks = typer.Typer(no_args_is_help=True, help="Outgoing webhooks: who is told of changes.")
identity = typer.Typer(no_args_is_help=True, help="Who is who: records of one person or firm, put together.")
schema = typer.Typer(no_args_is_help=True, help="The GraphQL schema.")
for name, group in (
    ("events", events),
    ("commands", commands),
    ("keys", keys),
    ("connections", connections),
    ("webhooks", webhooks),
    ("identity", identity),
    ("schema", schema),
):
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
def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would go.")] = False,
    output: As = Output.TABLE,
    file: File = SETTINGS,
) -> None:
    """Take away what is over and older than [retention] says, now. Workers do it every hour."""
    from hub.cli import run

    run.prune(file, dry_run, output)


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
    connection: Annotated[str, typer.Option(help="By the settings of this connection, instead of none.")] = "",
    file: File = SETTINGS,
) -> None:
    """Show what the hub understands of a vendor's bodies, one JSON line each."""
    from hub.cli import bodies

    bodies.read(connector, files, connection, file)


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
def conform(
    connectors: Annotated[list[str] | None, typer.Argument(help="Which ones, such as stripe.")] = None,
    everyone: Annotated[bool, typer.Option("--all", help="Every installed connector that has a card.")] = False,
    material: Annotated[
        Path | None, typer.Option(help="Vendors' recordings and descriptions, a folder per connector.", file_okay=False)
    ] = None,
    scenario: Annotated[list[str] | None, typer.Option(help="Only this one; several times for several.")] = None,
    burst: Annotated[int, typer.Option(min=1, help="How many deliveries come at once.")] = 10_000,
    json: Annotated[Path | None, typer.Option(help="Write the results here, too.", dir_okay=False)] = None,
    page: Annotated[
        Path | None, typer.Option(help="Write the matrix of who can do what here, as Markdown.", dir_okay=False)
    ] = None,
) -> None:
    """Hold connectors to the conformance kit; 1 if any check fails."""
    from hub.cli import conforming

    conforming.conform(connectors or [], everyone, material, scenario or [], burst, json, page)


Account = Annotated[str, typer.Argument(help="The id in the settings.")]


@app.command()
def connect(
    connection: Account,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Or paste the address it ends at.")] = True,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Where the answer comes to, on this machine.")] = 8765,
    redirect: Annotated[
        str,
        typer.Option("--redirect-uri", help="The app's registered address, instead of http://127.0.0.1:PORT/callback."),
    ] = "",
    file: File = SETTINGS,
) -> None:
    """Let the hub into an account by OAuth: a person allows it at the vendor."""
    from hub.cli import connecting

    connecting.connect(file, connection, browser, port, redirect)


@app.command()
def backfill(
    connection: Account,
    since: Annotated[str, typer.Option(help="How far back: 2026-01-01. Without it, go on with what was begun.")] = "",
    stream: Annotated[str, typer.Option(help="Only this one, such as orders.")] = "",
    file: File = SETTINGS,
) -> None:
    """Read a connection's past, beside the running hub or without it. Killed, it goes on when run again."""
    from hub.cli import tending

    tending.backfill(file, connection, since, stream)


@app.command()
def preview(
    connection: Annotated[str, typer.Argument(help="The id in the settings of a connection that sends messages.")],
    order: Annotated[str, typer.Argument(help="The order's id, or its number.")],
    occasion: Annotated[str, typer.Argument(help="confirmed, shipped, …; or one of several: shipped:<id>.")],
    file: File = SETTINGS,
) -> None:
    """Print the message that an order would bring, without sending it."""
    from hub.cli import previewing

    previewing.preview(file, connection, order, occasion)


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="End by itself; 1 if any system disagrees.")] = False,
    port: Annotated[int, typer.Option(help="Where the hub listens; the vendors take free ports.")] = 8000,
) -> None:
    """Play a day of a shop against three sandboxed vendors."""
    from hub.cli import run

    run.demo(once, port)


@app.command()
def top(
    interval: Annotated[float, typer.Option(min=0.2, help="Seconds between two looks.")] = 2.0,
    once: Annotated[bool, typer.Option("--once", help="Look once.")] = False,
    output: As = Output.TABLE,
    file: File = SETTINGS,
) -> None:
    """Show the lanes live: what waits, for how long, and how fast it goes."""
    from hub.cli import top

    top.top(file, interval, once, output)


@app.command()
def trace(
    id: Annotated[str, typer.Argument(help="Of an event, a command or an order.")],
    output: As = Output.TABLE,
    file: File = SETTINGS,
) -> None:
    """Show what a webhook led to: changes, commands, attempts, and when."""
    from hub.cli import tracing

    tracing.trace(file, id, output)


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


@connections.callback(invoke_without_command=True)
def list_connections(context: typer.Context, output: As = Output.TABLE, file: File = SETTINGS) -> None:
    """How connections are; pause and resume them, and what of their past is known."""
    from hub.cli import tending

    if context.invoked_subcommand is None:
        tending.listing(file, output)


@connections.command("pause")
def pause_connection(
    connection: Account,
    why: Annotated[str, typer.Option(help="For those who will wonder.")],
    file: File = SETTINGS,
) -> None:
    """Stop calls to a vendor until somebody resumes them. Nothing is lost."""
    from hub.cli import tending

    tending.pause(file, connection, why)


@connections.command("resume")
def resume_connection(connection: Account, file: File = SETTINGS) -> None:
    """Let a paused connection go on, whoever paused it."""
    from hub.cli import tending

    tending.resume(file, connection)


@connections.command("coverage")
def show_coverage(output: As = Output.TABLE, file: File = SETTINGS) -> None:
    """From when until when each stream is known, and why not all."""
    from hub.cli import tending

    tending.coverage(file, output)


Endpoint = Annotated[str, typer.Argument(help="The id in [webhooks.<id>].")]


@webhooks.command("list")
def list_endpoints(output: As = Output.TABLE, file: File = SETTINGS) -> None:
    """How far each has come, and how it fares."""
    from hub.cli import hooks

    hooks.listing(file, output)


@webhooks.command("replay")
def replay_endpoint(
    endpoint: Endpoint,
    cursor: Annotated[int, typer.Option("--after", min=0, help="data.cursor of the last message to leave out.")],
    file: File = SETTINGS,
) -> None:
    """Tell an endpoint once more of everything behind a cursor."""
    from hub.cli import hooks

    hooks.replay(file, endpoint, cursor)


@webhooks.command("resume")
def resume_endpoint(endpoint: Endpoint, file: File = SETTINGS) -> None:
    """Let an endpoint that failed or was given up go on where it stopped."""
    from hub.cli import hooks

    hooks.resume(file, endpoint)


@webhooks.command("test")
def test_endpoint(endpoint: Endpoint, file: File = SETTINGS) -> None:
    """Send a signed message without a change."""
    from hub.cli import hooks

    hooks.test(file, endpoint)


Records = Annotated[Path, typer.Argument(help="CSV with a header, or JSON lines (.jsonl).", dir_okay=False)]
Mapped = Annotated[
    list[str] | None, typer.Option("--map", help="What a column holds, as field=column; several times for several.")
]
Learned = Annotated[Path | None, typer.Option("--weights", help="Of `hub identity learn`.", dir_okay=False)]


@identity.command("match")
def match_records(
    records: Records,
    into: Annotated[Path, typer.Option("--into", "-o", help="The CSV to write.", dir_okay=False)],
    mapped: Mapped = None,
    weights: Learned = None,
    link: Annotated[float, typer.Option(help="Bits of agreement from which records are put together.")] = 0.0,
) -> None:
    """Put records of one person or firm together: record, cluster, score in bits, reason."""
    from hub.cli import matching

    matching.match(records, into, mapped or [], weights, link)


@identity.command("evaluate")
def evaluate_clusters(
    clusters: Annotated[Path, typer.Argument(help="What `hub identity match` wrote.", dir_okay=False)],
    truth: Annotated[Path, typer.Option(help="A CSV with record_id and cluster_id.", dir_okay=False)],
    output: As = Output.TABLE,
) -> None:
    """Hold clusters to the truth: precision, recall and F1 over pairs, records and whole clusters."""
    from hub.cli import matching

    matching.evaluate(truth, clusters, output)


@identity.command("explain")
def explain_pair(
    records: Records,
    left: Annotated[str, typer.Argument(help="The id of a record.")],
    right: Annotated[str, typer.Argument(help="The id of another.")],
    mapped: Mapped = None,
    weights: Learned = None,
    output: As = Output.TABLE,
) -> None:
    """Show how alike two records are: each comparison with its values and bits, and the sum."""
    from hub.cli import matching

    matching.explain(records, left, right, mapped or [], weights, output)


@identity.command("learn")
def learn_weights(
    records: Records,
    into: Annotated[Path, typer.Option("--into", "-o", help="The file of weights to write.", dir_okay=False)],
    mapped: Mapped = None,
) -> None:
    """Fit the weights to records of one's own. No labels are wanted."""
    from hub.cli import matching

    matching.learn(records, into, mapped or [])


@schema.command("print")
def print_schema() -> None:
    """The schema in GraphQL's own language."""
    from schema import print_schema

    print(print_schema(), end="")
