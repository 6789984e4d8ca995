"""People who appear in Slack: Pat, who was known by e-mail only, and an outsider who says that they are Pat."""

from hypothesis.stateful import precondition, rule

from coaching.actions import people
from coaching.sessions import Person
from handlers.members import known
from tests.properties.dialogs import PAT, PAT_MAIL
from tests.properties.machine import Life


class Appearances(Life):
    """A practice to which people come."""

    @rule()
    def an_outsider_appears(self) -> None:
        """Somebody of another organization, an admin there, says that Pat's address is theirs: nothing becomes theirs."""
        shown = {"id": "U0OUTSIDE", "team_id": "T0ELSE", "is_admin": True, "profile": {"email": "pat@example.com"}}
        found = known(shown, self.ws)
        assert found is not None
        moved = self.run(
            people.remember(self.store, self.clock, self.ws, found.person, self.clock.now(), link=found.may_be_linked)
        )
        assert moved == 0

    @precondition(lambda self: PAT_MAIL in self.clients)
    @rule()
    def pat_appears_in_slack(self) -> None:
        moved = self.run(
            people.remember(
                self.store, self.clock, self.ws, Person(PAT, "Pat", "Pat@Example.com"), self.clock.now(), link=True
            )
        )
        theirs = [s for s in self.model.sessions.values() if s.client == PAT_MAIL]
        assert moved == len(theirs)
        for session in theirs:
            session.client = PAT
        for grant in self.model.grants.values():
            grant.holder = PAT if grant.holder == PAT_MAIL else grant.holder
        for pool, members in self.model.pools.items():
            self.model.pools[pool] = {PAT if one == PAT_MAIL else one for one in members}
            self.model.contacts[pool] = PAT if self.model.contacts[pool] == PAT_MAIL else self.model.contacts[pool]
        self.model.told.appears(PAT_MAIL, PAT)
        self.clients[self.clients.index(PAT_MAIL)] = PAT
