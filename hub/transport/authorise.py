"""A person lets the hub into an account: OAuth 2 with a code (RFC 6749, section 4.1) and PKCE (RFC 7636).

The answer comes to an address of this machine (RFC 8252, section 7.3), or is pasted by the person. PKCE is sent to all:
vendors that do not know it must ignore it (RFC 6749, section 3.1).
"""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx

from hub.connector import Headers, OAuth2
from hub.domain.clock import Clock
from hub.domain.errors import Refused, TryLater
from hub.domain.tokens import Tokens
from hub.transport.auth import Refresher
from hub.transport.body import TooBig
from hub.transport.faults import Lost, NotSent, Unsendable
from hub.transport.oauth import Ask, origins_with, read_tokens, token_request
from hub.transport.redact import Redactor
from hub.transport.verdict import excerpt

_ERRORS = {  # RFC 6749, section 4.1.2.1
    "access_denied": "access was not allowed",
    "unauthorized_client": "the vendor does not let this client_id ask for a code",
    "invalid_scope": "the vendor does not know, or does not grant, what was asked for",
    "invalid_request": "the vendor takes the question for malformed; is the redirect address registered there?",
    "server_error": "the vendor failed; try again",
    "temporarily_unavailable": "the vendor is overloaded; try again",
}
_REASONS = {  # RFC 6749, section 5.2
    "invalid_grant": "the code was used already, has expired (codes live for minutes), or the redirect address differs "
    "from the registered one. Start again",
    "invalid_client": "the vendor does not know this client_id with this client_secret",
    "unauthorized_client": "the vendor does not let this client_id use codes",
}


class WrongState(Refused):
    """An answer to a question that we did not ask: an old tab, or somebody who wants us in their account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """One question to one person. Kept in memory only, and answered once."""

    url: str  # where the person goes
    redirect_uri: str
    state: str = field(repr=False)  # RFC 6749, section 10.12
    verifier: str = field(repr=False)  # RFC 7636, section 4.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    code: str = field(repr=False)
    extras: Mapping[str, str]  # what else the vendor says, such as QuickBooks' realmId


def invite(connection: str, auth: Headers | OAuth2, redirect_uri: str) -> Invitation:
    """Raises `Refused` where no person can help."""
    if isinstance(auth, Headers):
        raise Refused(
            f"{connection} has credentials that do not expire: they stand in hub.toml, there is no connecting"
        )
    if auth.grant == "client_credentials":
        raise Refused(
            f"{connection} fetches its tokens with client_id and client_secret alone: nobody has to connect it"
        )
    if not auth.authorize_url:
        raise Refused(f"{connection}: this connector has no address to authorise at: put the token into hub.toml")
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    question = {
        "response_type": "code",
        "client_id": auth.client_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    if auth.scopes:
        question["scope"] = " ".join(auth.scopes)
    at = urlsplit(auth.authorize_url)
    query = urlencode([*parse_qsl(at.query), *question.items()])
    return Invitation(
        url=urlunsplit(at._replace(query=query)), redirect_uri=redirect_uri, state=state, verifier=verifier
    )


def consent(invitation: Invitation, answer: str) -> Consent:
    """What the vendor's redirect says: its whole address, or the query alone.

    Raises `WrongState`, and `Refused` with the vendor's reason.
    """
    before, mark, query = answer.strip().partition("?")
    said = dict(parse_qsl((query if mark else before).partition("#")[0]))
    if not secrets.compare_digest(said.pop("state", "").encode(), invitation.state.encode()):
        raise WrongState("this is not the answer to the question that was asked here (state differs)")
    if error := said.get("error"):
        own = said.get("error_description", "")
        words = _ERRORS.get(error, "the vendor declined")
        raise Refused(f"{words} ({error[:60]}{': ' if own else ''}{own[:200]})")
    code = said.pop("code", "")
    if not code:
        raise Refused("the answer has no code")
    return Consent(code=code, extras={key: value[:200] for key, value in said.items()})


def redeemer(
    connection: str, auth: OAuth2, invitation: Invitation, given: Consent, ask: Ask, now: Clock, redact: Redactor
) -> Refresher:
    """Changes the code for tokens (RFC 6749, section 4.1.3): a new chain that takes over from the one in the store."""
    form = {
        "grant_type": "authorization_code",
        "code": given.code,
        "redirect_uri": invitation.redirect_uri,
        "code_verifier": invitation.verifier,
    }
    redact.learn(given.code, invitation.verifier)

    async def redeem(stored: Tokens | None) -> Tokens:
        answer = await _asked(ask, token_request(auth, form))
        if answer.status_code != 200:
            raise Refused(
                f"{connection}: {_reason(answer)}. The vendor said {answer.status_code} {excerpt(answer, redact)}"
            )
        # The settings' refresh token counts as used from now on: what comes from here is newer.
        tokens = read_tokens(connection, answer.content, now(), "", origins_with(stored, auth))
        if not tokens.refresh:
            raise Refused(f"{connection}: the vendor gave no refresh token: access would end within the hour")
        return tokens

    return redeem


async def _asked(ask: Ask, request: httpx.Request) -> httpx.Response:
    try:
        return await ask(request)
    except (NotSent, Lost, TooBig) as fault:
        raise TryLater(f"changing the code for tokens: {fault}. Start again") from fault
    except Unsendable as fault:
        raise Refused(f"changing the code for tokens: {fault}") from fault


def _reason(answer: httpx.Response) -> str:
    try:
        said = answer.json()
        return _REASONS.get(said["error"], "the code could not be changed for tokens")
    except (ValueError, LookupError, TypeError):
        return "the code could not be changed for tokens"
