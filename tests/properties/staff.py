"""Who gives sessions, and who hears of them besides: coaches leave and come back, stakeholders are named."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from coaching.actions import retire, setup, stakeholders
from coaching.errors import AdminsOnly, BadSetting
from coaching.sessions import Actor, Hat
from coaching.stakeholders import NewsOf
from tests.properties.stories import Stories
from tests.properties.told import CHANNELS
from tests.support.world import ADMIN, ANNA, COACH, OTHER_COACH

BOSS, TEAM = "U0BOSS", "C0TEAM"


class Staff(Stories):
    """A practice whose coaches come and go."""

    async def set_up(self) -> None:
        """Have somebody and a channel told from the beginning."""
        await super().set_up()
        await stakeholders.save_told(
            self.store, self.clock, self.admin, self.key(), NewsOf.COACH, COACH, people=[BOSS], channels=[TEAM]
        )
        self.model.told.besides["coach", COACH] = {BOSS, TEAM}

    @rule(
        whose=st.sampled_from([("coach", COACH), ("coach", OTHER_COACH), ("type", "Coaching")]),
        people=st.sets(st.sampled_from([ANNA, BOSS, COACH]), max_size=2),
        channels=st.sets(st.sampled_from([TEAM, CHANNELS[COACH]]), max_size=2),
        by=st.sampled_from([ADMIN, ADMIN, ADMIN, COACH]),
    )
    def name_who_else_is_told(self, whose: tuple[str, str], people: set[str], channels: set[str], by: str) -> None:
        of, of_id = whose
        _, refused = self.attempt(
            stakeholders.save_told(
                self.store,
                self.clock,
                Actor(self.ws, by),
                self.key(),
                NewsOf(of),
                self.type_id if of == "type" else of_id,
                people=sorted(people),
                channels=sorted(channels),
                dropped=sorted({TEAM, CHANNELS[COACH]} - channels),
            )
        )
        if by != ADMIN:
            assert isinstance(refused, AdminsOnly)
        elif of == "coach" and of_id not in self.listed:
            assert isinstance(refused, BadSetting)
        else:
            assert refused is None
            self.model.told.besides[whose] = people | channels

    @rule(
        coach=st.sampled_from([COACH, OTHER_COACH]),
        cancel=st.booleans(),
        by=st.sampled_from([ADMIN, ADMIN, OTHER_COACH]),
    )
    def a_coach_leaves(self, coach: str, cancel: bool, by: str) -> None:
        now = self.clock.now()
        ahead = [s for s in self.model.sessions.values() if s.coach == coach and s.cancelable(now, Hat.COACH)]
        command = retire.Retire(
            actor=Actor(self.ws, by), request_key=self.key(), coach_id=coach, cancel=cancel, reason="Moving on"
        )
        canceled, refused = self.attempt(retire.retire(self.store, self.clock, command))
        if by != ADMIN:
            assert isinstance(refused, AdminsOnly)
            return
        assert refused is None
        if coach in self.listed:
            self.model.told.tell("coach_unnamed", coach, ADMIN)
        self.listed.discard(coach)
        if cancel or not ahead:
            self._close_undo(coach)
        if not cancel or not ahead:
            assert canceled == 0
            return
        assert canceled == len(ahead)
        self.model.cancel([(session, 100) for session in ahead], now, decided=False, by_client=False)
        action = self.run(self._action(ahead[0].id))
        self.unseen.add(action)
        self.canceled(ahead, action, ADMIN, Hat.ADMIN, None)

    def _close_undo(self, coach: str) -> None:
        """Let nothing come back to this coach, nor what was canceled together with theirs."""
        now = self.clock.now()
        every = [s for s in self.model.sessions.values() if s.canceled and s.held_until is not None]
        closed = {s.action for s in every if s.coach == coach and s.starts_at >= now and s.held_until >= now}
        for session in every:
            if session.action in closed:
                session.held_until = None

    async def _action(self, session_id: str) -> str:
        async with self.store.read(self.ws) as queries:
            session = await queries.sessions.find(session_id)
        assert session is not None
        assert session.cancellation is not None
        return session.cancellation.action_id

    @precondition(lambda self: len(self.listed) < 2)
    @rule()
    def a_coach_is_back(self) -> None:
        for coach in {COACH, OTHER_COACH} - self.listed:
            self.run(setup.save_coach(self.store, self.clock, self.admin, self.key(), coach, CHANNELS.get(coach)))
            self.listed.add(coach)
            self.model.told.tell("coach_named", coach, ADMIN)
