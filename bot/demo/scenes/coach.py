"""The coach's scenes: late cancellations, exceptions, no-shows, and an archived channel."""

from datetime import timedelta

from bot.demo import sample
from bot.demo.demo import Demo
from bot.demo.scenes.client import REASON
from bot.demo.scenes.stage import Tour, boxes, heard, modal, posted, until
from playground.errors import PersonError
from playground.person import Person

NOTE = "The flight was rebooked by the airline. Here is their mail: LH-4711."
ANSWER = "Half of it, gladly. Safe travels!"
PRIVATE_NOTE = "Nervous before the board meeting: call her on the day."
ASKED = "Did this session take place?"
NO_SHOW = "noted the session as a no-show"
UNDONE_NO_MORE = timedelta(seconds=61)


async def undo(tour: Tour, demo: Demo, anna: Person, carla: Person) -> None:
    """A coach cancels one session too many, and takes it back before its client hears of it."""
    tour.scene("Carla cancels a session of Anna's by mistake and takes it back")
    heard_before = await _heard_of_it(anna)
    await carla.command("/sessions")
    await carla.choose("Cancel…", near="Anna Lee", index=-1)
    tour.dialog("Carla", carla)
    await carla.submit()
    tour.promise("a coach can undo, and reads until when", "You can undo this until" in modal(carla).text)
    await carla.close(everything=True)
    receipt = await until(carla, lambda m: "You canceled 1 session with Anna Lee" in m.text and "Undo" in m.buttons)
    tour.show("Carla · direct message", receipt.lines)
    await carla.click("Undo", on=receipt)
    tour.show("Carla · the same message", (await heard(carla, "Undone"))[-1].lines)
    demo.door.advance(UNDONE_NO_MORE)
    await demo.delivered()
    tour.promise("the client was not bothered", await _heard_of_it(anna) <= heard_before)


async def _heard_of_it(client: Person) -> int:
    told = ("Carla Mendes canceled", "Session Canceled")
    return sum(any(words in m.text for words in told) for m in await client.dms())


async def decide(tour: Tour, anna: Person, carla: Person) -> None:
    """A late cancellation is refunded with one press."""
    tour.scene("Carla refunds the late cancellation anyway")
    [alert] = await posted(carla, "coaching-carla", "Flight moved")
    await carla.click("Refund anyway", on=alert)
    await carla.wait_for(
        lambda p: any("Flight moved" in m.text and "Refund anyway" not in m.buttons for m in p.messages)
    )
    [alert] = await posted(carla, "coaching-carla", "Flight moved")
    tour.show("Carla · the same alert, edited", alert.lines)
    tour.promise("the decision is made once: its buttons are gone", "Refund anyway" not in alert.buttons)
    decisions = await heard(anna, "refunded")
    tour.show("Anna · direct message", decisions[-1].lines)
    tour.promise("the client hears of the decision", "1 credit" in decisions[-1].text)


async def read_along(tour: Tour, dana: Person) -> None:
    """A channel that is named as a stakeholder gets the coach's news and decisions."""
    tour.scene("#coaching-ops reads along")
    copy = await until(dana, lambda m: "Flight moved" in m.text and "told what Carla" in m.text and "anyway" in m.text)
    tour.show("Dana · #coaching-ops", copy.lines)
    tour.promise("a stakeholder's channel is told too, with the reason as typed", REASON in copy.text)
    tour.promise("its copy follows the decision and has nothing to press", "anyway" in copy.text and not copy.buttons)


async def exception(tour: Tour, demo: Demo, anna: Person, carla: Person) -> None:
    """A client cancels late and asks for an exception with a note. The coach refunds half, with a note."""
    tour.scene("Anna cancels late and asks for an exception")
    demo.door.advance(timedelta(hours=13))  # eight hours before tomorrow's session
    await anna.command("/sessions cancel")
    await anna.tick(next(label for label in boxes(anna) if label.startswith(sample.LEADERSHIP)))
    await anna.submit()
    await anna.submit()
    await anna.click("Ask for an exception")
    tour.dialog("Anna", anna)
    tour.promise("the client reads until when the coach can decide", "can decide until" in modal(anna).text)
    await anna.fill("What should the coach know?", NOTE)
    await anna.submit()
    tour.dialog("Anna", anna)
    await anna.close(everything=True)
    demo.door.advance(UNDONE_NO_MORE)
    request = await until(carla, lambda m: "Anna Lee asks" in m.text)
    tour.show("Carla · #coaching-carla", request.lines)
    tour.promise("the coach reads the note where they decide", NOTE in request.text and "Decide…" in request.buttons)
    before = await _balance(demo, sample.ANNA)
    await carla.click("Decide…", on=request)
    await carla.choose("Refund a part")
    await carla.fill("Part, in credits of this session", "0.5")
    await carla.fill("Note to the client", ANSWER)
    tour.dialog("Carla", carla)
    await carla.submit()
    await carla.close(everything=True)
    [answer] = await heard(anna, ANSWER)
    tour.show("Anna · direct message", answer.lines)
    tour.promise("the client hears what was decided, with the coach's note", "refunded in part" in answer.text)
    tour.promise("half a credit came back", await _balance(demo, sample.ANNA) - before == 50)
    request = await until(carla, lambda m: NOTE in m.text and "Decide…" not in m.buttons)
    tour.show("Carla · the same message, edited", request.lines)
    tour.promise("it is decided once: nothing is left to press", not {"Decide…", "Keep"} & set(request.buttons))


