"""Booking a session: choose coach, type, day and time, see the terms, book."""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from coaching import zones
from coaching.actions import book, browse, departed, slots
from coaching.bounds import Bounds
from coaching.causes import Obstacle
from coaching.errors import (
    CoachingError,
    Engaged,
    InPast,
    NotBookable,
    NotEnoughCredits,
    PaymentChanged,
    Replayed,
    TermsChanged,
)
from coaching.ids import new_id
from coaching.localtime import weeks_later
from coaching.records import Viewer
from coaching.requests import ToBook
from coaching.sessions import EVERYBODY, Actor, Hat, Session, Status
from handlers import parse
from handlers.deps import Deps, Publish
from handlers.error_words import words_for
from handlers.ids import Action, Block, Callback
from handlers.inputs import BadInput
from handlers.meta import BookingMeta, Meta
from handlers.parse import BadRequest, Body
from handlers.press import Press, on_action, on_submit
from handlers.records import details_for
from handlers.refusals import refusal
from handlers.views.book import Picks, booked_view, booking_view, nearest_words
from handlers.views.kit import Json
from handlers.views.not_bookable import gone_words, not_given_words
from handlers.views.paying import cannot_pay_words
from language.say import say_for

ALTERNATIVES = 5
"""How many free times are offered if the wanted one is taken."""


@dataclass(frozen=True, slots=True)
class _Found:
    """The contents of the dialog: what can be booked, the choices, and a notice (mrkdwn) if the dialog comes back."""

    booking: slots.Booking
    picks: Picks
    notice: str | None = None

    @property
    def viewer(self) -> Viewer:
        """The person who asked."""
        return self.booking.viewer

    @property
    def seal(self) -> str:
        """The identifier of the terms and, behind a dot, of what pays. What is on the screen is booked, or nothing."""
        one = self.booking.session_type
        terms = (one.price, one.length, self.booking.policy_id) if one else None
        pays = [(part.grant_id, part.amount) for part in self.booking.pays or ()]
        return ".".join(hashlib.sha256(repr(shown).encode()).hexdigest()[:16] for shown in (terms, pays))

    def view(self, meta: BookingMeta) -> Json:
        """Return the dialog's view."""
        return booking_view(self.booking, replace(meta, seal=self.seal), self.picks, notice=self.notice)


