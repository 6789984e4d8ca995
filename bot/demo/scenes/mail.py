"""The scenes of a client who is not in Slack: a mail, the event in the calendar, and the page that its link opens."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import aiohttp

from bot.demo.demo import Demo
from bot.demo.scenes.stage import Tour, posted
from coaching.zones import zone
from playground.browser import Browser
from playground.json_types import JsonObject
from playground.person import Person

UNDONE_NO_MORE = timedelta(seconds=61)


async def outside(tour: Tour, demo: Demo, pat: Person, carla: Person) -> None:
    """A session appears in a calendar, moves and vanishes there, for somebody whom Slack does not know."""
    tour.scene("Pat is not in Slack: everything comes by mail")
    booked = await _mail(pat, lambda mail: "is booked" in mail["subject"])
    _show(tour, booked)
    link = _way_in(booked)
    tour.promise("the mail says until when the session is refundable", "Refundable until" in booked["text"])
    tour.promise(
        "and leads to the page that changes it, and away from mails", bool(link) and "/mail/" in booked["text"]
    )
    [event] = await _calendar(tour, pat)
    tour.promise("the invitation has put the session into Pat's calendar", "Carla Mendes" in event["title"])
    async with aiohttp.ClientSession() as session:
        browser = Browser(session, "")
        await _moved(tour, browser, link)
        moved = await _mail(pat, lambda mail: mail["id"] > booked["id"])
        _show(tour, moved)
        [later] = await _calendar(tour, pat)
        same = later["uid"] == event["uid"]
        tour.promise("the same event has moved in Pat's calendar", same and later["starts"] != event["starts"])
        await _canceled(tour, browser, link)
    demo.door.advance(UNDONE_NO_MORE)
    canceled = await _mail(pat, lambda mail: mail["id"] > moved["id"])
    _show(tour, canceled)
    tour.promise("the mail says what came back", "credit" in canceled["text"])
    tour.promise("and takes the event out of Pat's calendar by itself", await _calendar(tour, pat) == [])
    alert = (await posted(carla, "coaching-carla", "Pat Reyes canceled"))[-1]
    tour.show("Carla · #coaching-carla", alert.lines)
    tour.promise("the coach hears of it in Slack, as from any client", "Pat Reyes canceled" in alert.text)


async def _moved(tour: Tour, browser: Browser, link: str) -> None:
    await browser.open(link)
    tour.show("Pat · the page behind Cancel or reschedule", browser.page.lines)
    tour.promise("the page asks, and opening it has changed nothing", browser.page.title == "Your sessions")
    browser.tick("Reschedule sessions")
    times = await browser.press("Continue")
    browser.tick(times.offered("move_time")[-1])
    await browser.press("Continue")
    await browser.press("Move 1 session")
    tour.show("Pat · the page, two steps later", browser.page.lines)


async def _canceled(tour: Tour, browser: Browser, link: str) -> None:
    await browser.open(link)
    await browser.press("Continue")
    tour.show("Pat · the page, before the last press", browser.page.lines)
    tour.promise("what comes back is said before anything is canceled", "Confirm cancellation?" in browser.page.title)
    await browser.press("Cancel 1 session")
    tour.show("Pat · the page", browser.page.lines)
    tour.promise("canceled without Slack, with Undo", "Undo" in browser.page.buttons())


async def _mail(pat: Person, wanted: Callable[[JsonObject], bool]) -> JsonObject:
    """Wait for a mail, and return it."""

    async def come(person: Person) -> list[JsonObject]:
        return [mail for mail in await person.mails() if wanted(mail)]

    found: list[JsonObject] = await pat.wait_for(come)
    return found[0]


def _show(tour: Tour, mail: JsonObject) -> None:
    """Print a mail as its reader sees it, with links cut short."""
    words = [line if len(line) < 160 else f"{line[:150]}…" for line in mail["text"].splitlines() if line.strip()]
    parts = [f"Attached: {part['name']} ({part['kind']}, {part['method']})" for part in mail["parts"]]
    head = [f"From: {mail['from_name']} <{mail['from_address']}>", f"Subject: {mail['subject']}", ""]
    tour.show(f"Pat · mail to {mail['to']}", [*head, *words, *parts])


async def _calendar(tour: Tour, pat: Person) -> list[JsonObject]:
    """Print what Pat's own calendar shows, and return it."""
    events = await pat.calendar()
    tour.show("Pat · calendar", [f"{_when(event)}  {event['title']}" for event in events] or ["Nothing is in it."])
    return events


def _when(event: JsonObject) -> str:
    begins = datetime.fromtimestamp(event["starts"], UTC).astimezone(zone("America/New_York"))
    return f"{begins:%a, %b %d, %H:%M}"


def _way_in(mail: JsonObject) -> str:
    """Return the link behind *Cancel or reschedule* in a mail, or nothing."""
    _, found, rest = mail["text"].partition("Cancel or reschedule (")
    return rest.partition(")")[0] if found else ""
