"""What is booked in a time off, decided in one go: three changes in one action, and one word to everybody."""

from copy import copy
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from coaching.actions import rearrange
from coaching.actions.cancel import Typed
from coaching.actions.rearrange import Arranging as Page
from coaching.actions.rearrange import Rearrange
from coaching.errors import AdminsOnly, ClientBusy, CoachesOnly, InPast, NotBookable, NothingPicked, NotYours, SlotTaken
from coaching.fates import KEPT, Becomes, Fate
from coaching.ids import new_id
from coaching.sessions import Actor, Hat
from tests.properties.dialogs import UNDO_WINDOW
from tests.properties.handing import Handing
from tests.properties.model_values import ModelSession
from tests.properties.times import immovable
from tests.support.world import ADMIN, COACH, OTHER_COACH

LATER = timedelta(days=90)


class Arranging(Handing):
    """A practice whose coaches take time off."""

    def __init__(self) -> None:
        super().__init__()
        self.withheld: dict[str, tuple[str, list[ModelSession], list[ModelSession]]] = {}
        """What an action that canceled handed over and moved besides, with the coach until then."""

    @precondition(lambda self: self.ids)
    @rule(
        coach=st.sampled_from([COACH, COACH, OTHER_COACH]),
        by_admin=st.booleans(),
        fates=st.lists(st.sampled_from(["keep", "cancel", "cancel", "hand", "move"]), min_size=1, max_size=4),
        quarters=st.integers(4, 400),
        refund_late=st.booleans(),
    )
    def arrange(self, coach: str, by_admin: bool, fates: list[str], quarters: int, refund_late: bool) -> None:
        now, actor = self.clock.now(), Actor(self.ws, ADMIN if by_admin else coach)
        begun, refused = self.attempt(rearrange.begin(self.store, self.clock, actor, coach, now, now + LATER))
        if coach not in self.listed:
            assert isinstance(refused, AdminsOnly | NotYours | CoachesOnly)
            return
        assert refused is None
        mine = [s for s in self.model.sessions.values() if s.coach == coach and now <= s.starts_at < now + LATER]
        mine = [s for s in mine if not immovable(s, now, Hat.COACH)]
        assert set(begun.every if isinstance(begun, Page) else ()) == {s.id for s in mine}
        if not mine:
            return
        mine.sort(key=lambda s: (s.starts_at, s.id))
        other = OTHER_COACH if coach == COACH else COACH
        hour = now.replace(minute=0, second=0, microsecond=0)
        chosen: dict[str, Fate] = {}
        for at, session in enumerate(mine):
            what = Becomes(fates[at % len(fates)])
            new = hour + (quarters + 4 * at) * timedelta(minutes=15) if what is Becomes.MOVE else None
            chosen[session.id] = Fate(what, other if what is Becomes.HAND else "", new)
        draft = begun.draft.id
        self.run(rearrange.choose(self.store, self.clock, actor, new_id(now), draft, coach, chosen))
        typed = Typed(reason="Ill", refund_late=refund_late)
        terms, refused = self.attempt(rearrange.quote(self.store, self.clock, actor, draft, coach, typed))
        if all(fate == KEPT for fate in chosen.values()):
            assert isinstance(refused, NothingPicked)
            return
        assert refused is None
        command = Rearrange(actor=actor, draft_id=draft, coach_id=coach, typed=Typed(), seal=terms.seal)
        self.press_arrange(command, terms, [(s, chosen[s.id]) for s in mine], refund_late)

    def press_arrange(
        self, command: Rearrange, terms: rearrange.Terms, chosen: list[tuple[ModelSession, Fate]], refund_late: bool
    ) -> None:
        """Press the button that does all of it."""
        now, by, coach = self.clock.now(), command.actor.user_id, command.coach_id
        canceled, handed, moved = (
            [s for s, fate in chosen if fate.becomes is what] for what in (Becomes.CANCEL, Becomes.HAND, Becomes.MOVE)
        )
        fresh = self.model.lines(canceled, now, Hat.COACH, refund_late)
        assert sorted(line.session_id for line in terms.quote.lines) == sorted(line[0] for line in fresh)
        done, refused = self.attempt(rearrange.rearrange(self.store, self.clock, command))
        if refused is not None:
            # All or nothing: that nothing was done is seen after every step.
            assert isinstance(refused, InPast | NotBookable | SlotTaken | ClientBusy)
            assert handed or moved
            return
        assert {s.id for s in done.canceled} == {s.id for s in canceled}
        hat = Hat.COACH if by == coach else Hat.ADMIN
        action_id = done.draft.action_id or ""
        if canceled:
            lines = [(self.model.sessions[line[0]], line[1]) for line in fresh]
            self.model.cancel(lines, now, decided=not refund_late, by_client=False)
            soon = self.model.told_at_once(canceled, now, Hat.COACH)
            held = None if soon else min([now + UNDO_WINDOW, *(s.starts_at for s in canceled)])
            self.canceled(canceled, action_id, by, hat, held, Hat.COACH, [*handed, *moved])
            self.withheld[action_id] = (coach, handed, moved)
        elif handed:
            self.model.told.tell_coaches("coach_handed", [*handed, *moved])
        else:
            self.model.told.tell_coaches("coach_moved", moved)
        self.follow_through(done, canceled, handed, moved, command)

    def follow_through(
        self,
        done: rearrange.Rearranged,
        canceled: list[ModelSession],
        handed: list[ModelSession],
        moved: list[ModelSession],
        command: Rearrange,
    ) -> None:
        """Give sessions their new coach and times, and tell their clients."""
        now, by = self.clock.now(), command.actor.user_id
        clients = {s.client for s in canceled}
        self.model.told.tell_clients("handed_over", [s for s in handed if s.client not in clients])
        handed_to = clients | {s.client for s in handed}
        self.model.told.tell_clients("moved", [s for s in moved if s.client not in handed_to])
        for session in handed:
            self.model.end_wish(session, "withdrawn", (now, by))
            self.give(session, OTHER_COACH if session.coach == COACH else COACH, now)
        self.model.told.tell_coaches("coach_handed", handed)
        new = {one.id: one.starts_at for one in done.moved}
        for session in moved:
            self.model.end_wish(session, "withdrawn", (now, by))
            self.follow(session, new[session.id], now, Hat.COACH)
        for after in (*done.handed, *done.moved):
            model = self.model.sessions[after.id]
            assert (after.coach.id, after.starts_at) == (model.coach, model.starts_at)
            assert after.refund_cutoff_at == model.cutoff()
        again = self.run(rearrange.rearrange(self.store, self.clock, command))
        assert again.again

    def undone(self, action_id: str, sessions: list[ModelSession]) -> None:
        """Tell of the rest of an action whose cancellation was taken back."""
        coach, handed, moved = self.withheld.pop(action_id, ("", [], []))
        clients = {s.client for s in sessions}
        self.model.told.tell_clients("handed_over", [s for s in handed if s.client in clients])
        handed_to = {s.client for s in handed}
        self.model.told.tell_clients("moved", [s for s in moved if s.client in clients - handed_to])
        as_then = [copy(session) for session in (*handed, *moved)]
        for session in as_then:
            session.coach = coach
        self.model.told.tell_coaches("coach_handed" if handed else "coach_moved", as_then)
