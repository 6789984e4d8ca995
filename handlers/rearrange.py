"""What is booked in a time off, decided in one go: a form, a confirmation, and one transaction that does all of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from coaching.actions import rearrange
from coaching.actions.rearrange import Arranging, Rearrange, Rearranged, Terms
from coaching.actions.time_off import BookedIn
from coaching.errors import ChangedMeanwhile, CoachingError, Engaged, InPast, NotBookable, NothingPicked
from coaching.fates import KEPT, Fate
from coaching.sessions import Actor
from handlers import parse
from handlers.cancel import typed
from handlers.deps import Deps, Publish
from handlers.ids import Action, Block, Callback
from handlers.off_meta import FateMeta
from handlers.parse import BadRequest, Body
from handlers.press import Press, on_action, on_submit
from handlers.refusals import refusal
from handlers.views.kit import Json
from handlers.views.rearrange import fates_confirm_view, fates_view, rearranged_view
from handlers.views.time_off import Saved, booked_view


class RearrangeFeature:
    """The dialog about what is booked in a time off."""

    def __init__(self, deps: Deps, publish_home: Publish) -> None:
        self._deps = deps
        self._publish_home = publish_home

    async def first(
        self, actor: Actor, coach_id: str, starts_at: datetime, ends_at: datetime, saved: Saved | None = None
    ) -> Json | None:
        """Return the first page for a time off, or None where nothing is booked in one that was just `saved`.

        Raises NotYours, AdminsOnly.
        """
        found = await rearrange.begin(self._deps.store, self._deps.clock, actor, coach_id, starts_at, ends_at)
        if isinstance(found, BookedIn):
            return booked_view(found, saved) if found.sessions or saved is None else None
        meta = FateMeta(coach=coach_id, draft=found.draft.id, more=found.more)
        return fates_view(found, meta, saved=saved)

    @on_action(Action.OFF_EARLIER, Action.OFF_LATER)
    async def turn(self, press: Press) -> None:
        """Show another page, and keep what was chosen on this one."""
        meta = FateMeta.load(press.body)
        await self._keep(press, meta, _fates(press.body))
        step = -1 if press.action_id == Action.OFF_EARLIER else 1
        await press.redraw(await self._page(press.actor, replace(meta, page=max(0, meta.page + step))))
        await press.ack()

    @on_action(Action.OFF_ALL)
    async def for_all(self, press: Press) -> None:
        """Choose the same for all sessions of the dialog."""
        meta = FateMeta.load(press.body)
        fate = _fate(parse.value(press.body))
        found = await self._look(press.actor, meta)
        await self._keep(press, meta, dict.fromkeys(found.every, fate))
        await press.redraw(await self._page(press.actor, meta))
        await press.ack()

    @on_submit(Callback.OFF_CHOOSE)
    async def submit_choice(self, press: Press) -> None:
        """Continue to the confirmation. If all is kept, nothing is left to do."""
        meta = FateMeta.load(press.body)
        await self._keep(press, meta, _fates(press.body))
        try:
            terms = await self._quote(press.actor, meta)
        except NothingPicked:
            await press.ack()
            return
        if _meet(terms):
            say = await self._deps.say_to(press.actor)
            words = say("Two of these would be at the same time. Choose another time for one of them.")
            await press.replace(await self._page(press.actor, meta, words))
            return
        await press.replace(fates_confirm_view(terms, meta))

    @on_action(Action.OFF_LATE)
    async def revise(self, press: Press) -> None:
        """Show the terms of the other choice for late sessions, with what was typed."""
        meta = FateMeta.load(press.body)
        store, clock = self._deps.store, self._deps.clock
        terms = await rearrange.quote(store, clock, press.actor, meta.draft, meta.coach, typed(press.body))
        await press.redraw(fates_confirm_view(terms, meta))
        await press.ack()

    @on_action(Action.OFF_BACK)
    async def back(self, press: Press) -> None:
        """Go back to the form. What was chosen and typed is kept."""
        meta = FateMeta.load(press.body)
        key = parse.request_key(press.body)
        store, clock = self._deps.store, self._deps.clock
        await rearrange.choose(store, clock, press.actor, key, meta.draft, meta.coach, {}, typed(press.body))
        await press.redraw(await self._page(press.actor, replace(meta, page=0)))
        await press.ack()

    @on_submit(Callback.OFF_CONFIRM)
    async def submit_confirmation(self, press: Press) -> None:
        """Do all of it, or nothing and come back with what is in the way."""
        meta = FateMeta.load(press.body)
        command = Rearrange(
            actor=press.actor,
            draft_id=meta.draft,
            coach_id=meta.coach,
            typed=typed(press.body),
            seal=meta.seal,
        )
        try:
            done = await rearrange.rearrange(self._deps.store, self._deps.clock, command)
        except (Engaged, NotBookable, InPast, ChangedMeanwhile) as error:
            self._deps.count("rearrange", "conflict")
            await press.replace(await self._instead(press, meta, error))
            return
        except CoachingError:
            self._deps.count("rearrange", "refused")
            raise
        if isinstance(done, Terms):
            self._deps.count("rearrange", "conflict")
            await press.replace(fates_confirm_view(done, meta))
            return
        if not done.again:
            self._deps.count("rearrange", "done")
        await press.replace(rearranged_view(done))
        if _own(done) or not press.has_beneath:
            self._deps.later(self._publish_home(press.client, press.actor), "publish home")

    async def _instead(self, press: Press, meta: FateMeta, error: CoachingError) -> Json:
        """Return the form after a refusal. What is not possible any more is kept as it is, so that it is chosen anew."""
        say = await self._deps.say_to(press.actor)
        words = say.sentences(await refusal(self._deps, press.actor, error), f"*{say('Nothing was done.')}*")
        stale: dict[str, Fate] = {}
        first, pages = None, (await self._look(press.actor, replace(meta, page=0))).pages
        for page in range(pages):
            found = await self._look(press.actor, replace(meta, page=page))
            gone = {one.id: KEPT for one in found.sessions if not _offered(found, one.id)}
            first = page if gone and first is None else first
            stale |= gone
        store, clock, key = self._deps.store, self._deps.clock, f"{parse.request_key(press.body)}:stale"
        await rearrange.choose(store, clock, press.actor, key, meta.draft, meta.coach, stale)
        return await self._page(press.actor, replace(meta, page=first or 0), words)

    async def _page(self, actor: Actor, meta: FateMeta, notice: str | None = None) -> Json:
        found = await self._look(actor, meta)
        return fates_view(found, replace(meta, round=meta.round + 1), notice=notice)

    async def _look(self, actor: Actor, meta: FateMeta) -> Arranging:
        store, clock = self._deps.store, self._deps.clock
        found = await rearrange.look(store, clock, actor, meta.draft, meta.coach, meta.page)
        return replace(found, more=meta.more)

    async def _quote(self, actor: Actor, meta: FateMeta) -> Terms:
        return await rearrange.quote(self._deps.store, self._deps.clock, actor, meta.draft, meta.coach)

    async def _keep(self, press: Press, meta: FateMeta, fates: Mapping[str, Fate]) -> None:
        key = parse.request_key(press.body)
        store, clock = self._deps.store, self._deps.clock
        await rearrange.choose(store, clock, press.actor, key, meta.draft, meta.coach, fates)


def _own(done: Rearranged) -> bool:
    return not done.draft.everybodys


def _offered(found: Arranging, session_id: str) -> bool:
    """Return whether what was chosen for a session is still possible."""
    fate = found.fate(session_id)
    if fate.coach_id:
        return any(one.id == fate.coach_id for one in found.takers[session_id])
    return fate.starts_at is None or any(slot.starts_at == fate.starts_at for slot in found.free[session_id])


def _meet(terms: Terms) -> bool:
    """Return whether two sessions would be moved onto one another."""
    after = sorted((new for _, new in terms.moved), key=lambda one: one.starts_at)
    return any(one.ends_at > other.starts_at for one, other in pairwise(after))


def _fates(body: Body) -> dict[str, Fate]:
    """Return what is chosen on the page, by session. Raises BadRequest."""
    found = {}
    for block_id in parse.inputs(body, f"{Block.FATE}:"):
        session_id = block_id.split(":", 2)[2] if block_id.count(":") > 1 else ""
        if not session_id:
            raise BadRequest("an odd choice")
        # Nothing chosen is nothing done.
        found[session_id] = _fate(parse.chosen(body, block_id) or str(KEPT))
    return found


def _fate(written: str) -> Fate:
    try:
        fate = Fate.of(written)
    except ValueError:
        raise BadRequest("an odd choice") from None
    if fate.starts_at is not None:
        parse.instant(fate.starts_at.isoformat())
    return fate
