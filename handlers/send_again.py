"""The button of an admin's Home that sends again what was given up."""

import structlog

from coaching.actions import browse
from coaching.actions.send_again import send_again
from handlers import parse
from handlers.deps import Deps, Publish
from handlers.ids import Action
from handlers.parse import MAX_SESSION_ID, BadRequest
from handlers.press import Press, on_action
from handlers.views.home_trouble import too_late_words
from handlers.views.message import message_view
from language.say import say_for

MOST = 500
"""The most characters of a recipient and a session in the button's value."""
log = structlog.get_logger(__name__)


class SendAgainFeature:
    """The button beside a message that could not be delivered."""

    def __init__(self, deps: Deps, publish_home: Publish) -> None:
        self._deps = deps
        self._publish_home = publish_home

    @on_action(Action.SEND_AGAIN)
    async def again(self, press: Press) -> None:
        """Send it again, and publish Home without it. Raises AdminsOnly."""
        recipient, session_id = _named(parse.value(press.body, MOST))
        number = await send_again(self._deps.store, self._deps.clock, press.actor, recipient, session_id)
        log.info("sent again", workspace=press.actor.workspace_id, by=press.actor.user_id, messages=number)
        if not number:
            viewer = (await browse.see(self._deps.store, press.actor)).viewer
            say = say_for(viewer.person.locale)
            await press.show(message_view(say.title("Not changed"), too_late_words(say), say))
        self._deps.later(self._publish_home(press.client, press.actor), "publish home")
        await press.ack()


def _named(value: str) -> tuple[str, str | None]:
    """Return the recipient and the session of what was given up. Raises BadRequest."""
    match parse.loads(value):
        case [str(who), None]:
            return parse.text(who, "recipient"), None
        case [str(who), str(session_id)]:
            return parse.text(who, "recipient"), parse.text(session_id, "session id", MAX_SESSION_ID)
    raise BadRequest("no message is named by that")
