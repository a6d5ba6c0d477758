"""The keys of a Slack connection, and the way to its channel."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, SecretStr

from connectors.messages.occasions import ForTeam
from connectors.messages.settings import TeamSettings
from hub.connector import Headers, Limits, Way
from hub.options import Url


def _path(path: SecretStr) -> SecretStr:
    if not re.fullmatch(r"/services/[A-Za-z0-9]+/[A-Za-z0-9]+/[A-Za-z0-9]+", path.get_secret_value()):
        raise ValueError("the webhook's address behind its host is expected: /services/T…/B…/…")
    return path


class SlackSettings(TeamSettings):
    base_url: Url = "https://hooks.slack.com"
    path: Annotated[SecretStr, AfterValidator(_path)]  # whoever knows it can post
    channel: str = "team"  # its name, for the records: the webhook itself is bound to one channel
    occasions: frozenset[ForTeam] = frozenset(ForTeam)


def way(settings: SlackSettings) -> Way:
    # docs.slack.dev/apis/web-api/rate-limits: one message a second, short bursts may pass.
    return Way(
        base_url=settings.base_url,
        auth=Headers(headers={}),
        limits=Limits(requests=1, per=timedelta(seconds=1), at_once=1, body_bytes=64 * 1024),
    )
