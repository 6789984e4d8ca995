"""The workspace's clock dates its messages, and says what today is."""

from datetime import UTC, datetime, timedelta

from coaching.clock import ManualClock
from playground.server import Playground
from tests.playground.conftest import BOT_TOKEN, MANIFEST, SEED, SIGNING_SECRET

MARCH = datetime(2031, 3, 4, 15, tzinfo=UTC)


async def test_messages_bear_the_time_of_the_clock_and_a_reset_may_set_it_back() -> None:
    clock = ManualClock(MARCH)
    playground = Playground(
        MANIFEST,
        SEED,
        request_url=None,
        signing_secret=SIGNING_SECRET,
        bot_token=BOT_TOKEN,
        clock=lambda: clock.now().timestamp(),
    )
    async with playground.serve() as pg:
        person = pg.person("U1")

        async def say(words: str) -> datetime:
            channel = pg.workspace.channel("C1")
            stamp = pg.workspace.post(channel, "U1", words).ts
            return datetime.fromtimestamp(float(stamp), UTC).replace(microsecond=0)

        at = int(MARCH.timestamp())
        assert await say(f"<!date^{at}^{{date_pretty}}|then>") == MARCH
        first = (await person.get("workspace"))["run"]
        assert [m.text for m in await person.channel("C1")] == ["today"]
        clock.advance(timedelta(days=1))
        assert [m.text for m in await person.channel("C1")] == ["yesterday"]
        assert await say("Later") == MARCH + timedelta(days=1)
        clock.set(MARCH)
        pg.reset()
        assert await say("Anew") == MARCH
        assert (await person.get("workspace"))["run"] != first, "what was read before says nothing of these messages"
