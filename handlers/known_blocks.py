"""What each workspace's Slack takes: newer blocks are tried, and a refused message is sent anew in the older form.

Slack brings new blocks to workspaces one after the other, and says so only by refusing a call (ADR 0047).
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import structlog
from slack_sdk.errors import SlackApiError

from coaching import deadline
from coaching.blocks import KnownBlock
from coaching.errors import StorageBusy
from coaching.ports import Store
from handlers.views.newer import NONE, fitted, kinds

Content = dict[str, Any]
_Answer = TypeVar("_Answer")
Call = Callable[[Content], Awaitable[_Answer]]
"""Makes a Web API call with a view or message."""
Spawn = Callable[[Coroutine[Any, Any, None]], object]

_POINTER = re.compile(r"\[json-pointer:(?:/view)?/blocks/(\d{1,3})(/[^\]]*)?\]")
_UNSUPPORTED = re.compile(r"unsupported type: (\w{1,64})")
LOAD_SECONDS = 0.3
"""Seconds that the first call with a newer block waits for what is stored."""
log = structlog.get_logger(__name__)


def _wall() -> datetime:
    return datetime.now(UTC)


class KnownBlocks:
    """Knows by workspace, surface and kind whether Slack took a newer block when it last answered.

    It is kept in memory, so that requests do not ask the database. A process reads it once for each workspace, and learns
    the rest by itself, from Slack's answers.
    """

    def __init__(self, store: Store, spawn: Spawn, *, wall: Callable[[], datetime] = _wall) -> None:
        self._store = store
        self._spawn = spawn
        self._wall = wall
        self._known: dict[tuple[str, str], dict[str, KnownBlock]] = defaultdict(dict)
        self._read: set[str] = set()

    def answered(self, workspace_id: str, view: Content) -> Content:
        """Return a view for the answer to a dialog, whose refusal we would not hear of.

        It has only newer blocks that this Slack took before.
        """
        newer = kinds(view)
        if not newer:
            return view
        known = self._known[workspace_id, _surface(view)]
        return fitted(view, {kind for kind in newer if kind in known and known[kind].taken})

    async def sent(self, workspace_id: str, content: Content, call: Call[_Answer]) -> _Answer:
        """Make a Web API call with a view or message, in the newest form that this Slack takes.

        If Slack refuses a newer block, the call is made once more in the older form. Raises what the call raises.
        """
        newer = kinds(content)
        if not newer:
            return await call(content)
        if workspace_id not in self._read:
            await self._load(workspace_id)
        surface = _surface(content)
        known, now = self._known[workspace_id, surface], self._wall()
        tried = newer - {kind for kind in newer if kind in known and known[kind].refused(now)}
        form = fitted(content, tried)
        try:
            answer = await call(form)
        except SlackApiError as error:
            refusal = _Refusal.of(error, form) if tried else None
            if refusal is None:
                raise
            log.warning("Slack refused a newer block", surface=surface, kinds=sorted(tried), words=refusal.words)
            self._learn(workspace_id, surface, refusal.kinds, taken=False)
            answer = await call(fitted(content, NONE))
            if refusal.unnamed:
                # The older form was taken, so one of the newer blocks was the reason.
                self._learn(workspace_id, surface, tried, taken=False)
            return answer
        self._learn(workspace_id, surface, tried, taken=True)
        return answer

    async def _load(self, workspace_id: str) -> None:
        # Once, whatever comes of it: what is not known is learned from Slack's next answer.
        self._read.add(workspace_id)
        try:
            async with asyncio.timeout(deadline.left(LOAD_SECONDS)), self._store.read(workspace_id) as queries:
                found = await queries.workspace.known_blocks()
        except (StorageBusy, TimeoutError) as error:
            log.warning("what Slack does with newer blocks cannot be read", why=type(error).__name__)
            return
        for one in found:
            self._known[workspace_id, one.surface].setdefault(one.kind, one)

    def _learn(self, workspace_id: str, surface: str, found: Collection[str], *, taken: bool) -> None:
        """Remember an answer of Slack's, and store it behind the request if it is news."""
        known, now = self._known[workspace_id, surface], self._wall()
        news = [KnownBlock(surface, kind, taken, now) for kind in found if not (taken and _taken(known.get(kind)))]
        if not news:
            return
        for one in news:
            known[one.kind] = one
        self._spawn(self._stored(workspace_id, news))

    async def _stored(self, workspace_id: str, news: list[KnownBlock]) -> None:
        try:
            with deadline.lifted():
                async with self._store.write(workspace_id) as uow:
                    await uow.workspace.remember_blocks(news)
                    await uow.commit()
        except (StorageBusy, TimeoutError) as error:
            log.warning("what Slack does with newer blocks is not stored", why=type(error).__name__)


def _taken(one: KnownBlock | None) -> bool:
    return one is not None and one.taken


def _surface(content: Content) -> str:
    """Return where blocks are shown. Only views name their type."""
    return str(content.get("type", "message"))


class _Refusal:
    """A call that was refused because of a newer block.

    `kinds` are those that Slack does not take at all. `unnamed` means that Slack did not say what it refused.
    """

    def __init__(self, kinds: frozenset[str], words: list[str], *, unnamed: bool) -> None:
        self.kinds = kinds
        self.words = words
        self.unnamed = unnamed

    @classmethod
    def of(cls, error: SlackApiError, content: Content) -> "_Refusal | None":
        """Return what was refused, or None if the call failed for another reason."""
        data = getattr(error.response, "data", error.response)
        if not isinstance(data, Mapping):
            return None
        code, words = data.get("error"), list(_words(data))
        about_blocks = isinstance(code, str) and ("block" in code or code == "invalid_arguments")
        if not about_blocks:
            return None
        newer, named, pointed = kinds(content), set(), False
        meant = False
        for text in words:
            unsupported = _UNSUPPORTED.search(text)
            if unsupported and unsupported[1] in newer:
                named.add(unsupported[1])
                meant = True
            if (found := _POINTER.search(text)) is not None:
                pointed = True
                kind = _kind_at(content, int(found[1]))
                if kind in newer:
                    meant = True
                    # What is wrong deeper inside is wrong with this content, not with the kind.
                    if found[2] in {None, "/type"}:
                        named.add(str(kind))
        if not meant and (pointed or code == "invalid_arguments"):
            return None
        # Too much content is no question of its kinds.
        return cls(frozenset(named), words, unnamed=not meant and code != "msg_blocks_too_long")


def _kind_at(content: Content, index: int) -> object:
    blocks = content["blocks"]
    return blocks[index]["type"] if index < len(blocks) else None


def _words(data: Mapping[str, Any]) -> Iterator[str]:
    """Return what Slack says about an error: chat.* has `errors`, and every method may have messages."""
    metadata = data.get("response_metadata")
    messages = metadata.get("messages") if isinstance(metadata, Mapping) else None
    for some in (data.get("errors"), messages):
        if isinstance(some, list):
            yield from (text[:300] for text in some if isinstance(text, str))
