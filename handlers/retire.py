"""Taking a coach off the list: the admin decides what happens to the sessions ahead."""

import asyncio

from coaching import deadline
from coaching.actions.retire import Retire, look, retire
from coaching.sessions import Actor
from coaching.workspace import Coach
from handlers import parse
from handlers.deps import Deps
from handlers.ids import LEAVE_CANCEL, Block
from handlers.parse import Body
from handlers.views.kit import Json
from handlers.views.retire import REASON_TYPED, reason_words, remove_form, removed_view, removing_view


class RetireForm:
    """The form that removes a coach, and its action."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def form(self, actor: Actor, coach: Coach) -> Json:
        """Return the form for one coach."""
        found = await look(self._deps.store, self._deps.clock, actor, coach.person.id)
        return remove_form(coach, found.ahead, await self._deps.say_to(actor), left=found.left)

    async def remove(self, body: Body, actor: Actor, coach_id: str) -> Json | None:
        """Take the coach off the list, in the background if it takes long. Return the view to show, or None.

        Raises what `retire` raises.
        """
        found = await look(self._deps.store, self._deps.clock, actor, coach_id)
        say = await self._deps.say_to(actor)
        command = Retire(
            actor=actor,
            request_key=parse.request_key(body),
            coach_id=coach_id,
            cancel=parse.chosen(body, Block.LEAVE) == LEAVE_CANCEL,
            reason=parse.typed_text(body, Block.REASON, REASON_TYPED) or reason_words(found.coach, say),
        )
        seconds = deadline.left(self._deps.answer_seconds)
        with deadline.lifted():
            work = asyncio.ensure_future(retire(self._deps.store, self._deps.clock, command))
        done, _ = await asyncio.wait({work}, timeout=seconds)
        if not done:
            self._deps.later(work, "cancel a leaving coach's sessions")
            return removing_view(found.ahead, say)
        canceled = await work
        return removed_view(canceled, say) if canceled else None
