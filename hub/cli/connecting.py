"""`hub connect`: a person allows the hub into an account, in the browser or by pasting an address."""

import asyncio
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from hub.cli.checking import told
from hub.cli.needs import Hub, with_hub

if TYPE_CHECKING:
    from hub.settings import Settings
    from hub.transport.authorise import Consent, Invitation

_PATIENCE = 600.0  # seconds for the person


def connect(file: Path, connection: str, browser: bool, port: int, redirect: str) -> None:
    async def use(hub: Hub, _: "Settings") -> None:
        redirect_uri = redirect or f"http://127.0.0.1:{port}/callback"
        invitation = await hub.keeper.invite(connection, redirect_uri)
        print(f"The vendor has to know this redirect address of your app: {redirect_uri}", file=sys.stderr)
        given = await _given(invitation, browser)
        connected = await hub.keeper.connect(connection, invitation, given, "command line")
        for name, value in sorted(given.extras.items()):
            print(f"  the vendor also says {name} = {value}")
        until = f", until {connected.expires_at:%Y-%m-%d %H:%M} UTC and then renewed" if connected.expires_at else ""
        print(f"{connection} is connected{until}")
        if connected.resumed:
            print("  it was paused for its credentials, and goes on now")
        if connected.paused:
            print(f"  it stays paused ({connected.paused}) until hub connections resume {connection}")
        async for finding in hub.check(connection):
            print(f"  {told(finding)}")

    with_hub(file, use)


async def _given(invitation: "Invitation", browser: bool) -> "Consent":
    from hub.cli.callback import answered, listener
    from hub.domain.errors import Refused

    listening = listener(invitation.redirect_uri) if browser else None
    if listening is None:
        return await _pasted(invitation)
    async with answered(invitation, listening, lambda words: print(words, file=sys.stderr)) as answer:
        # After the door is open. The address is printed in any case: the browser may be signed in to another account.
        print(f"Allow access in the browser, or open this address there yourself:\n\n  {invitation.url}\n", flush=True)
        await asyncio.to_thread(webbrowser.open, invitation.url)
        try:
            async with asyncio.timeout(_PATIENCE):
                return await answer
        except TimeoutError:
            raise Refused(f"no answer within {_PATIENCE:.0f} s; start again") from None


async def _pasted(invitation: "Invitation") -> "Consent":
    from hub.domain.errors import Refused
    from hub.transport.authorise import consent

    print(f"Open this address and allow access:\n\n  {invitation.url}\n")
    print("The browser then shows a page, or says that it found none: paste the whole address that it shows there.")
    pasted = await asyncio.to_thread(sys.stdin.readline)
    if not pasted.strip():
        raise Refused("nothing was pasted")
    return consent(invitation, pasted)
