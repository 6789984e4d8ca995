"""Who reads what in which language: people their own, a coach's channel the coach's, all others the workspace's."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from coaching.actions import exceptions, retire
from coaching.actions.stakeholders import save_told
from coaching.ids import new_id
from coaching.sessions import Actor, Person
from coaching.stakeholders import NewsOf
from coaching.workspace import Settings
from tests.delivery.conftest import Stage
from tests.delivery.test_credits import give, pool
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE
from tests.words import tagged

pytestmark = pytest.mark.usefixtures("in_several")

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
OPERATIONS = "C0EMPTY"
OWN = {ANNA: "de-DE", COACH: "ja-JP", OTHER_COACH: "ja-JP", ADMIN: "fr-FR", BORIS: "es-LA"}
WORKSPACES = "pt_BR"


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Catalogues of all these languages."""
    folder = tmp_path_factory.mktemp("locales")
    tagged.write(folder, "de", "ja", "fr", "es", WORKSPACES)
    return folder


@pytest.fixture
def in_several(several: Path) -> Iterator[None]:
    """Everybody is spoken to in their language."""
    with tagged.speaking(several):
        yield


@pytest.fixture
async def stage(stage: Stage) -> Stage:
    """Each person with a language of their own, and a channel for operations that the bot is in."""
    await stage.world.settings(Settings(undo_window=timedelta(0), start_reminder=None, language=WORKSPACES))
    await speak(stage, **OWN)
    await stage.slack.person(ADMIN).invite("app", OPERATIONS)
    return stage


async def speak(stage: Stage, **locales: str | None) -> None:
    """Keep what Slack says of people's languages."""
    async with stage.store.write(WORKSPACE) as uow:
        for who, locale in locales.items():
            zone, admin = "America/New_York", who == ADMIN
            await uow.people.save(Person(who, who.title(), None, zone, locale, is_admin=admin), datetime.now(UTC))
        await uow.commit()


async def told(stage: Stage, *targets: str) -> None:
    """Name stakeholders of the coach."""
    people, channels = ([one for one in targets if one[0] == first] for first in "UC")
    await save_told(
        stage.store,
        stage.clock,
        Actor(WORKSPACE, ADMIN),
        new_id(stage.clock.now()),
        NewsOf.COACH,
        COACH,
        people=people,
        channels=channels,
    )


async def canceled(stage: Stage, coach: str = COACH) -> str:
    """Anna cancels late; return the cancellation's id."""
    session = await stage.world.book(DAY * 3, coach=coach)
    stage.clock.set(session.starts_at - 2 * HOUR)
    done = await stage.world.cancel(session)
    await stage.relay().drain()
    assert done.draft.action_id is not None
    return done.draft.action_id


def read(stage: Stage, who: str) -> list[set[str]]:
    """The languages of each message that somebody has, in all of its forms."""
    texts = [
        str([message.text, message.blocks])
        for channel in stage.slack.workspace.channels.values()
        for message in channel.messages.values()
        if message.by_app and (who == channel.id or (channel.kind == "im" and who in channel.members))
    ]
    assert texts
    return [tagged.heard(text) for text in texts]


async def test_a_client_and_a_coachs_channel_read_their_own_and_stakeholders_the_workspaces(stage: Stage) -> None:
    await told(stage, BORIS, OPERATIONS)
    await canceled(stage)
    assert read(stage, ANNA) == [{"de"}]
    assert read(stage, "C0COACH") == [{"ja"}]
    assert read(stage, OPERATIONS) == [{WORKSPACES}]
    assert read(stage, BORIS) == [{WORKSPACES}]


async def test_a_coach_who_is_told_directly_reads_their_own(stage: Stage) -> None:
    await canceled(stage, coach=OTHER_COACH)
    assert read(stage, OTHER_COACH) == [{"ja"}]


async def test_a_coach_whose_channel_takes_nothing_reads_their_own_and_admins_theirs(stage: Stage) -> None:
    await stage.slack.person(COACH).remove("app", "C0COACH")
    await canceled(stage)
    assert read(stage, COACH) == [{"ja"}]
    await stage.relay().drain()
    assert read(stage, ADMIN) == [{"fr"}]


async def test_admins_who_decide_read_their_own(stage: Stage) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        await uow.people.save_admins([ADMIN])
        await uow.commit()
    action_id = await canceled(stage)
    assert await retire.left(stage.store, stage.clock, WORKSPACE, COACH)
    actor = Actor(WORKSPACE, ANNA)
    await exceptions.ask(stage.store, stage.clock, exceptions.Ask(actor=actor, action_id=action_id, note="Ill"))
    await stage.relay().drain()
    assert read(stage, ADMIN) == [{"fr"}, {"fr"}]


async def test_a_pools_contact_reads_their_own(stage: Stage) -> None:
    await give(stage, await pool(stage, ANNA), amount=1000, days=20)
    await stage.relay().drain()
    assert read(stage, ANNA) == [{"de"}, {"de"}], "that she is the contact, and what the pool got"


async def test_whoever_slack_says_no_language_of_reads_the_workspaces(stage: Stage) -> None:
    await speak(stage, **{ANNA: None, COACH: None})
    await canceled(stage)
    assert read(stage, ANNA) == [{WORKSPACES}]
    assert read(stage, "C0COACH") == [{WORKSPACES}]


async def test_without_a_language_of_its_own_a_workspace_speaks_english(stage: Stage) -> None:
    await stage.world.settings(Settings(undo_window=timedelta(0), start_reminder=None))
    await told(stage, OPERATIONS)
    await canceled(stage)
    assert read(stage, OPERATIONS) == [set()]
