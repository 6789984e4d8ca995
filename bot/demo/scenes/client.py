"""The client's scenes: reminders, undo, canceling, booking, moving, and what others are notified of."""

from datetime import timedelta

from bot.demo import sample
from bot.demo.demo import Demo
from bot.demo.scenes.stage import Tour, boxes, heard, modal, offered, posted, until
from playground.person import Person

REASON = "Flight moved & I am <b>stuck</b> <!channel> 🛫"


async def reminder(tour: Tour, demo: Demo, anna: Person) -> None:
    """Two hours before free cancellation ends: one message for two sessions, and Keep."""
    tour.scene("The clock moves to two hours before Anna's free cancellation ends")
    due = demo.sample.soon_with_dev.refund_cutoff_at - timedelta(hours=2)
    demo.door.advance(due - demo.clock.now() + timedelta(seconds=1))
    await anna.wait_for("Free cancellation ends")
    reminders = [m for m in await anna.dms() if "Free cancellation ends" in m.text]
    message = reminders[0]
    tour.show("Anna · direct message from Sessions", message.lines)
    both = sample.CHECK_IN in message.text and sample.LEADERSHIP in message.text
    tour.promise("one message reminds of both sessions due within 30 minutes", both and len(reminders) == 1)
    await anna.click("Keep", near="Career check-in", on=message)
    await anna.wait_for(lambda p: any("You keep" in m.text for m in p.messages))
    message = next(m for m in await anna.dms() if "Free cancellation ends" in m.text)
    tour.show("Anna · the same message after Keep", message.lines)
    tour.promise("Keep ends the countdown for that session and leaves the other", "Keep" in " ".join(message.buttons))


async def follows_new_rules(tour: Tour, namesake: Person, dev: Person) -> None:
    """A session that was booked under older zone rules keeps its local time."""
    tour.scene("A new release brings new zone rules: Vancouver's clocks are an hour ahead of what was thought")
    [news] = await heard(namesake, "New rules for the clocks in Vancouver")
    tour.show("Another Anna Lee, in Vancouver · direct message from Sessions", news.lines)
    tour.promise("a session keeps its local time when zone rules change", "10:00 – 10:30 AM in Vancouver" in news.text)
    [told] = await heard(dev, "New rules for the clocks in Vancouver")
    tour.show("Dev, in Chicago · direct message", told.lines)
    tour.promise("the coach reads what that means on their own clock", "on your clock" in told.text)
    await namesake.command("/sessions")
    tour.promise("two people of one name never see each other's sessions", modal(namesake).text.count("Dev Patel") == 1)
    await namesake.close(everything=True)


async def undo(tour: Tour, demo: Demo, anna: Person, carla: Person) -> None:
    """A cancellation is undone before anyone else is notified."""
    tour.scene("Anna cancels one too many and takes it back")
    async with demo.bot.store.read(sample.TEAM) as queries:
        before = await queries.ledger.balances()
    await anna.command("/sessions cancel")
    await anna.tick([label for label in boxes(anna) if label.startswith(sample.LEADERSHIP)][-1])
    await anna.submit()
    await anna.submit()
    await anna.close(everything=True)
    await anna.wait_for(lambda p: any("Undo" in m.buttons for m in p.messages))
    receipt = next(m for m in await anna.dms() if "Undo" in m.buttons)
    tour.show("Anna · receipt", receipt.lines)
    await anna.click("Undo", on=receipt)
    await anna.wait_for(lambda p: any("Undone" in m.text for m in p.messages))
    tour.show("Anna · the same receipt", next(m for m in await anna.dms() if "Undone" in m.text).lines)
    async with demo.bot.store.read(sample.TEAM) as queries:
        after = await queries.ledger.balances()
    tour.promise("the session and its credits are as they were", _nonzero(before) == _nonzero(after))
    demo.door.advance(timedelta(seconds=61))
    # Other news may arrive meanwhile: a channel takes about one message a second.
    when = next(line for line in receipt.lines if sample.LEADERSHIP in line).rpartition(" · ")[2]
    news = [m.text for m in await carla.channel("coaching-carla") if when in m.text]
    tour.promise("the coach was not bothered", not any("canceled" in text for text in news))


def _nonzero(balances: dict[str, int]) -> dict[str, int]:
    return {account: amount for account, amount in balances.items() if amount}


async def cancel(tour: Tour, anna: Person) -> None:
    """Four sessions, late and in time, from a package and single, are picked, quoted and canceled."""
    tour.scene("Anna types /sessions")
    await anna.command("/sessions")
    tour.dialog("Anna", anna)
    tour.promise("the list says until when each session is refundable", "Refundable until" in modal(anna).text)
    half = next((line for line in modal(anna).lines if line.startswith("50%")), "")
    tour.promise("and where a part still comes back, how much and until when", " until " in half)
    tour.promise(
        "sessions of which nothing would come back are marked non-refundable", "on-refundable" in modal(anna).text
    )
    await anna.click("Cancel several…")
    tour.dialog("Anna", anna)
    labels = boxes(anna)
    tour.promise("every session that can be canceled is offered", len(labels) == 6)
    leadership = [label for label in labels if label.startswith(sample.LEADERSHIP)]
    check_ins = [label for label in labels if label.startswith(sample.CHECK_IN)]
    for label in (*leadership[:3], check_ins[0]):
        await anna.tick(label)
    await anna.submit()
    await anna.fill("Reason", REASON)
    tour.dialog("Anna", anna)
    tour.promise(
        "the quote marks what is late and adds up", "Late" in modal(anna).text and "2.25 credits" in modal(anna).text
    )
    tour.promise("nothing is canceled before the button is pressed", modal(anna).title == "Confirm cancellation?")
    await anna.submit()
    tour.dialog("Anna", anna)
    await anna.close(everything=True)


