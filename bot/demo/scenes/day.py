"""A coach's day: what waits is decided in Home, and the morning brings an agenda."""

import re
from datetime import datetime, time, timedelta

from bot.demo.demo import Demo
from bot.demo.scenes.stage import Tour, heard, until
from coaching import zones
from coaching.news.days import BEFORE
from playground.person import Person

AGENDA = re.compile(r"You give .* today")
WAITS = "Waits for you"
_NEW_YORK = zones.zone("America/New_York")
_SECOND = timedelta(seconds=1)


async def queue(tour: Tour, anna: Person, dev: Person) -> None:
    """A coach opens Home, sees what waits, and decides it on the spot."""
    tour.scene("Dev opens Home: a late cancellation waits for him, and he decides it there")
    home = await dev.home()
    tour.show("Dev · Home", home.lines)
    tour.promise("what waits for a coach is at the top of Home", WAITS in home.text.splitlines()[0])
    await dev.click("Refund anyway", on="home")
    await dev.wait_for(lambda p: p.shown_home is not None and "Refunded anyway" in p.shown_home.text)
    home = await dev.home()
    tour.promise("once it is decided, nothing waits any more", WAITS not in home.text)
    alert = await until(dev, lambda m: "canceled 1 session with you" in m.text and "Refund anyway" not in m.buttons)
    tour.show("Dev · the alert in his direct messages, edited", alert.lines)
    told = (await heard(anna, "refunded"))[-1]
    tour.promise("the client hears of it as of any decision", "Dev Patel" in told.text)


async def morning(tour: Tour, demo: Demo, carla: Person) -> None:
    """The agenda comes at eight, once, and says what is so then. Later each session announces itself."""
    first = demo.sample.weekly[0]
    day = first.starts_at.astimezone(_NEW_YORK).date()
    tour.scene("At eight in the morning Carla gets her day")
    await demo.delivered()
    earlier = {message.ts for message in await carla.dms()}
    demo.door.advance(datetime.combine(day, time(8), _NEW_YORK) - demo.clock.now() + _SECOND)
    agenda = await until(carla, lambda m: AGENDA.match(m.text) is not None and m.ts not in earlier)
    tour.show("Carla · direct message", agenda.lines)
    tour.promise("the agenda names who comes", "Ben Okafor" in agenda.text and "Noor Haddad" in agenda.text)
    tour.promise("and says what is so: Pat's canceled session is not in it", "Pat Reyes" not in agenda.text)
    demo.door.advance(first.starts_at - demo.clock.now() - BEFORE + _SECOND)
    soon = (await heard(carla, "Your session with Ben Okafor starts in"))[-1]
    tour.show("Carla · direct message, a quarter of an hour before", soon.lines)
    await demo.delivered()
    agendas = [m for m in await carla.dms() if AGENDA.match(m.text) and m.ts not in earlier]
    tour.promise("the agenda comes once", len(agendas) == 1)
