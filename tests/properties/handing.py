"""Sessions that go to another coach: who gives them, what their clients get back, and who hears of it."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from coaching.actions import handover
from coaching.errors import CannotMove, ChangedMeanwhile, CoachesOnly, NotBookable, NotYours, SlotTaken
from coaching.sessions import Actor, Hat
from tests.properties.dialogs import HOUR, LENGTH
from tests.properties.model_values import ModelSession
from tests.properties.times import APART, CLOSES, HOURS, OPENS, immovable
from tests.properties.wishes import Wishes
from tests.support.world import ADMIN, COACH, OTHER_COACH

NOBODYS_NOTICE = timedelta(days=29)
"""More notice than any client gives here: they never book with the other coach, who can take sessions over all the same."""


class Handing(Wishes):
    """A practice whose coaches stand in for one another."""

    async def set_up(self) -> None:
        """Let the other coach give hours too."""
        await super().set_up()
        async with self.store.write(self.ws) as uow:
            await uow.schedule.save(OTHER_COACH, replace(HOURS, notice=NOBODYS_NOTICE))
            await uow.commit()

    @precondition(lambda self: self.ids)
    @rule(
        first=st.integers(0, 30),
        others=st.integers(0, 2),
        likely=st.sampled_from([True, True, True, False]),
        who=st.sampled_from(["coach", "coach", "admin", "admin", "other", "client"]),
        to=st.sampled_from(["another", "another", "another", "the same"]),
        stale=st.sampled_from([False] * 9 + [True]),
        clicks=st.sampled_from([1, 1, 2]),
    )
    def hand_on(self, first: int, others: int, likely: bool, who: str, to: str, stale: bool, clicks: int) -> None:
        now = self.clock.now()
        ahead = [s for s in self.model.sessions.values() if not immovable(s, now, Hat.COACH)] if likely else []
        one = ahead[first % len(ahead)] if ahead else self._session(first)
        mine = [s for s in self.model.sessions.values() if s.coach == one.coach and s is not one]
        picked = [one, *[s for s in mine if not immovable(s, now, Hat.COACH)][:others]]
        another = OTHER_COACH if one.coach == COACH else COACH
        actor = {"coach": one.coach, "admin": ADMIN, "other": another, "client": one.client}[who]
        target = another if to == "another" else one.coach
        begun, refused = self.attempt(
            handover.begin(
                self.store,
                self.clock,
                Actor(self.ws, actor),
                draft_id=None,
                hat=Hat.ADMIN if actor == ADMIN else Hat.COACH,
                subject_id=one.client if actor == ADMIN else actor,
                session_ids=[s.id for s in picked],
            )
        )
        if any(actor == s.client for s in picked) or actor not in (one.coach, ADMIN):
            assert isinstance(refused, NotYours)
            return
        if self.retired(actor):
            assert isinstance(refused, CoachesOnly)
            return
        if blocked := {s.id for s in picked if immovable(s, now, Hat.COACH)}:
            assert isinstance(refused, CannotMove)
            assert set(refused.why) == blocked
            return
        free = [who for who in (COACH, OTHER_COACH) if self._unhanded(picked, who, now) is None]
        assert [coach.id for coach in begun.coaches] == free
        seal = "stale" if stale else begun.seal
        for click in range(clicks):
            self.press_hand(begun.draft.id, picked, actor, target, seal, again=click > 0)

    def press_hand(
        self, draft_id: str, picked: list[ModelSession], actor: str, target: str, seal: str, *, again: bool
    ) -> None:
        """Press the button that hands sessions over."""
        now = self.clock.now()
        command = handover.HandOver(actor=Actor(self.ws, actor), draft_id=draft_id, coach_id=target, seal=seal)
        answer, refused = self.attempt(handover.hand_over(self.store, self.clock, command))
        if again and refused is None:
            assert answer.again
            assert {s.id for s in answer.sessions} == {s.id for s in picked}
            return
        expected: type[Exception] | None = ChangedMeanwhile if seal == "stale" else self._unhanded(picked, target, now)
        expected = expected or self._overlapping(picked, target, now)
        assert type(refused) is (expected or type(None))
        if refused:
            return
        self.model.told.tell_clients("handed_over", picked)
        self.model.told.tell_coaches("coach_handed", picked)
        for session in picked:
            self.model.end_wish(session, "withdrawn", (now, actor))
            self.give(session, target, now)
        self.model.told.tell_coaches("coach_handed", picked)
        for after in answer.sessions:
            model = self.model.sessions[after.id]
            assert (after.coach.id, after.refund_cutoff_at) == (model.coach, model.cutoff())

    def give(self, session: ModelSession, coach: str, now: datetime) -> None:
        """Give a session to another coach, on terms that are never worse."""
        cutoff, booked_at = session.cutoff(), session.booked_at
        edges = [now, *(at for at in (session.starts_at - n * HOUR for n in range(30)) if at > now)]
        before = [session.line(at, Hat.CLIENT, True)[1] for at in edges]
        session.coach, session.kept, session.may_overlap = coach, False, False
        session.fixed_cutoff, session.booked_at = None, now
        anew, session.booked_at = session.cutoff(), booked_at
        session.fixed_cutoff = max(cutoff, anew, min(session.starts_at, now + 24 * HOUR))
        if session.terms_start is not None and session.terms_start <= session.starts_at:
            session.terms_start = None
        assert all(session.line(at, Hat.CLIENT, True)[1] >= was for at, was in zip(edges, before, strict=True))
        session.count_down(now)

    def _unhanded(self, picked: list[ModelSession], coach: str, now: datetime) -> type[Exception] | None:
        """Return how a coach is refused for these sessions: they are in them, have no hours then, or something else."""
        if any(coach in (s.coach, s.client) for s in picked) or coach not in self.listed:
            return NotBookable
        if not all(self.model.gives(s.kind, coach) for s in picked):
            return NotBookable
        ids = {s.id for s in picked}
        there = [s for s in self.model.sessions.values() if s.id not in ids]
        there = [s for s in there if s.status == "scheduled" or s.held(now)]
        for session in sorted(picked, key=lambda s: (s.starts_at, s.id)):
            midnight = session.starts_at.replace(hour=0, minute=0, second=0, microsecond=0)
            opens, closes = midnight + OPENS * HOUR, midnight + CLOSES * HOUR
            if session.starts_at < opens or session.starts_at + LENGTH > closes:
                return NotBookable
            for other in there:
                apart = APART if other.coach == coach else timedelta(0)
                near = other.starts_at < session.ends_at + apart and other.ends_at > session.starts_at - apart
                if near and coach in (other.coach, other.client):
                    return SlotTaken
        return None

    def _overlapping(self, picked: list[ModelSession], coach: str, now: datetime) -> type[Exception] | None:
        """Return how the database refuses: some overlapped before, which ends with the hand-over."""
        before = {s.id: s.coach for s in picked}
        for session in picked:
            session.coach = coach
        refused = [
            self.model.clash(s.client, coach, s.starts_at, now, length=LENGTH, besides=[s.id], yields=False)
            for s in sorted(picked, key=lambda s: (s.starts_at, s.id))
        ]
        for session in picked:
            session.coach = before[session.id]
        return next((one for one in refused if one), None)

    # Under another name, so that it is chosen more often.
    hand_on_again = hand_on