async def deadline(tour: Tour, demo: Demo, ben: Person, carla: Person) -> None:
    """Nobody decides about a request before its deadline, so the policy does."""
    tour.scene("Nobody decides about Ben's request for three days")
    opened = await until(carla, lambda m: "Ben Okafor asks" in m.text)
    tour.show("Carla · #coaching-carla, all the while", opened.lines)
    async with demo.bot.store.read(sample.TEAM) as queries:
        asked = await queries.sessions.find(demo.sample.asked.id)
    if asked is None or asked.cancellation is None or asked.cancellation.asked is None:
        raise LookupError("the sample data holds no open request of Ben's")
    demo.door.advance(asked.cancellation.asked.decide_by - demo.clock.now() + timedelta(seconds=1))
    [told] = await heard(ben, "Nobody decided about")
    tour.show("Ben · direct message", told.lines)
    tour.promise("the policy decides at the deadline, and the client is told", "the policy decided" in told.text)
    tour.promise("and whom to ask", "care@northwind.example" in told.text)
    closed = await until(carla, lambda m: "The line is closed" in m.text and "Decide…" not in m.buttons)
    tour.promise("the coach's message says so too", "the policy did" in closed.text)


async def no_show(tour: Tour, demo: Demo, ben: Person, carla: Person) -> None:
    """A client does not come. The coach says so when asked, and the client gets a kindly worded message."""
    tour.scene("Ben does not come to a session")
    ended = demo.sample.weekly[0].ends_at
    demo.door.advance(ended - demo.clock.now() + timedelta(minutes=5))
    asked = await until(carla, lambda m: ASKED in m.text and "Ben Okafor" in m.text)
    tour.show("Carla · direct message", asked.lines)
    try:
        await carla.click("No-show…", on=asked)
        warned = ""
    except PersonError as question:
        warned = question.words
    tour.promise("it is asked first, and can be corrected", "correct it until" in warned)
    earlier = len(await heard(ben, NO_SHOW))
    await carla.click("No-show…", on=asked, confirm=True)
    answered = await until(carla, lambda m: m.ts == asked.ts and ASKED not in m.text)
    tour.promise(
        "the question shows the answer", "was a no-show" in answered.text and "No-show…" not in answered.buttons
    )
    await ben.wait_for(lambda p: sum(NO_SHOW in m.text for m in p.messages) > earlier)
    told = (await heard(ben, NO_SHOW))[-1]
    tour.show("Ben · direct message", told.lines)
    tour.promise("the client is told without blame, and whom to ask", "If that is not right" in told.text)


async def next_one(tour: Tour, demo: Demo, anna: Person, carla: Person) -> None:
    """A coach looks at a client's page, writes a private note, and books the next session for them."""
    tour.scene("Carla opens Anna's page and books the next session for her")
    await carla.command("/sessions for @anna")
    tour.dialog("Carla", carla)
    tour.promise("the page has the coach's private notes", "saying no to her boss" in modal(carla).text)
    await carla.click("Notes…")
    await carla.fill("New note", PRIVATE_NOTE)
    await carla.submit()
    tour.dialog("Carla", carla)
    await carla.close()
    await carla.wait_for(lambda p: PRIVATE_NOTE in modal(p).text)  # the page beneath is drawn anew
    before = await _balance(demo, sample.ANNA)
    await carla.click("Book for Them…")
    tour.dialog("Carla", carla)
    tour.promise("the coach reads what pays", sample.PACKAGE in modal(carla).text)
    await carla.submit()
    tour.dialog("Carla", carla)
    tour.promise("the client's credits paid", before - await _balance(demo, sample.ANNA) == 100)
    await carla.close(everything=True)
    told = (await heard(anna, "Your session is booked, by Carla Mendes"))[-1]
    tour.show("Anna · direct message", told.lines)
    tour.promise("no client reads a note", all(PRIVATE_NOTE not in message.text for message in anna.messages))


async def gone_channel(tour: Tour, demo: Demo, ben: Person, carla: Person, dana: Person) -> None:
    """A coach's channel is archived. No news is lost, and an admin is told how to repair it."""
    tour.scene("Somebody archives #coaching-carla")
    await dana.archive("coaching-carla")
    await ben.command("/sessions cancel")
    await ben.tick(boxes(ben)[-1])
    await ben.submit()
    await ben.submit()
    await ben.close(everything=True)
    demo.door.advance(UNDONE_NO_MORE)
    alert = (await heard(carla, "Ben Okafor canceled"))[-1]
    tour.show("Carla · direct message", alert.lines)
    tour.promise("the alert comes to the coach directly, with the reason why", "is archived" in alert.text)
    [warning] = await heard(dana, "cannot be posted in #coaching-carla")
    tour.show("Dana · direct message", warning.lines)
    tour.promise("an admin is told how to mend it", "Unarchive it" in warning.text)


async def _balance(demo: Demo, client: str) -> int:
    async with demo.bot.store.read(sample.TEAM) as queries:
        return sum(grant.balance for grant in await queries.grants.of_client(client))
