"""Requests to move what its client can no longer move: asked, accepted, declined, withdrawn, overtaken, or left to time."""

from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from coaching.actions import move_requests
from coaching.causes import NoRequest
from coaching.errors import CannotRequest, CoachesOnly, InPast, NotYours
from coaching.sessions import Actor, Hat
from tests.properties.afterwards import Afterwards
from tests.properties.dialogs import HOUR, LENGTH, PAT_MAIL
from tests.properties.model_values import ModelSession, ModelWish
from tests.properties.times import immovable
from tests.support.world import ADMIN, OTHER_COACH


class Wishes(Afterwards):
    """A practice in which late moves are asked for."""

    @precondition(lambda self: self.ids)
    @rule(
        number=st.integers(0, 30),
        wait=st.sampled_from([True, True, False]),
        quarters=st.lists(st.integers(-1, 160), min_size=1, max_size=3, unique=True),
        who=st.sampled_from(["client", "client", "client", "client", "admin", "coach"]),
        clicks=st.sampled_from([1, 1, 2]),
    )
    def ask_to_move(self, number: int, wait: bool, quarters: list[int], who: str, clicks: int) -> None:
        """Ask, perhaps after waiting until it is too late to move it oneself."""
        now = self.clock.now()
        ahead = [s for s in self.model.sessions.values() if s.status == "scheduled" and s.starts_at > now + HOUR]
        one = ahead[number % len(ahead)] if ahead else self._session(number)
        if wait and ahead:
            self.clock.set(max(now, one.starts_at - (number % 5 + 1) * HOUR))
        if one.client == PAT_MAIL:
            return
        hour = self.clock.now().replace(minute=0, second=0, microsecond=0)
        for _ in range(clicks):
            self.press_wish(one, [hour + n * timedelta(minutes=15) for n in quarters], who)

    def press_wish(self, one: ModelSession, times: list[datetime], who: str) -> None:
        """Send the form that asks to move a session."""
        now, actor = self.clock.now(), {"client": one.client, "admin": ADMIN, "coach": one.coach}[who]
        command = move_requests.AskMove(actor=Actor(self.ws, actor), session_id=one.id, times=times, note="Please")
        case, refused = self.attempt(move_requests.ask(self.store, self.clock, command))
        if actor != one.client:
            assert isinstance(refused, NotYours)
            return
        if one.wish is not None:
            assert case.again
            return
        over = one.status != "scheduled" or now > one.starts_at
        if over or not immovable(one, now, Hat.CLIENT):
            assert isinstance(refused, CannotRequest)
            assert refused.why is (NoRequest.TOO_LATE if over else NoRequest.BY_ONESELF)
            return
        expected: type[Exception] | None = None
        for at in sorted(times):
            no = InPast if at <= now or at == one.starts_at else self.closed(one.client, one.coach, at, now, [one.id])
            expected = expected or no
        assert type(refused) is (expected or type(None))
        if refused:
            return
        asked = case.asked
        decide_by = min(now + one.policy.decide_within, one.starts_at, max(times))
        assert (asked.decide_by, asked.number) == (decide_by, len(one.wishes) + 1)
        one.wishes.append(ModelWish(asked.action_id, decide_by, sorted(times)))
        self.model.told.tell_coaches("move_asked", [one], asked.action_id)

    @precondition(lambda self: any(s.wishes for s in self.model.sessions.values()))
    @rule(
        number=st.integers(0, 30),
        any_=st.sampled_from([False, False, False, True]),
        which=st.integers(0, 3),
        who=st.sampled_from(["coach", "coach", "coach", "admin", "client", "other"]),
        clicks=st.sampled_from([1, 1, 2]),
    )
    def answer_a_wish(self, number: int, any_: bool, which: int, who: str, clicks: int) -> None:
        """Press a time of a request, or Decline."""
        every = [(s, wish) for s in self.model.sessions.values() for wish in s.wishes]
        open_ = [(s, wish) for s, wish in every if wish.state == "open"]
        one, wish = (every if any_ or not open_ else open_)[number % len(every if any_ or not open_ else open_)]
        actor = {"coach": one.coach, "admin": ADMIN, "client": one.client, "other": OTHER_COACH}[who]
        at = wish.times[which % len(wish.times)] if which and wish.times else None
        for _ in range(clicks):
            self.press_answer(one, wish, at, actor)

    def press_answer(self, one: ModelSession, wish: ModelWish, at: datetime | None, actor: str) -> None:
        """Accept a time of a request, or (None) decline."""
        now = self.clock.now()
        command = move_requests.AnswerMove(actor=Actor(self.ws, actor), request_id=wish.id, starts_at=at)
        answer, refused = self.attempt(move_requests.answer(self.store, self.clock, command))
        if actor == one.client or actor not in (one.coach, ADMIN):
            assert isinstance(refused, NotYours)
            return
        if self.retired(actor):
            assert isinstance(refused, CoachesOnly)
            return
        if wish.state != "open":
            assert not answer.done
            assert answer.asked.state == wish.state
            return
        if now > wish.decide_by:
            assert not answer.done
            self.model.end_wish(one, "expired")
            self.model.told.tell("answered", one.client)
            return
        if at is None:
            assert answer.done
            self.model.end_wish(one, "declined")
            self.model.told.tell("answered", one.client)
            return
        if at not in wish.times:
            assert isinstance(refused, NotYours)  # it was left out, because it was taken
            return
        if at <= now:
            assert isinstance(refused, InPast)
            return
        if self.model.clash(one.client, one.coach, at, now, length=LENGTH, besides=[one.id]):
            assert not answer.done
            wish.times.remove(at)
            assert list(answer.asked.times) == wish.times
            if wish.times:
                wish.decide_by = min(wish.decide_by, wish.times[-1])
            else:
                self.model.end_wish(one, "declined")
                self.model.told.tell("answered", one.client)
            return
        assert answer.done
        self.model.end_wish(one, "accepted")
        self.model.make_room(one.client, at, LENGTH, now)
        self.follow(one, at, now, Hat.ADMIN)
        assert (answer.session.starts_at, answer.session.refund_cutoff_at) == (one.starts_at, one.cutoff())
        self.model.told.tell_clients("moved", [one])
        self.model.told.tell_coaches("coach_moved", [one])

    @precondition(lambda self: any(s.wishes for s in self.model.sessions.values()))
    @rule(number=st.integers(0, 30), who=st.sampled_from(["client", "client", "client", "admin", "coach"]))
    def withdraw_a_wish(self, number: int, who: str) -> None:
        """Take a request back."""
        every = [(s, wish) for s in self.model.sessions.values() for wish in s.wishes]
        one, wish = every[number % len(every)]
        now, actor = self.clock.now(), {"client": one.client, "admin": ADMIN, "coach": one.coach}[who]
        back, refused = self.attempt(move_requests.withdraw(self.store, self.clock, Actor(self.ws, actor), wish.id))
        if actor != one.client:
            assert isinstance(refused, NotYours)
            return
        assert back.again is (wish.state != "open")
        if wish.state == "open":
            self.model.end_wish(one, "withdrawn", (now, actor))
        elif wish.state == "withdrawn" and one.canceled:
            wish.ended = (now, actor)

    # Under another name, so that it is chosen more often.
    ask_to_move_again = ask_to_move
    another_answer = answer_a_wish
