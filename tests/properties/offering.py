"""What coaches give and clients book: an admin says who gives which sessions, who books them, and how many at a time."""

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import rule

from coaching.actions import setup
from coaching.errors import AdminsOnly, BadSetting
from coaching.sessions import Actor
from coaching.workspace import Audience, SessionType
from tests.properties.confidences import Confidences
from tests.support.world import ADMIN, ANNA, COACH, OTHER_COACH


class Offering(Confidences):
    """A practice whose coaches do not all give the same."""

    @rule(
        kind=st.sampled_from(["Coaching", "Coaching", "Review"]),
        coaches=st.sampled_from([{COACH}, {COACH}, {OTHER_COACH}, {COACH, OTHER_COACH}, {ANNA}, set(), set()]),
        by=st.sampled_from([ADMIN, ADMIN, ADMIN, COACH]),
    )
    def say_who_gives(self, kind: str, coaches: set[str], by: str) -> None:
        found = self.run(self._kind(kind))
        if found is None:
            return  # nobody has booked one yet
        changed = replace(found, coaches=frozenset(coaches))
        _, refused = self.attempt(setup.save_session_type(self.store, Actor(self.ws, by), self.key(), changed))
        if by != ADMIN:
            assert isinstance(refused, AdminsOnly)
        elif coaches - self.model.givers.get(kind, set()) - self.listed:
            assert isinstance(refused, BadSetting)
        else:
            assert refused is None
            self.model.givers[kind] = coaches

    @rule(
        kind=st.sampled_from(["Coaching", "Coaching", "Review"]),
        audience=st.sampled_from([*Audience, Audience.EVERYBODY, Audience.EVERYBODY]),
        named=st.sampled_from([{ANNA}, {COACH}, {ANNA, COACH}, set()]),
        at_most=st.sampled_from([None, None, None, 1, 2, 3, 0]),
    )
    def say_who_books(self, kind: str, audience: Audience, named: set[str], at_most: int | None) -> None:
        found = self.run(self._kind(kind))
        if found is None:
            return
        changed = replace(found, bookable_by=audience, at_most=at_most)
        save = setup.save_session_type(self.store, self.admin, self.key(), changed, named)
        _, refused = self.attempt(save)
        if at_most == 0 or (audience is Audience.NAMED and not named):
            assert isinstance(refused, BadSetting)
        else:
            assert refused is None
            self.model.open_to[kind] = (str(audience), named, at_most)

    async def _kind(self, name: str) -> SessionType | None:
        async with self.store.read(self.ws) as queries:
            return await queries.catalogue.session_type(name)
