"""Whole stories, so that what takes several steps is met in every run: late and asked, ended, expired and back again."""

from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from coaching.sessions import Hat, Status
from tests.properties.dialogs import PAT_MAIL, TICK
from tests.properties.model_values import CLOSED_AFTER, CORRECTED_WITHIN, SWEPT_AFTER
from tests.properties.pleas import Pleas
from tests.support.world import ADMIN


class Stories(Pleas):
    """A practice in which things come to an end."""

    @precondition(lambda self: self.ids)
    @rule(
        first=st.integers(0, 30),
        wait=st.integers(0, 3),
        others=st.integers(0, 2),
        hat=st.sampled_from([Hat.CLIENT, Hat.CLIENT, Hat.CLIENT, Hat.COACH, Hat.ADMIN]),
    )
    def cancel_late(self, first: int, wait: int, others: int, hat: Hat) -> None:
        """Wait until something of a session would be lost, and cancel it."""
        now = self.clock.now()
        on = [s for s in self.model.sessions.values() if s.price and s.cancelable(now, Hat.COACH)]
        if not on:
            return
        one = on[first % len(on)]
        cutoff, starts_at = one.cutoff(), one.starts_at
        at = sorted({min(cutoff + TICK, starts_at), cutoff + (starts_at - cutoff) / 2, starts_at})
        self.clock.set(max(now, at[wait % len(at)]))
        if one.cancelable(self.clock.now(), hat):
            self.open_a_dialog(one, others, hat, False, True)

    def check(self) -> None:
        """Look in the middle of a story too."""
        self.the_store_and_the_model_tell_the_same()

    def until(self, at: datetime, beside: int = 0) -> None:
        """Wait until an instant or a microsecond beside it, unless it has passed."""
        self.clock.set(max(self.clock.now(), at + beside * TICK))

    @precondition(lambda self: self.ids)
    @rule(
        first=st.integers(0, 30),
        wait=st.integers(0, 3),
        hat=st.sampled_from([Hat.CLIENT, Hat.CLIENT, Hat.CLIENT, Hat.ADMIN, Hat.COACH]),
        asked=st.sampled_from([True, True, False]),
        undone=st.sampled_from([None, None, -1, 0, 1]),
        end=st.sampled_from(["decide", "decide", "by time", "too late", ""]),
        beside=st.sampled_from([-1, 0, 1, 1]),
        part=st.none() | st.sampled_from([1, 17, 50]),
        refund=st.sampled_from([True, True, False]),
    )
    def a_late_cancellation(
        self,
        first: int,
        wait: int,
        hat: Hat,
        asked: bool,
        undone: int | None,
        end: str,
        beside: int,
        part: int | None,
        refund: bool,
    ) -> None:
        before = list(self.actions)
        self.cancel_late(first, wait, first % 3, hat)
        self.check()
        made = [action for action in self.actions if action not in before]
        if not made:
            return
        sessions = [self.model.sessions[one] for one in self.actions[made[0]]]
        if asked:
            self.press_ask(made[0], sessions, ADMIN if sessions[0].client == PAT_MAIL else sessions[0].client)
            self.check()
        if undone is not None and sessions[0].held_until:
            self.until(sessions[0].held_until, undone)
            self.press_undo(made[0], sessions, sessions[0].canceled_by)
            self.check()
            if sessions[0].status == "scheduled" and sessions[0].cancelable(self.clock.now(), Hat.COACH):
                self.open_a_dialog(sessions[0], 0, hat, True, True)  # and once more, for the money that came back
                self.check()
        late = [s.asked.decide_by for s in sessions if s.asked]
        if late and end in ("by time", "too late"):
            self.until(min(late), beside)
        if end == "by time":
            self.the_upkeep_runs(200 if refund else 1, "requests")
        elif end:
            self.settle([s for s in sessions if s.coach == sessions[0].coach], sessions[0].coach, refund, part)

    @precondition(lambda self: any(s.status == "scheduled" for s in self.model.sessions.values()))
    @rule(
        first=st.integers(0, 30),
        at=st.sampled_from(["start", "end", "end", "an hour later", "an hour later", "two weeks later"]),
        beside=st.sampled_from([-1, 0, 1]),
        outcomes_=st.lists(st.sampled_from([Status.COMPLETED, Status.NO_SHOW]), max_size=2),
        upkeep_runs=st.booleans(),
    )
    def a_session_ends(self, first: int, at: str, beside: int, outcomes_: list[Status], upkeep_runs: bool) -> None:
        on = sorted((s for s in self.model.sessions.values() if s.status == "scheduled"), key=lambda s: s.ends_at)
        one = on[min(first % 4, len(on) - 1)]
        ends = {"an hour later": CLOSED_AFTER, "two weeks later": CORRECTED_WITHIN, "end": timedelta(0)}
        self.until(one.starts_at if at == "start" else one.ends_at + ends[at], beside)
        if upkeep_runs:
            self.the_upkeep_runs(200, "completed")
            self.check()
        for outcome in outcomes_:
            self.press_close(one, outcome, ADMIN if one.client == one.coach else one.coach)
            self.check()

    @precondition(lambda self: any(g.expires_at and not g.swept for g in self.model.grants.values()))
    @rule(
        swept=st.booleans(),
        beside=st.sampled_from([-1, 0, 1]),
        then=st.sampled_from(["", "upkeep", "cancel", "upkeep, cancel", "upkeep, cancel, upkeep"]),
        hat=st.sampled_from([Hat.CLIENT, Hat.COACH]),
    )
    def credits_expire(self, swept: bool, beside: int, then: str, hat: Hat) -> None:
        ends = [(g.expires_at, g.id) for g in self.model.grants.values() if g.expires_at and not g.swept]
        at, grant = min(ends)
        self.until(at + (SWEPT_AFTER if swept else timedelta(0)), beside)
        for act in then.split(", "):
            paid = [s for s in self.model.sessions.values() if grant in s.paid and s.cancelable(self.clock.now(), hat)]
            if act == "upkeep":
                self.the_upkeep_runs(200, None)
                self.until(self.clock.now() + SWEPT_AFTER)
            elif act == "cancel" and paid:
                self.open_a_dialog(paid[0], 2, hat, True, True)
            self.check()

    # Under more names, so that among all there is to do these are chosen more often.
    late_again = and_late_again = a_late_cancellation
    another_ends = a_session_ends
    more_expire = credits_expire
