"""`python -m bot tour`: the main job, headless, as each person sees it. It checks what the product promises on the way."""

import sys
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from rich.console import Console
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

from bot.demo import sample
from bot.demo.demo import Demo, running
from bot.logs import configure_logging
from playground.person import Person
from playground.seen import SeenMessage

REASON = "Flight moved & I am <b>stuck</b> <!channel> 🛫"


class Tour:
    """Prints what people see and keeps count of broken promises."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.broken: list[str] = []
        self.kept = 0

    def scene(self, words: str) -> None:
        """Begin a scene."""
        self.console.print()
        self.console.print(Rule(words, align="left", style="bold"))

    def show(self, title: str, lines: Sequence[str]) -> None:
        """Print what somebody sees."""
        self.console.print(Panel(Text("\n".join(lines)), title=Text(title), title_align="left", border_style="dim"))

    def promise(self, words: str, kept: bool) -> None:
        """Check a promise."""
        self.kept += kept
        if not kept:
            self.broken.append(words)
        self.console.print(Text(f"  {'✓' if kept else '✗ BROKEN:'} {words}", style="green" if kept else "bold red"))


async def run_tour() -> int:
    """Run the tour; return 1 when anything differs from what is promised."""
    configure_logging("ERROR")
    console = Console(highlight=False, width=100, file=sys.stdout)
    tour = Tour(console)
    started = time.monotonic()
    async with running(rate_limits=False) as demo:
        await _walk(tour, demo)
    console.print()
    console.print(f"{tour.kept} promises kept, {len(tour.broken)} broken, in {time.monotonic() - started:.1f} s.")
    for words in tour.broken:
        console.print(Text(f"broken: {words}", style="bold red"))
    return 1 if tour.broken else 0


async def _walk(tour: Tour, demo: Demo) -> None:
    pg = demo.playground
    anna, carla, dev, uma = (pg.person(who) for who in (sample.ANNA, sample.CARLA, sample.DEV, sample.UMA))
    await _reminder(tour, demo, anna)
    await _undo(tour, demo, anna, carla)
    before = await _ledger(tour, demo, "Ledger before")
    await _cancel(tour, anna)
    # The coach hears of it when it cannot be undone any more.
    demo.door.advance(timedelta(seconds=61))
    await _told(tour, anna, carla, dev)
    await _decide(tour, anna, carla)
    await _requote(tour, demo, anna)
    await _afterwards(tour, anna, uma)
    ledger = await _ledger(tour, demo, "Ledger after")
    _compare(tour, before, ledger)
    await _book(tour, anna, carla)
    await _move(tour, anna, carla)


async def _reminder(tour: Tour, demo: Demo, anna: Person) -> None:
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


async def _cancel(tour: Tour, anna: Person) -> None:
    tour.scene("Anna types /sessions")
    await anna.command("/sessions")
    assert anna.modal is not None  # noqa: S101
    tour.show(f"Anna · {anna.modal.title}", anna.modal.lines)
    tour.promise("the list says until when each session is refundable", "Refundable until" in anna.modal.text)
    tour.promise("late sessions are marked non-refundable", "on-refundable" in anna.modal.text)
    await anna.click("Cancel sessions…")
    tour.show(f"Anna · {anna.modal.title}", anna.modal.lines)
    boxes = _options(anna)
    tour.promise("every session that can be canceled is offered", len(boxes) == 6)
    leadership = [label for label in boxes if label.startswith(sample.LEADERSHIP)]
    check_ins = [label for label in boxes if label.startswith(sample.CHECK_IN)]
    for label in (*leadership[:3], check_ins[0]):
        await anna.tick(label)
    await anna.fill("Reason", REASON)
    await anna.submit()
    tour.show(f"Anna · {anna.modal.title}", anna.modal.lines)
    tour.promise(
        "the quote marks what is late and adds up", "Late" in anna.modal.text and "2.25 credits" in anna.modal.text
    )
    tour.promise("nothing is canceled before the button is pressed", anna.modal.title == "Confirm cancellation?")
    await anna.submit()
    tour.show(f"Anna · {anna.modal.title}", anna.modal.lines)
    await anna.close(everything=True)


def _options(anna: Person) -> list[str]:
    """Return the labels of all check boxes, in the order of their start times."""
    assert anna.modal is not None  # noqa: S101
    labels = []
    for block in anna.modal.blocks:
        element = block.get("element") or {}
        if isinstance(element, dict) and element.get("type") == "checkboxes":
            labels += [option["text"]["text"] for option in element["options"]]
    return labels


async def _told(tour: Tour, anna: Person, carla: Person, dev: Person) -> None:
    tour.scene("Everybody is told, by itself")
    receipts = await _messages(anna, "anceled 4 sessions")
    tour.show("Anna · receipt", receipts[0].lines)
    tour.promise("one receipt for the whole action", len(receipts) == 1)
    alerts = await _channel(carla, "coaching-carla", "Flight moved")
    tour.show("Carla · #coaching-carla", alerts[-1].lines)
    tour.promise("one alert in the coach's channel", len(alerts) == 1)
    tour.promise("the reason shows as typed and pings nobody", REASON in alerts[-1].text and not alerts[-1].pings)
    hints = await _messages(dev, "Flight moved")
    tour.show("Dev · direct message (the bot is not in #coaching-dev)", hints[-1].lines)
    tour.promise("a coach whose channel the bot is not in learns how to invite it", "/invite" in hints[-1].text)


async def _decide(tour: Tour, anna: Person, carla: Person) -> None:
    tour.scene("Carla refunds the late cancellation anyway")
    [alert] = await _channel(carla, "coaching-carla", "Flight moved")
    await carla.click("Refund anyway", on=alert, confirm=True)
    await carla.wait_for(
        lambda p: any("Flight moved" in m.text and "Refund anyway" not in m.buttons for m in p.messages)
    )
    [alert] = await _channel(carla, "coaching-carla", "Flight moved")
    tour.show("Carla · the same alert, edited", alert.lines)
    tour.promise("the decision is made once: its buttons are gone", "Refund anyway" not in alert.buttons)
    decisions = await _messages(anna, "refunded")
    tour.show("Anna · direct message", decisions[-1].lines)
    tour.promise("the client hears of the decision", "1 credit" in decisions[-1].text)


async def _requote(tour: Tour, demo: Demo, anna: Person) -> None:
    tour.scene("A cutoff passes while a dialog is open")
    await anna.command("/sessions cancel")
    await anna.tick(next(label for label in _options(anna) if label.startswith(sample.CHECK_IN)))
    await anna.submit()
    assert anna.modal is not None  # noqa: S101
    cutoff = await demo.door.next_cutoff()
    assert cutoff is not None  # noqa: S101
    demo.door.advance(cutoff - demo.clock.now() + timedelta(seconds=1))
    await anna.submit()
    tour.show(f"Anna · {anna.modal.title}", anna.modal.lines)
    tour.promise("nothing was canceled and the new terms are shown", "Nothing has been canceled" in anna.modal.text)
    await anna.close(everything=True)


async def _afterwards(tour: Tour, anna: Person, uma: Person) -> None:
    tour.scene("Afterwards")
    await anna.command("/sessions past")
    assert anna.modal is not None  # noqa: S101
    tour.show(f"Anna · {anna.modal.title}", anna.modal.lines)
    tour.promise("canceled sessions are struck through and tagged", "Session Canceled" in anna.modal.text)
    await anna.choose("Details", near="Session Canceled", index=0)
    tour.show(f"Anna · {anna.modal.title}", anna.modal.lines)
    tour.promise("details carry the banner and the timeline", "This session is canceled" in anna.modal.text)
    await anna.close(everything=True)
    await uma.command("/sessions")
    assert uma.modal is not None  # noqa: S101
    tour.show(f"Uma, who has nothing to do with it · {uma.modal.title}", uma.modal.lines)
    tour.promise("nobody sees what is not theirs", "Carla" not in uma.modal.text)


async def _undo(tour: Tour, demo: Demo, anna: Person, carla: Person) -> None:
    tour.scene("Anna cancels one too many and takes it back")
    async with demo.bot.store.read() as queries:
        before = await queries.balances(sample.TEAM)
    alerts = len(await carla.channel("coaching-carla"))
    await anna.command("/sessions cancel")
    await anna.tick([label for label in _options(anna) if label.startswith(sample.LEADERSHIP)][-1])
    await anna.submit()
    await anna.submit()
    await anna.close(everything=True)
    await anna.wait_for(lambda p: any("Undo" in m.buttons for m in p.messages))
    receipt = next(m for m in await anna.dms() if "Undo" in m.buttons)
    tour.show("Anna · receipt", receipt.lines)
    await anna.click("Undo", on=receipt)
    await anna.wait_for(lambda p: any("Undone" in m.text for m in p.messages))
    tour.show("Anna · the same receipt", next(m for m in await anna.dms() if "Undone" in m.text).lines)
    async with demo.bot.store.read() as queries:
        after = await queries.balances(sample.TEAM)
    tour.promise("the session and its credits are as they were", _nonzero(before) == _nonzero(after))
    demo.door.advance(timedelta(seconds=61))
    tour.promise("the coach was not bothered", len(await carla.channel("coaching-carla")) == alerts)


def _nonzero(balances: dict[str, int]) -> dict[str, int]:
    return {account: amount for account, amount in balances.items() if amount}


async def _book(tour: Tour, anna: Person, carla: Person) -> None:
    tour.scene("Anna books another time")
    await anna.command("/sessions book")
    await anna.choose("Carla Mendes", action_id="book_coach")
    kind = next(text for text in _select(anna, "book_type") if text.startswith(sample.LEADERSHIP))
    await anna.choose(kind, action_id="book_type")
    await anna.choose(_select(anna, "book_time")[0], action_id="book_time")
    assert anna.modal is not None  # noqa: S101
    tour.show(f"Anna · {anna.modal.title}", anna.modal.lines)
    tour.promise("the package pays first", sample.PACKAGE in anna.modal.text)
    await anna.submit()
    tour.show(f"Anna · {anna.modal.title}", anna.modal.lines)
    await anna.close(everything=True)
    told = await _until(anna, lambda m: "Reschedule…" in m.buttons and "booked" in m.text.lower())
    tour.show("Anna · confirmation by direct message", told.lines)
    news = await _until(carla, lambda m: "Anna Lee booked" in m.text)
    tour.show("Carla · #coaching-carla", news.lines)
    tour.promise("the confirmation leads to moving and canceling", {"Reschedule…", "Cancel…"} <= set(told.buttons))


async def _move(tour: Tour, anna: Person, carla: Person) -> None:
    tour.scene("And moves it")
    await anna.command("/sessions")
    await anna.choose("Reschedule…", near=sample.PACKAGE, index=0)
    await anna.choose(_select(anna, "move_time")[-1], action_id="move_time")
    await anna.submit()
    assert anna.modal is not None  # noqa: S101
    tour.show(f"Anna · {anna.modal.title}", anna.modal.lines)
    tour.promise("nothing moves before the new terms are confirmed", "efundable" in anna.modal.text)
    await anna.submit()
    tour.show(f"Anna · {anna.modal.title}", anna.modal.lines)
    await anna.close(everything=True)
    news = await _until(carla, lambda m: "Anna Lee" in m.text and "→" in m.text)
    tour.show("Carla · #coaching-carla", news.lines)
    tour.promise("the coach sees the old time struck through and the new one", "~" in news.text)


def _select(anna: Person, action_id: str) -> list[str]:
    """Return the options of a select, in order."""
    assert anna.modal is not None  # noqa: S101
    found: list[str] = []
    for block in anna.modal.blocks:
        for element in [block.get("element"), block.get("accessory"), *(block.get("elements") or [])]:
            if isinstance(element, dict) and element.get("action_id") == action_id:
                groups = element.get("option_groups") or [{"options": element.get("options") or []}]
                found += [option["text"]["text"] for group in groups for option in group["options"]]
    return found


async def _until(person: Person, wanted: Callable[[SeenMessage], bool]) -> SeenMessage:
    """Wait for a message and return the newest one like it."""
    await person.wait_for(lambda p: any(wanted(m) for m in p.messages))
    return [m for m in person.messages if wanted(m)][-1]


async def _messages(person: Person, words: str) -> list[SeenMessage]:
    await person.wait_for(lambda p: any(words in m.text for m in p.messages))
    return [m for m in await person.dms() if words in m.text]


async def _channel(person: Person, name: str, words: str) -> list[SeenMessage]:
    await person.wait_for(lambda p: any(words in m.text for m in p.messages))
    return [m for m in await person.channel(name) if words in m.text]


async def _ledger(tour: Tour, demo: Demo, title: str) -> dict[str, int]:
    async with demo.bot.store.read() as queries:
        accounts = await queries.balances(sample.TEAM)
        grants = await queries.grants(sample.TEAM, sample.ANNA)
    lines = [f"{grant.label:<28}{grant.balance / 100:>8.2f}" for grant in grants]
    held = sum(amount for name, amount in accounts.items() if name.startswith("session:"))
    lines.append(f"{'held for booked sessions':<28}{held / 100:>8.2f}")
    lines.append(f"{'forfeited':<28}{accounts.get('forfeited', 0) / 100:>8.2f}")
    lines.append(f"{'issued':<28}{accounts.get('issued', 0) / 100:>8.2f}")
    tour.show(f"{title} (Anna's grants, in credits)", lines)
    tour.promise("all accounts sum to zero", sum(accounts.values()) == 0)
    return {**{grant.label: grant.balance for grant in grants}, "forfeited": accounts.get("forfeited", 0)}


def _compare(tour: Tour, before: dict[str, int], after: dict[str, int]) -> None:
    package = after[sample.PACKAGE] - before[sample.PACKAGE]
    credits = after["Welcome credits"] - before["Welcome credits"]
    tour.promise("3 credits came back to the package: two in time, one refunded anyway", package == 300)
    tour.promise("0.25 credits came back to the grant that paid: half of 0.5", credits == 25)
    tour.promise("0.25 credits are forfeited", after["forfeited"] - before["forfeited"] == 25)
