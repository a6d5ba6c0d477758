"""One notice to its channel. Nothing can be looked up there: a webhook only takes."""

from collections.abc import Sequence

import httpx

from connectors.messages.notes import note
from connectors.slack.plan import PostNotice
from connectors.slack.settings import SlackSettings
from hub.connector import Account, Event, Find
from hub.domain.errors import HubError, NeedsAttention, Refused, Unknowable, Unknown
from hub.domain.ids import CommandId

# docs.slack.dev/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks. About the hook: nothing will go through.
_HOOK = {
    "action_prohibited",
    "channel_is_archived",
    "channel_not_found",
    "invalid_token",
    "no_active_hooks",
    "no_service",
    "no_service_id",
    "no_team",
    "posting_to_general_channel_denied",
    "team_disabled",
    "user_not_found",
}


async def send(account: Account, wish: PostNotice, key: CommandId) -> Sequence[Event]:
    settings: SlackSettings = account.settings
    body = {"text": wish.text, "unfurl_links": False, "unfurl_media": False}
    await account.http.post(settings.path.get_secret_value(), json=body)
    return [note(key, wish.order, wish.target, wish.to, account.now())]


async def _look(_account: Account, wish: PostNotice, _key: CommandId) -> Sequence[Event] | None:
    raise Unknowable(
        f"Slack's answer to the notice for {wish.to} was lost, and a webhook cannot be asked: "
        "look into the channel, then retry it or leave it"
    )


SAFETY = Find(_look, before=False)


def verdict(response: httpx.Response) -> HubError | None:
    """Slack answers in plain words. The address is its secret, so errors name none."""
    status, said = response.status_code, " ".join(response.text.split())[:100]
    if 200 <= status < 300:
        # A proxy's page is no answer of Slack's.
        return None if said == "ok" else Unknown(f"{status}, but not Slack's ok")
    if said in _HOOK or status in (401, 403, 404, 410):
        return NeedsAttention(f"Slack's webhook is of no use any more: {status} {said}")
    if 400 <= status < 500 and status not in (408, 425, 429):
        return Refused(f"Slack: {status} {said}")
    return None
