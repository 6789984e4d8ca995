"""The admin's scenes: terms with a preview, and the rules that check the books."""

from bot.demo import sample
from bot.demo.demo import Demo
from bot.demo.scenes.stage import Tour, modal, offered
from bot.doctor import database
from bot.doctor.channels import CHANNEL
from playground.person import Person
from storage.rules import SUBJECTS

NEW_TIERS = "100% until 48h\n25% until 24h"


async def terms(tour: Tour, dana: Person, anna: Person, ben: Person) -> None:
    """A session type gets terms of its own, with a preview. Booked sessions keep the terms they were booked under."""
    tour.scene("Dana gives leadership coaching terms of its own")
    await dana.command("/sessions setup")
    await dana.choose("Terms…", near=sample.LEADERSHIP, index=0)
    await dana.fill("What comes back until when", NEW_TIERS)
    await dana.click("Preview")
    tour.dialog("Dana", dana)
    tour.promise(
        "a preview says what a given session would return when", "0.25 credits come back (25%)" in modal(dana).text
    )
    await dana.submit()
    tour.promise("the set-up says whose terms count", "own terms" in modal(dana).text)
    await dana.close(everything=True)
    await anna.command("/sessions")
    await anna.choose("Details", near=sample.LEADERSHIP, index=0)
    tour.dialog("Anna", anna)
    tour.promise("a session under way keeps its own, and shows them", "at least 24 hours" in modal(anna).text)
    await anna.close(everything=True)
    await ben.command("/sessions book")
    await ben.choose("Carla Mendes", action_id="book_coach")
    kind = next(text for text in offered(ben, "book_type") if text.startswith(sample.LEADERSHIP))
    await ben.choose(kind, action_id="book_type")
    await ben.choose(offered(ben, "book_time")[0], action_id="book_time")
    tour.dialog("Ben", ben)
    tour.promise("a booking is shown the new ones before it is made", "at least 48 hours" in modal(ben).text)
    await ben.close(everything=True)


async def doctor(tour: Tour, demo: Demo) -> None:
    """Every rule of the doctor is checked on the data that this tour leaves behind."""
    tour.scene("At the end, the doctor looks at the tour's database")
    groups, _ = await database.look(demo.database_url, None, demo.clock.now(), str)
    marks = {True: "✗", False: "✓"}
    tour.show("python -m bot doctor", [f"{marks[bool(g.faults)]} {g.name:<11}{g.note}" for g in groups])
    found = [fault for group in groups for fault in group.faults]
    channels = [fault for fault in found if fault.id == CHANNEL]
    faults = [f"{fault.id}: {', '.join(fault.examples)}" for fault in found if fault.id != CHANNEL]
    if faults:
        tour.show("What is wrong", faults)
    rules = sum(len(some) for some in SUBJECTS.values())
    subjects = {group.name for group in groups}
    tour.promise(f"all {rules} rules hold", not faults and set(SUBJECTS) <= subjects)
    tour.show("And of channels", [words for one in channels for words in (one.what, one.advice)])
    named = [one.advice.startswith("It is archived: unarchive it") for one in channels]
    tour.promise("the archived channel is named, with what helps, and no other", named == [True])
