"""Which notices the team gets, and what stands in them."""

from collections.abc import Iterable
from dataclasses import dataclass

from connectors.messages.occasions import Occasion, for_team
from connectors.messages.plan import SendMessage, context, messages
from connectors.messages.plan import preview as preview_of
from connectors.messages.templates import render
from hub.connector import OrderView
from hub.domain.commands import Mismatch

_LONGEST = 4000  # docs.slack.dev: a `text` should not be longer


@dataclass(frozen=True, slots=True, kw_only=True)
class PostNotice(SendMessage):
    pass


def escape(text: str) -> str:
    """docs.slack.dev/messaging/formatting-message-text: these three and no others, or `<!channel>` would call all."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plan(view: OrderView) -> Iterable[SendMessage | Mismatch]:
    return messages(view, for_team(view), _compose)


def preview(view: OrderView, occasion: str) -> SendMessage | Mismatch:
    return preview_of(view, occasion, for_team(view), _compose)


def _compose(view: OrderView, occasion: Occasion) -> PostNotice | Mismatch:
    text = render(view.settings.templates, f"team/{occasion.kind}.txt", context(view, occasion), escape).strip()
    if not text or len(text) > _LONGEST:
        found = f"{len(text)} characters"
        return Mismatch(about=f"message {occasion.key}", expected=f"1 to {_LONGEST} characters", found=found)
    return PostNotice(
        target=occasion.key,
        order=view.order.id,
        reached_at=occasion.at,
        to=view.settings.channel,
        text=text,
    )
