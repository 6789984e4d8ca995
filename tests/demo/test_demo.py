"""A demo that begins on a given day is the same on every day."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.demo import sample
from bot.demo.demo import running
from bot.logs import configure_logging
from tests.support import patience

LONG_AGO = datetime(2025, 6, 11, 12, tzinfo=UTC)


@pytest.mark.timeout(300)
async def test_its_clock_and_messages_are_of_that_day_and_move_only_when_they_are_moved() -> None:
    configure_logging("CRITICAL")
    async with running(rate_limits=False, patience=patience.SECONDS, start=LONG_AGO) as demo:
        first = demo.clock.now()
        assert first == sample.opening(LONG_AGO)
        anna = demo.playground.person(sample.ANNA)
        due = demo.sample.soon.refund_cutoff_at - timedelta(hours=2)
        demo.door.advance(due - first)
        await anna.refresh()
        await anna.wait_for(lambda person: any("Free cancellation ends" in m.text for m in person.messages))
        [told] = [m for m in anna.messages if "Free cancellation ends" in m.text]
        assert datetime.fromtimestamp(float(told.ts), UTC).replace(microsecond=0) == due == demo.clock.now()
