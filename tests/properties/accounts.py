"""What admins do with credits: give and sell them to people and pools, take them back, change when they expire; and terms."""

from datetime import date, datetime, time, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from coaching import zones
from coaching.actions import credits, packages, policies
from coaching.errors import AdminsOnly, BadSetting
from coaching.ids import new_id
from coaching.packages import CatalogPackage, Holder, Holding
from coaching.policy import Policy, TermsOf, TermsScope
from coaching.sessions import Actor
from coaching.workspace import SessionType
from tests.properties.dialogs import LENGTH, POLICIES
from tests.properties.model_values import ModelGrant
from tests.properties.times import Times
from tests.support.world import ADMIN, ANNA, COACH

THEIR_ZONE = zones.zone("America/New_York")
"""Where everybody of the small world lives; who has no zone of their own gets the admin's."""
PRICE, WORTH, DAYS = 150, 3, 20


class Accounts(Times):
    """A practice that sells a package of three and has company pools, each with terms of its own if an admin likes."""

    async def set_up(self) -> None:
        """Offer a session type at one and a half credits, and a package of it."""
        await super().set_up()
        async with self.store.write(self.ws) as uow:
            await uow.catalogue.save_session_type(SessionType("", "Coaching", LENGTH, PRICE))
            await uow.commit()
        [kind] = (await packages.open_catalogue(self.store, self.admin)).types
        trio = CatalogPackage(
            id="", name="Trio", type_id=kind.id, session_type="", unit=0, sessions=WORTH, valid_days=DAYS
        )
        await packages.save_package(self.store, self.admin, self.key(), trio)
        [sold] = (await packages.open_catalogue(self.store, self.admin)).packages
        self.trio, self.type_id = sold.id, kind.id
        self.scopes = {
            "type Coaching": TermsScope(TermsOf.TYPE, kind.id),
            "package Trio": TermsScope(TermsOf.PACKAGE, sold.id),
        }

    def key(self) -> str:
        """Return the key of a request that was never made before."""
        return new_id(self.clock.now())

    def end_of_their_day(self, days: int) -> datetime:
        """Return when the day is over, so many days from now, where people live."""
        last = self.clock.now().astimezone(THEIR_ZONE).date() + timedelta(days=days)
        return datetime.combine(last, time(23, 59, 59), THEIR_ZONE)

    def on(self, days: int | None) -> date | None:
        """Return that day as an admin chooses it."""
        return None if days is None else self.end_of_their_day(days).date()

    # -- money in -----------------------------------------------------------------------------------------------------
    @rule(
        to=st.sampled_from(["client", "client", "pool"]),
        which=st.integers(0, 2),
        amount=st.none() | st.sampled_from([50, 101, 250, 0]),
        days=st.sampled_from([None, None, -1, 0, 1, 30]),
        by=st.sampled_from([ADMIN, ADMIN, ADMIN, COACH]),
    )
    def give(self, to: str, which: int, amount: int | None, days: int | None, by: str) -> None:
        now, pools = self.clock.now(), list(self.model.pools)
        who = pools[which % len(pools)] if to == "pool" and pools else self.clients[which]
        holder = Holder(pool_id=who) if who in self.model.pools else Holder(client_id=who)
        command = credits.Give(
            actor=Actor(self.ws, by),
            request_key=self.key(),
            holder=holder,
            package_id=self.trio if amount is None else None,
            amount=amount,
            expires_on=self.on(days),
        )
        given, refused = self.attempt(credits.give(self.store, self.clock, command))
        if by != ADMIN:
            assert isinstance(refused, AdminsOnly)
            return
        if amount == 0 or days == -1:
            assert isinstance(refused, BadSetting)
            return
        assert refused is None
        assert isinstance(given, Holding)
        expires_at = None if days is None else self.end_of_their_day(days)
        if amount is None and expires_at is None:
            expires_at = self.end_of_their_day(DAYS)
        kind, package = ("Coaching", "Trio") if amount is None else (None, None)
        grant = ModelGrant(given.grant.id, who, amount or WORTH * PRICE, kind, expires_at, package)
        grant.warned = grant.soon(now)  # they are told until when right away
        self.model.issue(grant)
        self.model.gift(who, now)
        told = self.model.contacts.get(who) if who in self.model.pools else who
        if told is not None:
            self.model.told.tell("granted", told, grant.id)

    @rule(
        which=st.integers(0, 1),
        members=st.sets(st.integers(0, 2), max_size=3),
        contact=st.none() | st.integers(0, 2),
        by=st.sampled_from([ADMIN, ADMIN, ADMIN, ANNA]),
    )
    def change_a_pool(self, which: int, members: set[int], contact: int | None, by: str) -> None:
        known = list(self.model.pools)
        pool_id = known[which] if which < len(known) else None
        people = [self.clients[one] for one in sorted(members)]
        told = None if contact is None else self.clients[contact]
        saved, refused = self.attempt(
            packages.save_pool(
                self.store,
                self.clock,
                Actor(self.ws, by),
                self.key(),
                pool_id=pool_id,
                name=f"Company {known.index(pool_id) if pool_id else len(known)}",
                contact_id=told,
                member_ids=people,
            )
        )
        if by != ADMIN:
            assert isinstance(refused, AdminsOnly)
            return
        assert refused is None
        if told is not None and self.model.contacts.get(saved) != told:
            for grant in self.model.grants.values():
                grant.warned = grant.warned and (grant.holder != saved or grant.swept)
        self._tell_of_roles(saved, people, told)
        self.model.pools[saved], self.model.contacts[saved] = set(people), told

    def _tell_of_roles(self, pool: str, members: list[str], contact: str | None) -> None:
        """Tell whoever comes into a pool, as a member or its contact, or else leaves it."""
        model = self.model
        were = {(one, False) for one in model.pools.get(pool, ())} | {(model.contacts.get(pool), True)}
        are = {(one, False) for one in members} | {(contact, True)}
        came, left = {who for who, _ in are - were}, {who for who, _ in were - are}
        for kind, some in (("pool_joined", came), ("pool_left", left - came)):
            for who in some - {None, ADMIN}:
                model.told.tell(kind, str(who), pool)

    # -- money out ----------------------------------------------------------------------------------------------------
    @precondition(lambda self: self.model.grants)
    @rule(
        first=st.integers(0, 30),
        amount=st.none() | st.sampled_from([0, 1, 50, 100]),
        more=st.sampled_from([0, 0, 0, 1]),
        by=st.sampled_from([ADMIN, ADMIN, ADMIN, ANNA]),
    )
    def take_credits_back(self, first: int, amount: int | None, more: int, by: str) -> None:
        grants = list(self.model.grants.values())
        one = grants[first % len(grants)]
        taken = one.balance + more if amount is None else amount
        _, refused = self.attempt(
            credits.take_back(self.store, self.clock, Actor(self.ws, by), self.key(), one.id, taken)
        )
        if by != ADMIN:
            assert isinstance(refused, AdminsOnly)
            return
        if not 0 < taken <= one.balance:
            assert isinstance(refused, BadSetting)
            return
        assert refused is None
        one.balance -= taken
        self.model.issued -= taken

    @precondition(lambda self: self.model.grants)
    @rule(first=st.integers(0, 30), days=st.none() | st.sampled_from([-1, 0, 1, 13, 14, 15, 40]))
    def change_an_expiry(self, first: int, days: int | None) -> None:
        now, grants = self.clock.now(), list(self.model.grants.values())
        one = grants[first % len(grants)]
        _, refused = self.attempt(
            credits.change_expiry(self.store, self.clock, self.admin, self.key(), one.id, self.on(days))
        )
        if one.gone(now) or days == -1:
            assert isinstance(refused, BadSetting)
            return
        assert refused is None
        expires_at = None if days is None else self.end_of_their_day(days)
        if expires_at != one.expires_at:
            one.expires_at, one.warned = expires_at, False

    # -- terms --------------------------------------------------------------------------------------------------------
    @rule(
        scope=st.sampled_from(["type Coaching", "package Trio"]),
        policy=st.none() | st.sampled_from(POLICIES),
        by=st.sampled_from([ADMIN, ADMIN, ADMIN, COACH]),
    )
    def change_the_terms_of_some(self, scope: str, policy: Policy | None, by: str) -> None:
        actor, which = Actor(self.ws, by), self.scopes[scope]
        if policy is None:
            _, refused = self.attempt(policies.drop_terms(self.store, actor, self.key(), which))
        else:
            _, refused = self.attempt(policies.save_terms(self.store, actor, self.key(), which, policy))
        if by != ADMIN:
            assert isinstance(refused, AdminsOnly)
            return
        assert refused is None
        self.model.terms.pop(scope, None)
        if policy is not None:
            self.model.terms[scope] = policy
