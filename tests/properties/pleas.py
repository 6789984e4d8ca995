"""Requests for credits: asked, given, declined, passed on, withdrawn, answered by hand, or left to time."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from coaching.actions import credit_answers, credit_requests
from coaching.errors import AdminsOnly, Answered, NotYours
from coaching.sessions import Actor
from tests.properties.arranging import Arranging
from tests.properties.dialogs import PAT_MAIL, TICK
from tests.properties.model_values import ModelGrant, ModelPlea
from tests.support.world import ADMIN, OTHER_COACH


class Pleas(Arranging):
    """A practice in which credits are asked for."""

    @rule(
        which=st.integers(0, 2),
        amount=st.sampled_from([50, 150, 301]),
        pool=st.none() | st.integers(0, 2),
        clicks=st.sampled_from([1, 1, 2]),
    )
    def ask_for_credits(self, which: int, amount: int, pool: int | None, clicks: int) -> None:
        """Ask, for oneself or for a pool, from which one may not book."""
        who, pools = self.clients[which], list(self.model.pools)
        if who == PAT_MAIL:
            return
        to = pools[pool % len(pools)] if pool is not None and pools else None
        for _ in range(clicks):
            self.press_plea(who, amount, to)

    def press_plea(self, who: str, amount: int, to: str | None) -> None:
        """Send the form."""
        now = self.clock.now()
        command = credit_requests.AskCredits(actor=Actor(self.ws, who), amount=amount, pool_id=to, note="Please")
        case, refused = self.attempt(credit_requests.ask(self.store, self.clock, command))
        if self.model.plea_of(who) is not None:
            assert case.again
            return
        if to is not None and who not in self.model.pools[to]:
            assert isinstance(refused, NotYours)
            return
        assert not case.again
        contact = self.model.contacts.get(to or "")
        first = contact if contact not in (None, who, PAT_MAIL) else None
        plea = ModelPlea(
            id=case.asked.action_id,
            client=who,
            pool=to,
            amount=amount,
            asked_at=now,
            decide_by=now + self.model.terms["workspace"].decide_within,
            by_admins=first is None,
        )
        assert (case.asked.decide_by, case.asked.by_admins) == (plea.decide_by, plea.by_admins)
        self.model.pleas.append(plea)
        if first is not None:
            self.model.told.tell("credits_asked", first, None, plea.id)
        else:
            self.model.told.tell("admin_credits", ADMIN, who, plea.id)

    @precondition(lambda self: self.model.pleas)
    @rule(
        number=st.integers(0, 30),
        any_=st.sampled_from([False, False, False, True]),
        act=st.sampled_from(["give", "give", "decline", "pass on"]),
        who=st.sampled_from(["admin", "admin", "admin", "contact", "contact", "client", "other"]),
        wait=st.sampled_from([0, 0, 0, 0, -1, 1]),
        clicks=st.sampled_from([1, 1, 2]),
    )
    def answer_a_plea(self, number: int, any_: bool, act: str, who: str, wait: int, clicks: int) -> None:
        """Press one of the buttons of those who decide, perhaps at the deadline."""
        open_ = [one for one in self.model.pleas if one.state == "open"]
        some = self.model.pleas if any_ or not open_ else open_
        plea = some[number % len(some)]
        contact = self.model.contacts.get(plea.pool or "")
        actor = {"admin": ADMIN, "client": plea.client, "other": OTHER_COACH, "contact": contact or ADMIN}[who]
        if actor == PAT_MAIL:
            return
        if wait:
            self.clock.set(max(self.clock.now(), plea.decide_by + (TICK if wait > 0 else 0 * TICK)))
        for _ in range(clicks):
            self.press_answer_to(plea, act, actor, may=actor in (ADMIN, contact))

    def press_answer_to(self, plea: ModelPlea, act: str, actor: str, *, may: bool) -> None:
        """Give what was asked for, decline, or pass it on to the admins."""
        given, refused = self.pressed(plea, act, Actor(self.ws, actor))
        was_open, in_time = plea.state == "open", self.clock.now() <= plea.decide_by
        if actor == plea.client:
            assert isinstance(refused, NotYours | AdminsOnly)
            return
        if not may or (act == "give" and actor != ADMIN):
            assert isinstance(refused, AdminsOnly)
            return
        # A contact's time to decline ends half-way: the admins take over.
        half = plea.asked_at + (plea.decide_by - plea.asked_at) / 2
        late = act == "decline" and actor != ADMIN and (plea.by_admins or self.clock.now() >= half)
        done = was_open and in_time and not late and not (act == "pass on" and plea.by_admins)
        if act == "give":
            assert isinstance(refused, type(None) if done else Answered)
        else:
            assert refused is None
            assert given.done is done
        if was_open and not in_time:
            self.model.end_plea(plea, "expired")
        elif done:
            self.carried_out(plea, act, given)
        elif was_open and late and not plea.by_admins:
            self.model.pass_on(plea)

    def pressed(self, plea: ModelPlea, act: str, by: Actor) -> tuple[Any, Exception | None]:
        """Press one of the buttons."""
        if act == "give":
            return self.attempt(credit_requests.give(self.store, self.clock, by, self.key(), plea.id))
        if act == "decline":
            command = credit_answers.Decline(actor=by, request_id=plea.id, reply="Sorry")
            return self.attempt(credit_answers.decline(self.store, self.clock, command))
        return self.attempt(credit_answers.pass_on(self.store, self.clock, by, plea.id))

    def carried_out(self, plea: ModelPlea, act: str, given: Any) -> None:
        """Tell the model what a press did."""
        if act == "decline":
            self.model.end_plea(plea, "declined")
        elif act == "pass on":
            self.model.pass_on(plea)
        else:
            self.model.issue(ModelGrant(given.grant.id, plea.pool or plea.client, plea.amount, None, None))
            self.model.end_plea(plea, "accepted", shared=plea.pool is not None)
            told = self.model.contacts.get(plea.pool) if plea.pool else plea.client
            if told is not None:
                self.model.told.tell("granted", told, given.grant.id)

    @precondition(lambda self: self.model.pleas)
    @rule(number=st.integers(0, 30), who=st.sampled_from(["client", "client", "admin"]))
    def withdraw_a_plea(self, number: int, who: str) -> None:
        """Take a request back."""
        plea = self.model.pleas[number % len(self.model.pleas)]
        actor = plea.client if who == "client" else ADMIN
        back, refused = self.attempt(credit_requests.withdraw(self.store, self.clock, Actor(self.ws, actor), plea.id))
        if actor != plea.client:
            assert isinstance(refused, NotYours)
            return
        assert back.again is (plea.state != "open")
        if plea.state == "open":
            self.model.end_plea(plea, "withdrawn")

    # Under another name, so that it is chosen more often.
    another_plea = ask_for_credits
    another_answer_to_a_plea = answer_a_plea