async def told(tour: Tour, anna: Person, carla: Person, dev: Person) -> None:
    """Client, coach and stakeholders are notified, once each."""
    tour.scene("Everybody is told, by itself")
    receipts = await heard(anna, "anceled 4 sessions")
    tour.show("Anna · receipt", receipts[0].lines)
    tour.promise("one receipt for the whole action", len(receipts) == 1)
    tour.promise("which says until when what came back can be used", "usable: 0.25 until " in receipts[0].text)
    alerts = await posted(carla, "coaching-carla", "Flight moved")
    tour.show("Carla · #coaching-carla", alerts[-1].lines)
    tour.promise("one alert in the coach's channel", len(alerts) == 1)
    tour.promise("the reason shows as typed and pings nobody", REASON in alerts[-1].text and not alerts[-1].pings)
    hints = await heard(dev, "Flight moved")
    tour.show("Dev · direct message (the bot is not in #coaching-dev)", hints[-1].lines)
    tour.promise("a coach whose channel the bot is not in learns how to invite it", "/invite" in hints[-1].text)


async def requote(tour: Tour, demo: Demo, anna: Person) -> None:
    """A cutoff passes while a dialog is open."""
    tour.scene("A cutoff passes while a dialog is open")
    await anna.command("/sessions cancel")
    await anna.tick(next((label for label in boxes(anna) if label.startswith(sample.CHECK_IN)), ""))
    await anna.submit()
    cutoff = await demo.door.next_cutoff()
    assert cutoff is not None  # noqa: S101
    demo.door.advance(cutoff - demo.clock.now() + timedelta(seconds=1))
    await anna.submit()
    tour.dialog("Anna", anna)
    tour.promise("nothing was canceled and the new terms are shown", "Nothing has been canceled" in modal(anna).text)
    await anna.close(everything=True)


async def afterwards(tour: Tour, anna: Person, uma: Person) -> None:
    """What remains on record, and who sees it."""
    tour.scene("Afterwards")
    await anna.command("/sessions past")
    tour.dialog("Anna", anna)
    tour.promise("canceled sessions are struck through and tagged", "Session Canceled" in modal(anna).text)
    await anna.choose("Details", near="Session Canceled", index=0)
    tour.dialog("Anna", anna)
    tour.promise("details carry the banner and the timeline", "This session is canceled" in modal(anna).text)
    await anna.close(everything=True)
    await uma.command("/sessions")
    tour.dialog("Uma, who has nothing to do with it", uma)
    tour.promise("nobody sees what is not theirs", "Carla" not in modal(uma).text)


async def book(tour: Tour, anna: Person, carla: Person) -> None:
    """Another session is booked, and the coach is notified."""
    tour.scene("Anna books another time")
    await anna.command("/sessions book")
    await anna.choose("Carla Mendes", action_id="book_coach")
    kind = next((text for text in offered(anna, "book_type") if text.startswith(sample.LEADERSHIP)), "")
    await anna.choose(kind, action_id="book_type")
    await anna.choose(offered(anna, "book_time")[0], action_id="book_time")
    tour.dialog("Anna", anna)
    tour.promise("the package pays first", sample.PACKAGE in modal(anna).text)
    await anna.submit()
    tour.dialog("Anna", anna)
    await anna.close(everything=True)
    confirmed = await until(anna, lambda m: "Reschedule…" in m.buttons and "booked" in m.text.lower())
    tour.show("Anna · confirmation by direct message", confirmed.lines)
    news = await until(carla, lambda m: "Anna Lee booked" in m.text)
    tour.show("Carla · #coaching-carla", news.lines)
    tour.promise("the confirmation leads to moving and canceling", {"Reschedule…", "Cancel…"} <= set(confirmed.buttons))


async def move(tour: Tour, anna: Person, carla: Person) -> None:
    """A session is moved."""
    tour.scene("And moves it")
    await anna.command("/sessions")
    await anna.choose("Reschedule…", near=sample.PACKAGE, index=0)
    await anna.choose(offered(anna, "move_time")[-1], action_id="move_time")
    await anna.submit()
    tour.dialog("Anna", anna)
    tour.promise("nothing moves before the new terms are confirmed", "efundable" in modal(anna).text)
    await anna.submit()
    tour.dialog("Anna", anna)
    await anna.close(everything=True)
    news = await until(carla, lambda m: "Anna Lee" in m.text and "~" in m.text)
    tour.show("Carla · #coaching-carla", news.lines)
    tour.promise("the coach sees the old time struck through and the new one", "~" in news.text)
