"""Times in channels: each reader sees their own clock, and what Slack cannot show so says whose clock it is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from coaching.availability import Availability, parse_hours
from handlers.views.slack_dates import undated
from playground.render import Reader, mrkdwn
from tests.delivery.conftest import Stage
from tests.delivery.test_life import move
from tests.delivery.test_stakeholders import EMPTY, sent_to, told
from tests.support.world import ADMIN, ANNA, BORIS, COACH, WORKSPACE

pytestmark = pytest.mark.usefixtures("in_pseudo")

DAY = timedelta(days=1)
NEW_YORK, BERLIN = "America/New_York", "Europe/Berlin"


def read(request: dict[str, Any], zone: str) -> str:
    """Return a message's blocks as somebody in that zone reads them."""
    lines: list[str] = []
    left = list(request["blocks"])
    while left:
        node = left.pop(0)
        if isinstance(node, dict) and node.get("type") == "mrkdwn":
            lines.append(mrkdwn(node["text"], Reader(zone)))
        elif isinstance(node, dict):
            left = [*node.values(), *left]
        elif isinstance(node, list):
            left = [*node, *left]
    return "\n".join(lines)


@pytest.fixture
async def stage(stage: Stage) -> Stage:
    """A channel of stakeholders beside the coach's."""
    await stage.slack.person(ADMIN).invite("app", EMPTY)
    await told(stage, EMPTY)
    return stage


async def canceled(stage: Stage, starts_in: timedelta = 3 * DAY) -> None:
    await stage.world.cancel(await stage.world.book(starts_in))
    await stage.relay().drain()


@pytest.mark.parametrize("channel", ["C0COACH", EMPTY])
async def test_everybody_in_a_channel_reads_their_own_clock_and_no_zone_is_named(stage: Stage, channel: str) -> None:
    await canceled(stage)
    [request] = sent_to(stage, channel)
    assert "Thursday, November 19th, 2026, 10:00 AM – 10:50 AM" in read(request, NEW_YORK)
    assert "Thursday, November 19th, 2026, 4:00 PM – 4:50 PM" in read(request, BERLIN)
    assert "Times are in" not in read(request, BERLIN)


@pytest.mark.parametrize("channel", ["C0COACH", EMPTY])
async def test_the_text_for_screen_readers_names_the_coachs_zone(stage: Stage, channel: str) -> None:
    await canceled(stage)
    [request] = sent_to(stage, channel)
    assert "Thu, Nov 19, 10:00 AM – 10:50 AM" in request["text"]
    assert "Times are in Eastern Time (GMT−5:00)." in request["text"]
    assert "<!date" not in request["text"]


async def test_direct_messages_keep_the_readers_known_clock(stage: Stage) -> None:
    await told(stage, BORIS)
    await canceled(stage)
    for who in (ANNA, BORIS):
        [post] = stage.posts(who)
        assert "Thu, Nov 19, 10:00 – 10:50 AM" in post.text
        assert "<!date" not in str(sent_to(stage, who))


async def test_a_hour_that_a_clock_shows_twice_is_marked_and_its_zone_named(stage: Stage) -> None:
    twice = datetime(2027, 11, 7, 5, 10, tzinfo=UTC)  # 1:10 AM, and again an hour later
    await canceled(stage, twice - stage.clock.now())
    [request] = sent_to(stage, EMPTY)
    assert "<!date" not in str(request)
    assert "1:10 – 2:00 AM" not in read(request, NEW_YORK)
    assert "(DST)" in read(request, NEW_YORK)
    assert "Times are in Eastern Time" in read(request, NEW_YORK)


async def test_what_is_spoken_and_pressed_is_plain(stage: Stage) -> None:
    session = await stage.world.book(3 * DAY)
    stage.clock.set(session.starts_at - timedelta(hours=2))
    await stage.world.cancel(session)
    await stage.relay().drain()
    [request] = sent_to(stage, "C0COACH")
    labels = [element.get("accessibility_label", "") for block in request["blocks"] for element in _elements(block)]
    assert any("Thu, Nov 19, 10:00 AM" in label for label in labels)
    assert not any("<!date" in label for label in labels)


async def test_a_move_shows_both_times_on_each_readers_clock(stage: Stage) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        await uow.schedule.save(COACH, Availability(time_zone=NEW_YORK, hours=parse_hours("daily 0:00–24:00")))
        await uow.commit()
    session = await stage.world.book(3 * DAY)
    await move(stage, session, DAY)
    await stage.relay().drain()
    [request] = sent_to(stage, EMPTY)
    seen = read(request, BERLIN)
    assert "Thursday, November 19th, 2026, 4:00 PM – 4:50 PM" in seen
    assert "Friday, November 20th, 2026, 4:00 PM – 4:50 PM" in seen


def test_typed_text_that_looks_like_a_date_stays_as_it_was_typed() -> None:
    assert undated("a <!date^1^{time}|noon> b") == "a noon b"
    assert undated("&lt;!date^1^{time}|noon&gt;") == "&lt;!date^1^{time}|noon&gt;"


def _elements(block: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        *block.get("elements", []),
        *([block["accessory"]] if "accessory" in block else []),
        *block.get("actions", []),
    ]
