"""The outcome of a session, as its coach or an admin notes it: completed, or a no-show, which is confirmed first."""

from slack_sdk.web.async_client import AsyncWebClient

from coaching.actions import browse
from coaching.actions.outcomes import Closed, CloseSession, close
from coaching.causes import Blocked
from coaching.errors import CannotClose, ChangedMeanwhile, CoachesOnly, CoachingError, NotYours
from coaching.outcomes import refused
from coaching.sessions import EVERYBODY, Actor, Hat, Status
from handlers import parse
from handlers.deps import Deps, Publish
from handlers.ids import Action, Callback
from handlers.meta import Meta
from handlers.press import Press, on_action, on_submit
from handlers.records import among_everybodys, details_for, from_home, in_record, seal_of, version_shown
from handlers.views.message import message_view
from handlers.views.outcomes import CORRECTED, VERBS, kept_words, no_show_view
from handlers.views.waiting import outcome_said
from handlers.views.words import reader_for
from handlers.waiting import settled
from language.say import say_for


class OutcomeFeature:
    """The buttons and menu items that close a session."""

    def __init__(self, deps: Deps, publish_home: Publish) -> None:
        self._deps = deps
        self._publish_home = publish_home

    @on_action(Action.COMPLETED, Action.NO_SHOW)
    async def close(self, press: Press) -> None:
        """Close or correct a session, and redraw its record or the queue that it was in."""
        session_id = parse.value(press.body)
        outcome = Status.COMPLETED if press.action_id == Action.COMPLETED else Status.NO_SHOW
        recorded = in_record(press)
        shown = version_shown(Meta.load(press.body)) if recorded else None
        closed = await self._close(press.actor, session_id, outcome, first=not recorded, shown=shown)
        if recorded:
            home, notice = from_home(press), await self._kept(press.actor, closed, outcome)
            await press.redraw(await details_for(self._deps, press, session_id, home=home, notice=notice))
            self._home(press.client, press.actor, home=home)
        else:
            seen = await browse.see(self._deps.store, press.actor)
            reader = reader_for(seen.viewer, [closed.session], closed.now)
            said = outcome_said(closed.session, reader, instead=closed.session.status is not outcome)
            if not await settled(self._deps, press, self._publish_home, said):
                self._deps.later(press.whisper(said), "answer a question")
        await press.ack()

    async def choose(self, press: Press, verb: str, session_id: str) -> bool:
        """Carry out a menu choice. Return whether the session changed. A no-show opens a dialog that asks first."""
        home = from_home(press)
        if VERBS[verb] is Status.COMPLETED:
            shown = version_shown(Meta.load(press.body)) if in_record(press) else None
            closed = await self._close(press.actor, session_id, VERBS[verb], first=verb != CORRECTED, shown=shown)
            self._home(press.client, press.actor, home=home)
            if words := await self._kept(press.actor, closed, Status.COMPLETED):
                say = say_for((await browse.see(self._deps.store, press.actor)).viewer.person.locale)
                await press.show(message_view(say.title("Not changed"), words, say))
            return True
        found = await browse.details(self._deps.store, self._deps.clock, press.actor, session_id)
        session = found.row.session
        if found.hat is Hat.CLIENT:
            raise NotYours("session", [session_id], press.actor.user_id)
        if found.row.blocked is Blocked.NO_COACH:
            raise CoachesOnly(press.actor.user_id)
        if session.status is not Status.NO_SHOW and (why := refused(session, Status.NO_SHOW, found.now)):
            raise CannotClose(session_id, why)
        subject = session.coach.id if found.hat is Hat.COACH else session.client.id
        if found.hat is Hat.ADMIN and among_everybodys(press):
            subject = EVERYBODY
        meta = Meta(hat=found.hat, subject=subject, draft=session.id, home=home, seal=seal_of(session))
        await press.show(no_show_view(session, found.viewer, meta, found.now))
        return False

    @on_submit(Callback.NO_SHOW)
    async def submit(self, press: Press) -> None:
        """Note a session as a no-show, and show its record in place of the dialog."""
        meta = Meta.load_dialog(press.body)
        closed = await self._close(press.actor, meta.draft, Status.NO_SHOW, shown=version_shown(meta))
        everybodys, notice = meta.subject == EVERYBODY, await self._kept(press.actor, closed, Status.NO_SHOW)
        view = await details_for(self._deps, press, meta.draft, home=meta.home, everybodys=everybodys, notice=notice)
        # The view beneath shows the session as it was.
        await press.replace({**view, "clear_on_close": True})
        self._home(press.client, press.actor, home=meta.home)

    async def _kept(self, actor: Actor, closed: Closed, outcome: Status) -> str | None:
        """Return what to say if somebody had recorded the other outcome since the actor looked, which stays."""
        if closed.session.status is outcome:
            return None
        return kept_words(closed.session, say_for((await browse.see(self._deps.store, actor)).viewer.person.locale))

    async def _close(
        self, actor: Actor, session_id: str, outcome: Status, *, first: bool = False, shown: int | None = None
    ) -> Closed:
        command = CloseSession(actor=actor, session_id=session_id, outcome=outcome, first=first, shown=shown)
        try:
            closed = await close(self._deps.store, self._deps.clock, command)
        except CoachingError as error:
            self._deps.count("close", "conflict" if isinstance(error, ChangedMeanwhile) else "refused")
            raise
        self._deps.count("close", "done")
        return closed

    def _home(self, client: AsyncWebClient, actor: Actor, *, home: bool) -> None:
        if home:
            self._deps.later(self._publish_home(client, actor), "publish home")
