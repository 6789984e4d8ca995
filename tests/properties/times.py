"""What clients and coaches do with the times of sessions: book within hours, move, take a cancellation back."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from coaching.actions import book as booking
from coaching.actions import reschedule, undo
from coaching.availability import Availability, LocalRange, WeeklyHours
from coaching.credits import Part
from coaching.errors import (
    CannotMove,
    ChangedMeanwhile,
    CoachesOnly,
    InPast,
    NotBookable,
    NotEnoughCredits,
    NotYours,
    PaymentChanged,
    UndoClosed,
)
from coaching.ids import new_id
from coaching.sessions import Actor, Hat
from tests.properties import audiences
from tests.properties.appearances import Appearances
from tests.properties.dialogs import HOUR, LENGTH, PAT_MAIL, TICK
from tests.properties.model_values import ModelSession
from tests.support.world import ADMIN, ANNA, COACH, OTHER_COACH

OPENS, CLOSES = 6, 22
NOTICE, HORIZON, APART = HOUR, timedelta(days=30), timedelta(minutes=10)
HOURS = Availability(
    time_zone="UTC",
    hours=WeeklyHours(((LocalRange(OPENS * 60, CLOSES * 60),),) * 7),
    buffer_after=APART,
    notice=NOTICE,
    horizon=HORIZON,
)


class Times(Appearances):
    """A practice whose coach gives hours; the other coach gives none and is booked by hand only."""

    async def set_up(self) -> None:
        """Let the coach give hours."""
        await super().set_up()
        async with self.store.write(self.ws) as uow:
            await uow.schedule.save(COACH, HOURS)
            await uow.commit()

    def closed(
        self, client: str, coach: str, starts_at: datetime, now: datetime, besides: Sequence[str] = ()
    ) -> type[Exception] | None:
        """Return how a client is refused that time."""
        if coach != COACH or coach not in self.listed:
            return NotBookable
        midnight = starts_at.replace(hour=0, minute=0, second=0, microsecond=0)
        if not NOTICE <= starts_at - now <= HORIZON:
            return NotBookable
        if starts_at < midnight + OPENS * HOUR or starts_at + LENGTH > midnight + CLOSES * HOUR:
            return NotBookable
        return self.model.clash(client, coach, starts_at, now, length=LENGTH, besides=besides, apart=APART)

    @rule(
        client=st.sampled_from([ANNA, ANNA, COACH]),
        coach=st.sampled_from([COACH, COACH, COACH, OTHER_COACH]),
        quarters=st.integers(0, 240),
        price=st.sampled_from([0, 50, 100, 101]),
        instead=st.none() | st.integers(0, 30),
        payer=st.none() | st.integers(0, 30),
    )
    def book_within_hours(
        self, client: str, coach: str, quarters: int, price: int, instead: int | None, payer: int | None
    ) -> None:
        now = self.clock.now()
        starts_at = now.replace(minute=0, second=0, microsecond=0) + quarters * timedelta(minutes=15)
        before = None if instead is None or not self.ids else self._session(instead)
        # Anybody's grant, whatever is left in it.
        chosen = list(self.model.grants)[payer % len(self.model.grants)] if payer is not None and price else None
        spend = self.model.affordable(client, "Coaching", price, now, chosen)
        able = chosen is None or chosen in (spend or {})
        pays = None if chosen is None else [Part(*one) for one in (spend or {}).items()]
        if pays is not None and not able:
            pays.insert(0, Part(str(chosen), price))
        command = booking.Book(
            actor=Actor(self.ws, client),
            role=Hat.CLIENT,
            client_id=client,
            coach_id=coach,
            session_type="Coaching",
            starts_at=starts_at,
            length=LENGTH,
            time_zone="Europe/London",
            price=price,
            within_hours=True,
            rebooks=before.id if before else None,
            request_key=new_id(now),
            pays=pays,
        )
        given = self.model.gives("Coaching", coach)
        barred = audiences.barred(self.model, client, "Coaching", now)
        closed = self.closed(client, coach, starts_at, now) if given and not barred else NotBookable
        expected: type[Exception] | None = InPast if starts_at <= now else closed
        if expected is None and before is not None and before.client != client:
            expected = NotYours
        if expected is None and spend is None:
            expected = NotEnoughCredits
        if expected is None and not able:
            expected = PaymentChanged
        expected = expected or audiences.full(self.model, client, "Coaching", now)
        session, refused = self.attempt(booking.book(self.store, self.clock, command))
        assert type(refused) is (expected or type(None))
        if refused:
            return
        assert spend is not None
        audiences.close(self.model, self.giving_way(client, "Coaching"))
        booked = self.booked(session.id, client, coach, "Coaching", starts_at, price, spend, before)
        self.model.told.tell("booked", client)
        self.model.told.tell_coaches("coach_booked", [booked], session.id)

    # -- moves --------------------------------------------------------------------------------------------------------
    @precondition(lambda self: self.ids)
    @rule(
        first=st.integers(0, 30),
        others=st.integers(0, 1),
        quarters=st.lists(st.integers(-1, 240), min_size=2, max_size=2),
        hat=st.sampled_from([Hat.CLIENT, Hat.CLIENT, Hat.COACH, Hat.ADMIN]),
        stale=st.sampled_from([False] * 9 + [True]),
        stay=st.booleans(),
    )
    def move(self, first: int, others: int, quarters: list[int], hat: Hat, stale: bool, stay: bool) -> None:
        now, one = self.clock.now(), self._session(first)
        if hat is Hat.CLIENT and one.client == PAT_MAIL:
            hat = Hat.ADMIN
        subject = one.coach if hat is Hat.COACH else one.client
        mine = [s for s in self.model.sessions.values() if subject == (s.coach if hat is Hat.COACH else s.client)]
        picked = [one, *[s for s in mine if s is not one and immovable(s, now, hat) is False][:others]]
        hour = now.replace(minute=0, second=0, microsecond=0)
        targets = {s.id: hour + n * timedelta(minutes=15) for s, n in zip(picked, quarters, strict=False)}
        if stay:
            targets[one.id] = one.starts_at  # there and back, or not at all: its countdown goes on
        seen = {s.id: s.starts_at - (TICK if stale else timedelta(0)) for s in picked}
        command = reschedule.MoveSessions(
            actor=Actor(self.ws, ADMIN if hat is Hat.ADMIN else subject),
            request_key=new_id(now),
            hat=hat,
            subject_id=subject,
            times=[reschedule.NewTime(s.id, seen[s.id], targets[s.id]) for s in picked],
        )
        moved, refused = self.attempt(reschedule.move_sessions(self.store, self.clock, command))
        if hat is Hat.COACH and self.retired(subject):
            assert isinstance(refused, CoachesOnly)
            return
        blocked = {s.id for s in picked if immovable(s, now, hat)}
        if blocked:
            assert isinstance(refused, CannotMove)
            assert set(refused.why) == blocked
            return
        assert type(refused) is (self._unmoved(picked, targets, now, hat, stale) or type(None))
        if refused:
            return
        for session in picked if hat is not Hat.COACH else ():
            self.model.make_room(session.client, targets[session.id], LENGTH, now)
        for session in picked:
            self.model.end_wish(session, "withdrawn", (now, ADMIN if hat is Hat.ADMIN else subject))
            self.follow(session, targets[session.id], now, hat)
        for _, after in moved.sessions:
            model = self.model.sessions[after.id]
            assert (after.starts_at, after.refund_cutoff_at) == (model.starts_at, model.cutoff())
            assert after.reschedules == model.moves
        self.model.told.tell_clients("moved", picked)
        self.model.told.tell_coaches("coach_moved", picked)

    def _unmoved(
        self, picked: list[ModelSession], targets: dict[str, datetime], now: datetime, hat: Hat, stale: bool
    ) -> type[Exception] | None:
        if stale:
            return ChangedMeanwhile
        if any(at <= now for at in targets.values()):
            return InPast
        order = sorted(picked, key=lambda s: (s.starts_at, s.id))
        for session in order if hat is not Hat.COACH else ():
            if refused := self.closed(session.client, session.coach, targets[session.id], now, list(targets)):
                return refused
        # All are moved before the first one is looked at.
        before = {s.id: (s.starts_at, s.ends_at) for s in picked}
        for session in picked:
            session.starts_at, session.ends_at = targets[session.id], targets[session.id] + LENGTH
        yields = hat is not Hat.COACH
        refused = [
            self.model.clash(s.client, s.coach, s.starts_at, now, length=LENGTH, besides=[s.id], yields=yields)
            for s in order
        ]
        for session in picked:
            session.starts_at, session.ends_at = before[session.id]
        return next((one for one in refused if one), None)

    def follow(self, session: ModelSession, starts_at: datetime, now: datetime, hat: Hat) -> None:
        """Give a session a new time, and the terms that follow from it."""
        late, cutoff, before = now > session.cutoff(), session.cutoff(), session.line(now, Hat.CLIENT, True)
        counted_from, promised = session.terms_start or session.starts_at, session.promised()
        session.starts_at, session.ends_at = starts_at, starts_at + LENGTH
        session.kept = session.late_move_allowed = session.may_overlap = False
        session.moves += hat is Hat.CLIENT
        session.terms_start = session.fixed_cutoff = None
        if hat is Hat.COACH:
            booked_at, session.booked_at = session.booked_at, now
            cutoff, session.booked_at = session.cutoff(), booked_at
            session.fixed_cutoff = max(cutoff, min(starts_at, now + 24 * HOUR))
        elif late:
            session.terms_start, session.fixed_cutoff = counted_from, min(cutoff, starts_at)
            assert session.line(now, Hat.CLIENT, True)[1] <= before[1]
            assert session.line(now, Hat.CLIENT, True)[3]
        if promised is not None and now <= promised:
            session.fixed_cutoff = max(session.cutoff(), min(starts_at, promised))
        session.count_down(now)

    @precondition(lambda self: self.ids)
    @rule(first=st.integers(0, 30), who=st.sampled_from(["coach", "coach", "admin", "client"]))
    def allow_a_late_move(self, first: int, who: str) -> None:
        now, one = self.clock.now(), self._session(first)
        actor = {"coach": one.coach, "admin": ADMIN, "client": one.client}[who]
        _, refused = self.attempt(reschedule.allow_late_move(self.store, self.clock, Actor(self.ws, actor), one.id))
        if actor not in (one.coach, ADMIN):
            assert isinstance(refused, NotYours)
        elif self.retired(actor):
            assert isinstance(refused, CoachesOnly)
        elif one.status != "scheduled" or now > one.starts_at:
            assert isinstance(refused, CannotMove)
        else:
            assert refused is None
            if not one.late_move_allowed:
                self.model.told.tell("move_allowed", one.client, actor, one.id)
            one.late_move_allowed = True

    # -- undo ---------------------------------------------------------------------------------------------------------
    @precondition(lambda self: self.actions)
    @rule(
        number=st.integers(0, 30),
        back=st.integers(0, 3),
        twice=st.booleans(),
        other=st.sampled_from([False] * 5 + [True]),
    )
    def take_a_cancellation_back(self, number: int, back: int, twice: bool, other: bool) -> None:
        actions = list(self.actions)
        action_id = actions[-1 - back % len(actions)] if number % 2 else actions[number % len(actions)]
        sessions = [self.model.sessions[one] for one in self.actions[action_id]]
        actor = COACH if other else (sessions[0].canceled_by or ANNA)
        for _ in range(1 + twice):
            self.press_undo(action_id, sessions, actor)

    def press_undo(self, action_id: str, sessions: list[ModelSession], actor: str) -> None:
        """Press Undo on the receipt of an action."""
        now = self.clock.now()
        command = undo.Undo(actor=Actor(self.ws, actor), action_id=action_id)
        answer, refused = self.attempt(undo.undo(self.store, self.clock, command))
        if all(not s.canceled and (actor in (s.client, s.coach) or actor == ADMIN) for s in sessions):
            assert refused is None
            assert {s.id for s in answer.sessions} == {s.id for s in sessions}
            return
        if any(not s.canceled or s.canceled_by != actor for s in sessions):
            assert isinstance(refused, NotYours)
            return
        if sessions[0].canceled_as is Hat.COACH and self.retired(actor):
            assert isinstance(refused, CoachesOnly)
            return
        why = self._closed_undo(action_id, sessions, now)
        if why:
            assert isinstance(refused, UndoClosed)
            assert refused.why == why
            return
        assert refused is None
        self.model.told.withdraw("coach_alert", action_id)
        self.model.told.withdraw("receipt", action_id, but=actor)
        for session in sessions:
            self.model.restore(session, now)
        self.undone(action_id, sessions)
        restored = {s.id: s.refund_cutoff_at for s in answer.sessions}
        assert restored == {s.id: s.cutoff() for s in sessions}

    def undone(self, action_id: str, sessions: list[ModelSession]) -> None:
        """Do what else follows from an undo."""

    def _closed_undo(self, action_id: str, sessions: list[ModelSession], now: datetime) -> str | None:
        for session in sorted(sessions, key=lambda s: (s.starts_at, s.id)):
            if session.action != action_id:
                return "changed"
            if session.held_until is None:
                return "closed" if {s.coach for s in sessions} <= self.listed else "no_coach"
            if now > session.held_until:
                return "time"
            if now >= session.starts_at:
                return "started"
            if session.decided_since:
                return "decided"
        needed: dict[str, int] = {}
        for session in sessions:
            for grant_id, amount in session.returned.items():
                needed[grant_id] = needed.get(grant_id, 0) + amount
        if any(self.model.grants[grant_id].balance < amount for grant_id, amount in needed.items()):
            return "spent"
        ids = [s.id for s in sessions]
        allowed = [s.id for s in self.model.sessions.values() if s.may_overlap and not s.canceled]
        taken = any(
            self.model.clash(s.client, s.coach, s.starts_at, now, length=LENGTH, besides=[*ids, *allowed], yields=False)
            for s in sessions
            if not s.may_overlap
        )
        return "slot" if taken else None


def immovable(session: ModelSession, now: datetime, hat: Hat) -> bool:
    """Whether somebody in this role cannot move it now."""
    if session.status != "scheduled" or now > session.starts_at:
        return True
    if hat is not Hat.CLIENT or session.late_move_allowed:
        return False
    return not session.given or session.moves >= 3 or now > session.starts_at - 24 * HOUR
