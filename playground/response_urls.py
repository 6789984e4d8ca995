"""response_urls: each takes five answers within thirty minutes, to a command or to a click on a message."""

import secrets
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from playground.blocks import check_blocks
from playground.errors import ApiError
from playground.json_types import Json
from playground.values import completed
from playground.workspace import Message, Workspace

USES = 5
SECONDS = 30 * 60.0
TEXT_LIMIT = 40_000


@dataclass(slots=True)
class _Ticket:
    channel: str
    user: str
    message: Message | None
    born: float
    uses: int = 0


class ResponseUrls:
    """The issued URLs and what they still allow."""

    def __init__(self, workspace: Workspace, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._workspace = workspace
        self._clock = clock
        self._tickets: dict[str, _Ticket] = {}
        self.base = ""

    def new(self, kind: str, channel: str, user: str, message: Message | None = None) -> str:
        """Return a URL for a command (`commands`) or a click (`actions`) of this person."""
        now = self._clock()
        if len(self._tickets) > 5000:
            self._tickets = {k: t for k, t in self._tickets.items() if now - t.born < SECONDS}
        key = secrets.token_urlsafe(18)
        self._tickets[key] = _Ticket(channel, user, message, now)
        return f"{self.base}/{kind}/{self._workspace.team['id']}/{key}"

    def channel_of(self, key: str) -> str | None:
        """Return the channel that a URL answers in, or None if the URL is unknown."""
        ticket = self._tickets.get(key)
        return ticket.channel if ticket else None

    def use(self, key: str, body: Json) -> None:
        """Handle what the app posted.

        Raises:
            ApiError: `expired_url`, `used_url`, or a refused message.
        """
        ticket = self._tickets.get(key)
        # After a reset of the workspace the URL's channel may no longer exist.
        known = ticket is not None and ticket.channel in self._workspace.channels
        if ticket is None or not known or self._clock() - ticket.born > SECONDS:
            raise ApiError("expired_url")
        if ticket.uses >= USES:
            raise ApiError("used_url")
        if not isinstance(body, dict):
            raise ApiError("invalid_payload")
        original = ticket.message
        channel = self._workspace.channels[ticket.channel]
        present = original is not None and original.ts in channel.messages
        if body.get("delete_original"):
            ticket.uses += 1
            if original is not None and present:
                self._workspace.delete(original)
            return
        text, blocks = answer_content(body, self._workspace.without_blocks())
        ticket.uses += 1
        if body.get("replace_original") and original is not None and present:
            self._workspace.edit(original, text, blocks)
            return
        self._workspace.post(
            channel,
            self._workspace.bot_user,
            text,
            blocks,
            by_app=True,
            ephemeral_to=None if body.get("response_type") == "in_channel" else ticket.user,
            thread_ts=body.get("thread_ts"),
        )


def answer_content(body: Json, without: Collection[str]) -> tuple[str, list[Json]]:
    """Return text and blocks of an answer to a command or response_url.

    `without` are block types that the workspace does not have yet.

    Raises:
        ApiError: Slack would refuse them.
    """
    text = body.get("text") or ""
    if len(str(text)) > TEXT_LIMIT:
        raise ApiError("msg_too_long")
    blocks = body.get("blocks") or []
    if not text and not blocks and not body.get("attachments"):
        raise ApiError("no_text")
    errors = check_blocks(blocks, "message", without=without)
    if errors:
        raise ApiError("invalid_blocks", [f"[ERROR] {error}" for error in errors])
    return str(text), completed(blocks)
