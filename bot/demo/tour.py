"""`python -m bot tour`: the main job, headless, as each person sees it. It checks the product's promises."""

import sys
import time
from datetime import timedelta

from rich.console import Console
from rich.text import Text

from bot.demo import sample
from bot.demo.demo import Demo, running
from bot.demo.scenes import admin, client, coach, day, mail, money
from bot.demo.scenes.stage import Tour
from bot.logs import configure_logging


async def run_tour(language: str | None = None) -> int:
    """Run the tour. Return 1 if a promise is broken. A `language` (Slack's name for it) is set for everyone."""
    configure_logging("ERROR")
    console = Console(highlight=False, width=100, file=sys.stdout)
    tour = Tour(console)
    started = time.monotonic()
    async with running(rate_limits=False, patience=60, language=language) as demo:
        await _walk(tour, demo)
    console.print()
    console.print(f"{tour.kept} promises kept, {len(tour.broken)} broken, in {time.monotonic() - started:.1f} s.")
    for words in tour.broken:
        console.print(Text(f"broken: {words}", style="bold red"))
    return 1 if tour.broken else 0


async def _walk(tour: Tour, demo: Demo) -> None:
    pg = demo.playground
    anna, ben, mia, noor = (pg.person(who) for who in (sample.ANNA, sample.BEN, sample.MIA, sample.NOOR))
    carla, dev, dana, uma = (pg.person(who) for who in (sample.CARLA, sample.DEV, sample.DANA, sample.UMA))
    await client.reminder(tour, demo, anna)
    await client.follows_new_rules(tour, pg.person(sample.NAMESAKE), dev)
    await client.undo(tour, demo, anna, carla)
    await coach.undo(tour, demo, anna, carla)
    before = await money.ledger(tour, demo, "Ledger before")
    await client.cancel(tour, anna)
    # The coach is notified once the cancellation can no longer be undone.
    demo.door.advance(timedelta(seconds=61))
    await client.told(tour, anna, carla, dev)
    await coach.decide(tour, anna, carla)
    await coach.read_along(tour, dana)
    await client.requote(tour, demo, anna)
    await client.afterwards(tour, anna, uma)
    money.compare(tour, before, await money.ledger(tour, demo, "Ledger after"))
    await day.queue(tour, anna, dev)
    await mail.outside(tour, demo, pg.person(sample.PAT), carla)
    await client.book(tour, anna, carla)
    await client.move(tour, anna, carla)
    await coach.next_one(tour, demo, anna, carla)
    await coach.exception(tour, demo, anna, carla)
    await money.pool(tour, demo, dana, mia, noor)
    await admin.terms(tour, dana, anna, ben)
    await coach.deadline(tour, demo, ben, carla)
    await money.warned(tour, demo, anna)
    await day.morning(tour, demo, carla)
    await coach.no_show(tour, demo, ben, carla)
    await money.expired(tour, demo, anna)
    await coach.gone_channel(tour, demo, ben, carla, dana)
    await admin.doctor(tour, demo)
