"""What tests of the canceling dialog share: whom they are about, and what the dialog shows."""

from datetime import timedelta

from coaching.sessions import Hat, Status
from playground.person import Person
from tests.handlers.conftest import Stage
from tests.support.world import ANNA

H = timedelta(hours=1)
FAR = "Coaching · Wed, Nov 18, 10:00 – 10:50 AM"
NEAR = "Coaching · Mon, Nov 16, 3:00 – 3:50 PM"


async def able_to_cancel(stage: Stage) -> Person:
    """Return Anna with credits, a session in two days (`FAR`) and a late one in five hours (`NEAR`)."""
    await stage.world.grant(ANNA, 20_000)
    await stage.world.book(48 * H, session_type="Coaching")
    stage.clock.advance(-24 * H)
    await stage.world.book(29 * H)
    stage.clock.advance(24 * H)
    return stage.person()


def title(person: Person) -> str:
    assert person.modal is not None
    return person.modal.title


def shown(person: Person) -> str:
    assert person.modal is not None
    return person.modal.text


async def statuses(stage: Stage, who: str = ANNA) -> list[Status]:
    return [s.status for s in await stage.world.cancelable(Hat.CLIENT, who)]


async def bare_submission(stage: Stage, **view: object) -> object:
    """Send the last submission again as a stand-in does that echoes no more than it must."""
    payload = stage.last_payload()
    kept = {name: payload["view"][name] for name in ("id", "type", "callback_id", "private_metadata", "state")}
    payload["view"] = {**kept, **view}
    payload["trigger_id"] = f"1.2.{len(str(view))}"
    return (await stage.deliver(payload)).payload()