class BookFeature:
    """The booking dialog. `bounds` hold it to what a link is for: nothing else is offered, shown or booked."""

    def __init__(self, deps: Deps, publish_home: Publish, bounds: Bounds | None = None) -> None:
        self._deps = deps
        self._publish_home = publish_home
        self._bounds = bounds

    async def open(self, press: Press, meta: BookingMeta, picks: Picks, like: Session | None = None) -> None:
        """Open the dialog, with the free time chosen that is most like a session's. Raises NotYours, AdminsOnly."""
        found = await self._deps.met(press.client, press.actor, lambda: self._opened(press.actor, meta, picks, like))
        await press.show(found.view(replace(meta, session=new_id(found.booking.now))))

    async def begin(self, actor: Actor, meta: BookingMeta, picks: Picks) -> Json:
        """Return the dialog. Raises NotYours, AdminsOnly."""
        found = await self._load(actor, meta, picks)
        return found.view(replace(meta, session=new_id(found.booking.now)))

    async def _opened(self, actor: Actor, meta: BookingMeta, picks: Picks, like: Session | None) -> "_Found":
        found = await self._load(actor, meta, picks)
        free = found.booking.free
        if like is not None and free is not None and free.coach.id == like.coach.id:
            for day, slot in free.near(_like(like, found.booking.now), 1):
                found = replace(found, picks=replace(found.picks, day=day, start=slot.starts_at))
        return found

    async def open_for(self, press: Press, to_book: ToBook) -> None:
        """Open the dialog for oneself with what was to be booked, as far as it is there. Raises NotYours."""
        meta, like = BookingMeta(subject=press.actor.user_id), None
        picks = Picks(coach_id=to_book.coach_id, type_id=to_book.type_id)
        if to_book.rebooks is not None:
            like = await self._session(press.actor, to_book.rebooks)
            meta, picks = await self.again(press.actor, meta, like)
            # What was chosen when they asked comes before what the canceled session had.
            chosen = (to_book.coach_id or picks.coach_id, to_book.type_id or picks.type_id)
            picks = replace(picks, coach_id=chosen[0], type_id=chosen[1])
        await self.open(press, meta, picks, like)

    @on_action(Action.SCHEDULE)
    async def from_button(self, press: Press) -> None:
        """Open the dialog. A button with a session offers the same coach, type and time of the week."""
        meta = _origin(press.body, press.actor)
        pressed = parse.action(press.body).get("value")
        if pressed:
            await self.open_again(press, parse.text(pressed, "session"))
        else:
            await self.open(press, meta, Picks())
        await press.ack()

    async def open_again(self, press: Press, session_id: str) -> None:
        """Open the dialog with the same coach, type and time of the week as a session. Raises NotYours."""
        like = await self._session(press.actor, session_id)
        meta, picks = await self.again(press.actor, _origin(press.body, press.actor), like)
        await self.open(press, meta, picks, like)

    @on_action(Action.BOOK_DAY, Action.BOOK_TIME, Action.BOOK_COACH, Action.BOOK_TYPE, Action.BOOK_GRANT)
    async def choose(self, press: Press) -> None:
        """Redraw the dialog with the choices and what follows from them."""
        meta, picks = BookingMeta.load(press.body), _picks(press.body)
        await press.redraw(await self.chosen(press.actor, meta, picks, press.action_id))
        await press.ack()

    async def chosen(self, actor: Actor, meta: BookingMeta, picks: Picks, menu: object) -> Json:
        """Return the dialog after a choice in a menu."""
        if menu == Action.BOOK_TYPE:
            # Other credits can pay for another type, a package for it before all others.
            picks = replace(picks, grant_id=None)
        found = await self._load(actor, meta, picks)
        if menu in {Action.BOOK_COACH, Action.BOOK_TYPE} or found.picks != picks:
            # Days, times or credits have changed: the menus get new ids, so that Slack does not keep the old choices.
            meta = replace(meta, round=meta.round + 1)
        return found.view(meta)

    @on_submit(Callback.BOOK)
    async def submit(self, press: Press) -> None:
        """Book under the shown terms. If that is no longer possible, the dialog comes back with what is."""
        meta, picks = BookingMeta.load(press.body), _picks(press.body)
        if picks.start is None:
            raise BadInput(Block.TIME, "choose a time")
        if meta.hat is Hat.ADMIN:
            await self._deps.introduced(press.client, press.actor, {Block.TIME: [meta.subject]}, keep=True)
        view, booked = await self.booked(press.actor, meta, picks, picks.start)
        if view is None:
            view = await details_for(self._deps, press, meta.session, home=meta.home)
        await press.replace(view)
        if booked and meta.home:
            self._deps.later(self._publish_home(press.client, press.actor), "publish home")

    async def booked(self, actor: Actor, meta: BookingMeta, picks: Picks, start: datetime) -> tuple[Json | None, bool]:
        """Book what is on the screen, or nothing. Return what is shown then, and whether it is booked.

        None is shown for what this dialog booked and somebody has canceled since.
        """
        found = await self._load(actor, meta, picks)
        back = replace(meta, round=meta.round + 1)
        if found.notice is None and found.seal != meta.seal:
            found = replace(found, notice=_changed(found, meta.seal))
        if found.notice is not None and not await self._done(actor, meta):
            self._deps.count("book", "conflict")
            return found.view(back), False
        try:
            if found.notice is None:
                await self._book(actor, meta, found, start)
                self._deps.count("book", "done")
        except Replayed:
            pass
        except (TermsChanged, PaymentChanged):
            # Something changed between the reading above and the booking: the same as if it had changed before.
            self._deps.count("book", "conflict")
            fresh = await self._load(actor, meta, picks)
            fresh = replace(fresh, notice=fresh.notice or _changed(fresh, meta.seal))
            return fresh.view(back), False
        except (Engaged, NotBookable, InPast, NotEnoughCredits) as error:
            self._deps.count("book", "conflict" if isinstance(error, Engaged) else "refused")
            return (await self._instead(actor, meta, picks, error)).view(back), False
        return await self._result(actor, meta), True

    async def _book(self, actor: Actor, meta: BookingMeta, found: "_Found", start: datetime) -> None:
        free, session_type = found.booking.free, found.booking.session_type
        if free is None or session_type is None:
            raise BadRequest("nothing to book")
        command = book.Book(
            actor=actor,
            role=meta.hat,
            client_id=meta.subject,
            coach_id=free.coach.id,
            session_type=session_type.name,
            starts_at=start,
            length=session_type.length,
            time_zone=free.availability.time_zone,
            price=session_type.price,
            session_id=meta.session,
            within_hours=True,
            rebooks=meta.rebooks or None,
            # One dialog books one session, however often its button is pressed.
            request_key=f"book:{meta.session}",
            policy_id=found.booking.policy_id,
            pays=found.booking.pays,
            bounds=self._bounds,
        )
        await book.book(self._deps.store, self._deps.clock, command)

    async def _load(self, actor: Actor, meta: BookingMeta, picks: Picks) -> "_Found":
        """Read what can be booked. A coach or type that is gone is dropped, and a notice says so."""
        notice, missing, left, gives = None, None, False, True
        for _ in range(3):
            try:
                booking = await slots.open_booking(
                    self._deps.store,
                    self._deps.clock,
                    actor,
                    hat=meta.hat,
                    subject_id=meta.subject,
                    coach_id=picks.coach_id,
                    type_id=picks.type_id,
                    grant_id=picks.grant_id,
                    bounds=self._bounds,
                )
            except NotBookable as gone:
                not_given = gone.why is Obstacle.NOT_GIVEN
                if gone.why in {Obstacle.NO_TYPE, Obstacle.NOT_FOR_THEM} or (meta.hat is Hat.COACH and not_given):
                    notice = notice or words_for(gone, "", await self._deps.say_to(actor))
                    picks = replace(picks, type_id=None)
                    continue
                async with self._deps.store.read(actor.workspace_id) as queries:
                    missing = (await queries.people.viewer(gone.coach_id)).person
                    left = bool(await departed.gone(queries, [missing.id]))
                picks, gives = replace(picks, coach_id=None), not not_given
            else:
                words = [notice] if notice else []
                if missing is not None:
                    instead = gone_words(missing, booking, left=left) if gives else not_given_words(missing, booking)
                    words = [instead, *words]
                if picks.grant_id is not None and picks.grant_id not in {one.id for one in booking.payers}:
                    words += [] if words else [cannot_pay_words(booking)]
                    picks = replace(picks, grant_id=None)
                return _Found(booking, picks, "\n".join(words) or None)
        raise BadRequest("nothing can be read")

    async def _instead(self, actor: Actor, meta: BookingMeta, picks: Picks, error: CoachingError) -> "_Found":
        """Return the dialog after a refusal, with the nearest free time chosen."""
        found = await self._load(actor, meta, picks)
        say = say_for(found.viewer.person.locale)
        words = [await refusal(self._deps, actor, error), f"*{say('Nothing is booked yet.')}*"]
        free = found.booking.free
        timed = not isinstance(error, NotEnoughCredits) and not found.booking.full
        if timed and free is not None and picks.start is not None:
            near = free.near(picks.start, ALTERNATIVES)
            if near:
                wanted = picks.start
                best = min(near, key=lambda one: abs(one[1].starts_at - wanted))
                near = [best, *(one for one in near if one is not best)]
                found = replace(found, picks=replace(picks, day=best[0], start=best[1].starts_at))
                words.append(nearest_words(near, found.booking.viewer, free))
        return replace(found, notice="\n".join([found.notice or words[0], *words[1:]]))

    async def again(self, actor: Actor, meta: BookingMeta, session: Session) -> tuple[BookingMeta, Picks]:
        """Return the initial state for a session's coach and type. A canceled session is replaced."""
        hat = Hat.CLIENT if session.client.id == actor.user_id else Hat.ADMIN
        rebooks = session.id if session.status is Status.CANCELED else ""
        async with self._deps.store.read(actor.workspace_id) as queries:
            types = await queries.catalogue.session_types()
        type_id = next((one.id for one in types if one.name == session.session_type and not one.retired), None)
        meta = replace(meta, hat=hat, subject=session.client.id, rebooks=rebooks)
        return meta, Picks(coach_id=session.coach.id, type_id=type_id)

    async def _result(self, actor: Actor, meta: BookingMeta) -> Json | None:
        found = await browse.details(self._deps.store, self._deps.clock, actor, meta.session)
        if found.row.session.status is Status.CANCELED:
            return None
        return booked_view(found.row.session, found.viewer, found.row.policy, meta.hat, found.now)

    async def _session(self, actor: Actor, session_id: str) -> Session:
        return await browse.find(self._deps.store, actor, session_id)

    async def _done(self, actor: Actor, meta: BookingMeta) -> bool:
        """Return whether this dialog has already booked."""
        async with self._deps.store.read(actor.workspace_id) as queries:
            return await queries.sessions.find(meta.session) is not None


