"""People who begin to use Slack in another language, as Slack tells of it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from coaching.sessions import Person
from coaching.workspace import Settings
from handlers import tongues
from tests.handlers.conftest import NEWCOMER, Stage
from tests.support.world import ANNA, WORKSPACE
from tests.words import tagged

# These stories have German of their own.
pytestmark = pytest.mark.plain


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """German."""
    folder = tmp_path_factory.mktemp("locales")
    tagged.write(folder, "de")
    return folder


@pytest.fixture(autouse=True)
def _in_german(folder: Path) -> Iterator[None]:
    """German is spoken."""
    with tagged.speaking(folder):
        yield


async def test_whoever_changes_their_language_is_spoken_to_in_it_from_then_on_and_finds_home_in_it(
    stage: Stage,
) -> None:
    anna = stage.person(ANNA)
    assert tagged.heard((await anna.home()).text) == set()
    published = (await anna.get("changes", since=2**60))["seq"]
    await anna.use("de-DE")
    await anna.wait_for_event(lambda event: event["type"] == "home_published", since=published)
    await anna.refresh()
    assert anna.shown_home is not None
    assert tagged.heard(anna.shown_home.text) == {"de"}
    await anna.command("/sessions")
    assert anna.modal is not None
    assert tagged.heard(anna.modal.text) == {"de"}
    # Also where the database cannot be asked.
    assert tagged.heard(tongues.remembered(WORKSPACE, ANNA)("Details")) == {"de"}


async def test_somebody_new_is_spoken_to_in_their_language_at_once(stage: Stage) -> None:
    nora = stage.person(NEWCOMER)
    await nora.use("de-DE")
    await nora.command("/sessions")
    assert nora.modal is not None
    assert tagged.heard(nora.modal.text) == {"de"}
    assert stage.calls("views.publish") == 0


async def test_other_changes_leave_home_alone(stage: Stage) -> None:
    anna = stage.person(ANNA)
    await anna.home()
    user = {"id": ANNA, "tz": "Europe/Paris", "locale": "en-US", "profile": {"display_name": "Anna Lee"}}
    event = {"type": "user_change", "user": user}
    body = {"type": "event_callback", "team_id": WORKSPACE, "event_id": "Ev9", "event": event}
    assert (await stage.deliver(body, "event")).status == 200
    await stage.settled()
    assert stage.calls("views.publish") == 1


async def test_whose_language_slack_does_not_report_is_spoken_to_in_the_workspaces(stage: Stage) -> None:
    await stage.world.settings(Settings(language="de_DE"))
    async with stage.store.write(WORKSPACE) as uow:
        await uow.people.save(Person(ANNA, "Anna Lee", None, "America/New_York", None), datetime.now(UTC))
        await uow.commit()
    anna = stage.person(ANNA)
    await anna.command("/sessions")
    assert anna.modal is not None
    assert tagged.heard(anna.modal.text) == {"de"}
    assert tagged.heard(tongues.remembered(WORKSPACE, ANNA)("Details")) == {"de"}


async def test_an_own_language_goes_before_the_workspaces(stage: Stage) -> None:
    await stage.world.settings(Settings(language="de_DE"))
    anna = stage.person(ANNA)
    await anna.command("/sessions")
    assert anna.modal is not None
    assert tagged.heard(anna.modal.text) == set()
