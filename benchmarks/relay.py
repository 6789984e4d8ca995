"""Ten thousand due notices: our relay against others with as many calls under way, some of which keep a queue too."""

from contextlib import AsyncExitStack

from benchmarks.processes import CEILING, TOKEN, Child, counts, stand_in
from benchmarks.report import Promise, Result, paired
from benchmarks.waves import Wave, sent, waves_of
from benchmarks.world import databases, write_reminders

NOTICES, WAVES = 10_000, 10
GROWTH = 1.1
"""Resident memory after the last wave against after the first: flat, but for what the allocator keeps."""

SIDES: dict[str, tuple[str, Promise, float]] = {
    "ours": ("ours", Promise.TOLD, 0.0),
    "loops": ("the SDK, as many calls at once", Promise.TOLD, 0.0),
    "queue": ("the same, and rows claimed and finished", Promise.AT_LEAST, 0.2),
    "ceiling": (f"{CEILING}, rows claimed too", Promise.TOLD, 0.0),
}
"""What each side is called, and what is promised against it: ours also looks again, finds the words and keeps order."""
_OF_ONE = {"ours", "loops"}
"""Sides that need no database of their own: one of them only reads."""


async def measure(*, quick: bool = False) -> list[Result]:
    """Deliver in waves, in turns with the others."""
    waves = 2 if quick else WAVES
    each = 20 if quick else NOTICES // WAVES
    with databases() as made:
        url = await made.fresh("sqlite")
        await write_reminders(url, waves, each)
        places = {side: url if side in _OF_ONE else await made.copy(url) for side in SIDES}
        async with AsyncExitStack() as stack:
            slack = await stack.enter_async_context(stand_in())
            sides = {
                side: await stack.enter_async_context(
                    waves_of("benchmarks.relay_side", side, each, environment=_settings(slack, places[side]))
                )
                for side in SIDES
            }
            done: dict[str, list[Wave]] = {side: [] for side in SIDES}
            for wave in range(waves):
                for name, side in list(sides.items())[:: 1 if wave % 2 else -1]:
                    done[name].append(await side.deliver(wave))
            told = (await counts(slack)).get("chat.postMessage", 0)
        marked = {side: await sent(places[side]) for side in SIDES if side != "loops"}
        if told != waves * each * len(SIDES) or set(marked.values()) != {waves * each}:
            raise RuntimeError(f"{waves * each} notices: {marked} marked as sent, Slack saw {told}")
    cpu = {side: sum(wave.cpu for wave in done[side]) / (waves * each) * 1000 for side in SIDES}
    rates = {side: [each / wave.took for wave in done[side]] for side in SIDES}
    weights = [wave.resident for wave in done["ours"]]
    what = f"Relay, {waves * each:,} notices"
    return [
        *(
            paired(
                f"{what}: {words}",
                rates["ours"],
                rates[side],
                "msg/s",
                promise,
                bound,
                f"processor time per message: {cpu['ours']:.2f} ms, the other {cpu[side]:.2f} ms",
            )
            for side, (words, promise, bound) in SIDES.items()
            if side != "ours"
        ),
        Result(
            f"Relay: resident after the last / the first {each:,} notices",
            weights[-1],
            weights[0],
            "MB",
            weights[-1] / weights[0],
            Promise.AT_MOST,
            GROWTH,
        ),
    ]


def _settings(slack: Child, database_url: str) -> dict[str, str]:
    return {"DATABASE_URL": database_url, "SLACK_API_URL": f"{slack.url}/api/", "SLACK_BOT_TOKEN": TOKEN}
