"""The life of a practice's credits besides booking: a company's pool, what admins take back, what expires with time."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from coaching.actions import credits, expiry, packages, upkeep
from coaching.credits import Grant
from coaching.errors import BadSetting
from coaching.ids import new_id
from coaching.packages import Holder, Holding
from coaching.sessions import Actor
from tests.properties.machine import HOUR, Life
from tests.properties.model import POOL, ModelGrant
from tests.support.world import ADMIN, ANNA, COACH


class Accounts(Life):
    """A practice with a pool that Anna and a coach may book from."""

    @rule(members=st.sampled_from([(ANNA, COACH), (ANNA,), (COACH,), ()]))
    def change_the_pool(self, members: tuple[str, ...]) -> None:
        actor, key = Actor(self.ws, ADMIN), new_id(self.clock.now())
        known = self.model.pool_id
        saved, refused = self.attempt(
            packages.save_pool(
                self.store, self.clock, actor, key, pool_id=known, name="Acme", contact_id=None, member_ids=members
            )
        )
        assert refused is None
        self.model.pool_id, self.model.members = saved, set(members)

    @precondition(lambda self: self.model.pool_id)
    @rule(amount=st.sampled_from([50, 100, 250]), lasts=st.none() | st.sampled_from([2, 20, 60]))
    def fill_the_pool(self, amount: int, lasts: int | None) -> None:
        now = self.clock.now()
        expires_at = None if lasts is None else now + lasts * HOUR
        given = Grant(new_id(now), "Credits", amount, amount // 100, expires_at)
        holding = Holding(grant=given, holder=Holder(pool_id=self.model.pool_id), issued=amount, granted_at=now)

        async def add() -> None:
            async with self.store.write() as uow:
                await uow.give(self.ws, holding)
                await uow.commit()

        self.run(add())
        self.model.grants[given.id] = ModelGrant(given.id, POOL, amount, None, expires_at)

    @precondition(lambda self: self.model.grants)
    @rule(first=st.integers(0, 30), amount=st.sampled_from([1, 50, 100, 1000]))
    def take_back(self, first: int, amount: int) -> None:
        grants = list(self.model.grants.values())
        one, actor = grants[first % len(grants)], Actor(self.ws, ADMIN)
        key = new_id(self.clock.now())
        _, refused = self.attempt(credits.take_back(self.store, self.clock, actor, key, one.id, amount))
        if amount > one.balance:
            assert isinstance(refused, BadSetting)
            return
        assert refused is None
        one.balance -= amount

    @rule()
    def the_upkeep_runs(self) -> None:
        now = self.clock.now()
        for job in (expiry.warn_expiring, expiry.close_expired):
            self.run(upkeep.run(self.store, self.clock, job))
            assert self.run(upkeep.run(self.store, self.clock, job)) == 0
        for grant in self.model.grants.values():
            if grant.gone(now - timedelta(seconds=600)):
                grant.balance = 0