def _like(session: Session, now: datetime) -> datetime:
    """Return the time that somebody who books again most likely wants: the next one at the same time of the week."""
    return weeks_later(session.starts_at, zones.first_known(session.time_zone), now)


def _changed(found: _Found, seal: str) -> str:
    """Say that the terms, or what pays, differ from what was shown under this seal."""
    say = say_for(found.viewer.person.locale)
    if found.seal.partition(".")[0] == seal.partition(".")[0]:
        return say("What pays for this session changed while this was open. *Nothing is booked yet.* This pays now.")
    return say(
        "The price, length or terms changed while this was open. *Nothing is booked yet.* These are the terms now."
    )


def _origin(body: Body, actor: Actor) -> BookingMeta:
    """Return the person a dialog opened here books for. An admin who acts for a client continues to do so."""
    own = BookingMeta(subject=actor.user_id, home=parse.surface(body) == "home")
    if parse.surface(body) != "modal" or not parse.view(body).get("private_metadata"):
        return own
    meta = Meta.load(body)
    # Among everybody's sessions, nobody in particular is acted for.
    acting = meta.hat is Hat.ADMIN and meta.subject != EVERYBODY
    return replace(
        own, hat=Hat.ADMIN if acting else Hat.CLIENT, subject=meta.subject if acting else actor.user_id, home=meta.home
    )


def _picks(body: Body) -> Picks:
    """Read the choices in the dialog's menus. Raises BadRequest."""
    day, start = _chosen(body, Block.DAY), _chosen(body, Block.TIME)
    if start is not None and not re.fullmatch(r"[0-9]{1,11}", start):
        raise BadRequest("an odd time")
    try:
        return Picks(
            coach_id=_chosen(body, Block.BOOK_COACH),
            type_id=_chosen(body, Block.BOOK_TYPE),
            day=date.fromisoformat(day) if day else None,
            start=datetime.fromtimestamp(int(start), UTC) if start else None,
            grant_id=_chosen(body, Block.BOOK_GRANT),
        )
    except ValueError:
        raise BadRequest("an odd day") from None


def _chosen(body: Body, prefix: Block) -> str | None:
    block_id = parse.first_block(body, prefix)
    return parse.chosen(body, block_id) if block_id else None
