"""What comes after a session or its cancellation: exceptions, decisions, how it ended, and what time alone decides."""

from datetime import datetime

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from coaching.actions import decide, exceptions, outcomes, upkeep
from coaching.actions.days import AHEAD
from coaching.errors import BadPart, CannotAsk, CannotClose, CoachesOnly, NotYours
from coaching.sessions import Actor, Status
from coaching.waiting import CONFIRM_WITHIN
from storage.reconciliation import findings
from storage.rules.waiting import WAITING
from tests.properties.accounts import Accounts
from tests.properties.dialogs import PAT_MAIL
from tests.properties.model_values import CLOSED_AFTER, SWEPT_AFTER, ModelRequest, ModelSession
from tests.properties.seen import asked_of
from tests.support.world import ADMIN, OTHER_COACH

SEEN_TO = [rule for rule in WAITING if rule.money]
"""What must not wait once the upkeep has run."""


class Afterwards(Accounts):
    """A practice in which people ask, decide and close, or leave it to the upkeep."""

    # -- exceptions ---------------------------------------------------------------------------------------------------
    @precondition(lambda self: _late(self))
    @rule(
        number=st.integers(0, 30),
        open_one=st.sampled_from([True, True, False]),
        who=st.sampled_from(["client", "client", "client", "admin", "coach", "stranger"]),
        clicks=st.sampled_from([1, 1, 2]),
    )
    def ask(self, number: int, open_one: bool, who: str, clicks: int) -> None:
        every = self.model.sessions
        actions = [a for a, ids in self.actions.items() if any(every[i].undecided or every[i].returnable for i in ids)]
        if not open_one or not actions:
            actions = list(self.actions)
        action = actions[number % len(actions)]
        sessions = [self.model.sessions[one] for one in self.actions[action]]
        first = sessions[0]
        actor = {"client": first.client, "admin": ADMIN, "coach": first.coach, "stranger": "U0STRANGER"}[who]
        if actor == PAT_MAIL:
            actor = ADMIN
        for _ in range(clicks):
            self.press_ask(action, sessions, actor)

    def press_ask(self, action: str, sessions: list[ModelSession], actor: str) -> None:
        """Send the note that asks for an exception."""
        now = self.clock.now()
        command = exceptions.Ask(actor=Actor(self.ws, actor), action_id=action, note="Please")
        case, refused = self.attempt(exceptions.ask(self.store, self.clock, command))
        if any(actor not in (s.client, ADMIN) for s in sessions):
            assert isinstance(refused, NotYours)
            return
        current = [s for s in sessions if s.canceled and s.action == action]
        if any(s.asked for s in current):
            assert refused is None
            assert case.again
            return
        askable = [s for s in current if s.undecided or s.returnable]
        if not askable:
            assert isinstance(refused, CannotAsk)
            why = "decided" if any(s.decided for s in current) else "returned"
            assert refused.why == (why if current else "undone")
            return
        assert refused is None
        assert not case.again
        requests: dict[str, list[ModelSession]] = {}
        for session in case.asked:
            requests.setdefault(session.cancellation.asked.action_id, []).append(self.model.sessions[session.id])
        assert {s.id for some in requests.values() for s in some} == {s.id for s in askable}
        terms = [
            {
                (s.coach, s.policy.decide_within, None if s.returnable else s.policy.undecided_percent, s.returnable)
                for s in some
            }
            for some in requests.values()
        ]
        assert len(set.union(*terms)) == len(terms)
        for request, some in requests.items():
            decide_by = now + some[0].policy.decide_within
            for session in some:
                session.requests[session.cancellations] = ModelRequest(request, decide_by)
            if some[0].coach in self.listed:
                self.model.told.tell_coaches("exception", some, request)
            else:
                self.ask_admins(request, some)

    @precondition(lambda self: _late(self))
    @rule(
        number=st.integers(0, 30),
        open_one=st.sampled_from([True, True, True, False]),
        others=st.integers(0, 2),
        refund=st.booleans(),
        part=st.none() | st.sampled_from([0, 1, 17, 50, 100]),
        who=st.sampled_from(["coach", "coach", "admin", "client"]),
    )
    def decide(self, number: int, open_one: bool, others: int, refund: bool, part: int | None, who: str) -> None:
        waiting = [s for s in self.model.sessions.values() if s.undecided] if open_one else []
        one = waiting[number % len(waiting)] if waiting else self._session(number)
        actor = {"coach": one.coach, "admin": ADMIN, "client": one.client}[who]
        theirs = [s for s in self.model.sessions.values() if s is not one and s.coach == one.coach]
        picked = [one, *sorted(theirs, key=lambda s: not s.undecided)[:others]]
        self.settle(picked, actor, refund, part)

    def settle(self, picked: list[ModelSession], actor: str, refund: bool, part: int | None) -> None:
        """Decide about late cancellations, or try to."""
        now = self.clock.now()
        command = decide.DecideLate(
            actor=Actor(self.ws, actor), session_ids=[s.id for s in picked], refund=refund, part=part, note="Well"
        )
        answer, refused = self.attempt(decide.decide_late(self.store, self.clock, command))
        if any(s.client == actor or actor not in (s.coach, ADMIN) for s in picked):
            assert isinstance(refused, NotYours)
            return
        if self.retired(actor):
            assert isinstance(refused, CoachesOnly)
            return
        waiting = [s for s in picked if s.undecided]
        late = {s.asked.id for s in picked if s.asked and s.overdue(now)}
        if late:
            assert refused is None
            assert not answer.decided
            assert {s.id for s in answer.overdue} == {s.id for s in picked if s.overdue(now)}
            self.by_time(sorted(late), now)
            return
        least = min((sum(s.forfeited.values()) for s in waiting), default=0)
        if waiting and refund and part is not None and not 0 < part < least:
            assert isinstance(refused, BadPart)
            assert refused.kept == least
            return
        assert refused is None
        assert {s.id for s in answer.decided} == {s.id for s in waiting}
        if waiting:
            amounts = [(part if part is not None else sum(s.forfeited.values())) if refund else 0 for s in waiting]
            self.model.decide(list(zip(waiting, amounts, strict=True)), now)
            self.name_returned()

    @precondition(lambda self: any(s.returnable for s in self.model.sessions.values()))
    @rule(
        number=st.integers(0, 30),
        asked=st.booleans(),
        others=st.integers(0, 2),
        stays=st.booleans(),
        part=st.none() | st.sampled_from([0, 1, 17, 50, 100]),
        who=st.sampled_from(["coach", "coach", "admin", "client"]),
    )
    def return_later(self, number: int, asked: bool, others: int, stays: bool, part: int | None, who: str) -> None:
        kept = [s for s in self.model.sessions.values() if s.returnable]
        some = [s for s in kept if s.asked_after] if asked else []
        one = (some or kept)[number % len(some or kept)]
        actor = {"coach": one.coach, "admin": ADMIN, "client": one.client}[who]
        theirs = [s for s in self.model.sessions.values() if s is not one and s.coach == one.coach]
        self.settle_later([one, *sorted(theirs, key=lambda s: not s.returnable)[:others]], actor, stays, part)

    def settle_later(self, picked: list[ModelSession], actor: str, stays: bool, part: int | None) -> None:
        """Return what decisions kept, or say to who asked that it stays; or try to."""
        now = self.clock.now()
        command = decide.DecideLate(
            actor=Actor(self.ws, actor), session_ids=[s.id for s in picked], refund=not stays, part=part, later=True
        )
        answer, refused = self.attempt(decide.decide_late(self.store, self.clock, command))
        if any(s.client == actor or actor not in (s.coach, ADMIN) for s in picked):
            assert isinstance(refused, NotYours)
            return
        if self.retired(actor):
            assert isinstance(refused, CoachesOnly)
            return
        late = {s.asked.id for s in picked if s.asked and s.overdue(now)}
        if late:
            assert not answer.decided
            self.by_time(sorted(late), now)
            return
        if stays:
            requests = {s.asked.id for s in picked if s.asked and s.asked_after}
            some = [s for s in self.model.sessions.values() if s.asked and s.asked.id in requests and s.asked_after]
            assert {s.id for s in answer.decided} == {s.id for s in some}
            self.model.stay(some)
            return
        due = [s for s in picked if s.returnable]
        least = min((sum(s.forfeited.values()) for s in due), default=0)
        if due and part is not None and not 0 < part < least:
            assert isinstance(refused, BadPart)
            return
        assert {s.id for s in answer.decided} == {s.id for s in due}
        if due:
            amounts = [part if part is not None else sum(s.forfeited.values()) for s in due]
            self.model.decide(list(zip(due, amounts, strict=True)), now)
            self.name_returned()

    def by_time(self, requests: list[str], now: datetime) -> None:
        """Let the deadline decide about whole requests, in that order."""
        overdue = [s for s in self.model.sessions.values() if s.overdue(now) and s.asked and s.asked.id in requests]
        self.model.decide_by_time(overdue, requests, now)
        self.name_returned()

    # -- how sessions end -----------------------------------------------------------------------------------------------
    @precondition(lambda self: self.ids)
    @rule(
        number=st.integers(0, 30),
        past=st.sampled_from([True, True, False]),
        outcome=st.sampled_from([Status.COMPLETED, Status.NO_SHOW, Status.NO_SHOW]),
        who=st.sampled_from(["coach", "coach", "admin", "client", "other"]),
    )
    def close(self, number: int, past: bool, outcome: Status, who: str) -> None:
        now = self.clock.now()
        begun = [s for s in self.model.sessions.values() if s.starts_at <= now and not s.canceled] if past else []
        one = begun[number % len(begun)] if begun else self._session(number)
        actor = {"coach": one.coach, "admin": ADMIN, "client": one.client, "other": OTHER_COACH}[who]
        self.press_close(one, outcome, actor)

    def press_close(self, one: ModelSession, outcome: Status, actor: str) -> None:
        """Say how a session ended, or try to."""
        now = self.clock.now()
        command = outcomes.CloseSession(actor=Actor(self.ws, actor), session_id=one.id, outcome=outcome)
        answer, refused = self.attempt(outcomes.close(self.store, self.clock, command))
        if actor == one.client or actor not in (one.coach, ADMIN):
            assert isinstance(refused, NotYours)
            return
        if self.retired(actor):
            assert isinstance(refused, CoachesOnly)
            return
        if one.status == outcome:
            confirms = one.unconfirmed and one.unclosable(outcome, now) is None
            assert refused is None
            assert answer.again is not confirms
            one.unconfirmed = one.unconfirmed and not confirms
            return
        if why := one.unclosable(outcome, now):
            assert isinstance(refused, CannotClose)
            assert refused.why == why
            return
        assert refused is None
        assert not answer.again
        one.status, one.unconfirmed = str(outcome), False
        if outcome is Status.NO_SHOW:
            self.model.told.tell_once("no_show", one.client, actor, one.id)

    # -- what time decides ----------------------------------------------------------------------------------------------
    @rule(batch=st.sampled_from([1, 200]), only=st.none() | st.sampled_from([name for name, _ in upkeep.JOBS]))
    def the_upkeep_runs(self, batch: int, only: str | None) -> None:
        now = self.clock.now()
        for name, job in upkeep.JOBS:
            if only in (None, name):
                self.run(upkeep.run(self.store, self.clock, job, batch=batch))
                assert self.run(upkeep.run(self.store, self.clock, job, batch=batch)) == 0
                # The others change nothing here: nobody moves to another zone, and no release brings new rules.
                done = {
                    "completed": self.complete,
                    "requests": self.answer,
                    "requests of coaches who left": self.hand_over,
                    "requests that pools' contacts left unanswered": lambda now, _: self.model.plead_to_admins(now),
                    "expiring": self.warn,
                    "expired": self.sweep,
                }.get(name)
                if done is not None:
                    done(now, batch)
        if only is None:
            assert not self.run(self._waiting(now))
        self.ask_how_it_went(now, every=only is None)

    def ask_how_it_went(self, now: datetime, *, every: bool) -> None:
        """Coaches are asked at most once about a session, never about a canceled one; `every`: and about all others."""
        asked = self.run(asked_of(self.store, self.ws))
        sessions = self.model.sessions.values()
        assert all(n == 1 for n in asked.values())
        waiting = {s.id for s in sessions if s.status == "scheduled" or (s.status == "completed" and s.unconfirmed)}
        assert set(asked) <= waiting
        if every:
            near = {s.id for s in sessions if s.status == "scheduled" and s.starts_at <= now + AHEAD}
            old = {s.id for s in sessions if s.ends_at + CONFIRM_WITHIN < now or s.client == s.coach}
            assert near - old <= set(asked)

    async def _waiting(self, now: datetime) -> list[str]:
        async with self.store.engines.reader.connect() as connection:
            found = await findings(connection, self.ws, rules=SEEN_TO, now=now)
        return [f"{one.rule.truth} {one.examples}" for one in found]

    def complete(self, now: datetime, _batch: int) -> None:
        """Close what ended an hour ago."""
        for session in self.model.sessions.values():
            if session.status == "scheduled" and session.ends_at + CLOSED_AFTER <= now:
                session.status, session.unconfirmed = "completed", True

    def answer(self, now: datetime, batch: int) -> None:
        """Decide what nobody decided in time; what was asked after a decision stays."""
        self.model.stay(
            [s for s in self.model.sessions.values() if s.asked_after and s.asked and now > s.asked.decide_by]
        )
        late = {(s.asked.decide_by, s.asked.id) for s in self.model.sessions.values() if s.asked and s.overdue(now)}
        # One by one the oldest comes first; those that are found together are taken as they were asked for.
        self.by_time([request for _, request in sorted(late)] if batch == 1 else sorted({r for _, r in late}), now)
        for plea in self.model.pleas:
            if plea.state == "open" and now > plea.decide_by:
                self.model.end_plea(plea, "expired")
        for session in self.model.sessions.values():
            if session.wish and now > session.wish.decide_by:
                self.model.end_wish(session, "expired")
                self.model.told.tell("answered", session.client)

    def hand_over(self, now: datetime, _batch: int) -> None:
        """Hand to the admins what still waits for a coach who has left."""
        for request in {s.asked.id for s in self.model.sessions.values() if s.asked}:
            some = [s for s in self.model.sessions.values() if s.asked and s.asked.id == request]
            waits = any(
                s.asked and s.asked.state == "open" and not s.asked.by_admins and not s.overdue(now) for s in some
            )
            if waits and some[0].coach not in self.listed:
                self.ask_admins(request, some)
        for session in self.model.sessions.values():
            wish = session.wish
            if wish and not wish.by_admins and now <= wish.decide_by and session.coach not in self.listed:
                wish.by_admins = True
                self.model.told.tell("admin_move_asked", ADMIN, session.coach, wish.id)

    def ask_admins(self, request: str, some: list[ModelSession]) -> None:
        """Have the admins decide in the place of a coach who has left."""
        for session in some:
            if session.asked and session.asked.state == "open":
                session.asked.by_admins = True
        self.model.told.tell("admin_exception", ADMIN, some[0].coach, request)

    def warn(self, now: datetime, _batch: int) -> None:
        """Tell holders what expires within two weeks: one message to each at one instant."""
        for grant in self.model.grants.values():
            if grant.warned or grant.gone(now) or not grant.soon(now) or not grant.balance:
                continue
            grant.warned = True
            told = self.model.contacts[grant.holder] if grant.holder in self.model.pools else grant.holder
            if told is not None:
                self.model.told.tell_once("expiring", told, None, f"{told} {now}")

    def sweep(self, now: datetime, _batch: int) -> None:
        """Close what expired ten minutes ago."""
        for grant in self.model.grants.values():
            if not grant.swept and grant.gone(now - SWEPT_AFTER):
                self.model.sweep(grant)


def _late(machine: "Afterwards") -> bool:
    return any(s.undecided or s.decided or s.asked for s in machine.model.sessions.values())
