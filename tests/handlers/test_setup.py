"""Set-up by admins: coaches, terms, preferences, admins."""

from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from coaching.actions import plans, upkeep
from coaching.news.admins import COPIES, channel_trouble, channel_trouble_key
from coaching.quiet import QuietHours
from coaching.stakeholders import NewsOf
from handlers.ids import Block
from playground.person import Person, PersonError
from tests.handlers.conftest import NEWCOMER, Stage
from tests.handlers.setting_up import H, coaches, in_set_up, settings, shown, types
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE
from tests.words import tagged


@pytest.fixture
async def ada(stage: Stage) -> Person:
    return await in_set_up(stage)


async def test_the_set_up_shows_what_is_set(ada: Person) -> None:
    assert "Carla Coach" in shown(ada)
    assert "alerts by direct message" in shown(ada)
    assert "Cancel at least 24 hours before the start and everything that was paid comes back." in shown(ada)
    assert "Reminders: 24 hours and 2 hours before free cancellation ends." in shown(ada)


async def test_only_admins_get_in(stage: Stage) -> None:
    boris = stage.person(BORIS)
    await boris.command("/sessions setup")
    assert boris.modal is None
    assert "Only admins can do that" in (await boris.dms())[-1].text


async def test_a_coach_is_added_with_a_channel_and_the_dialog_shows_them_by_name(stage: Stage, ada: Person) -> None:
    await ada.click("Add coach")
    await ada.fill("Coach", NEWCOMER)
    await ada.fill("Alert channel", "C0COACH")
    await ada.submit()
    assert len(ada.modals) == 1
    assert "Nora New" in shown(ada)
    assert (await coaches(stage))[NEWCOMER] == "C0COACH"


async def test_a_coachs_channel_changes_and_a_coach_is_removed(stage: Stage, ada: Person) -> None:
    await ada.choose("Edit", near="Otto Other")
    await ada.fill("Alert channel", "C0COACH")
    await ada.submit()
    assert (await coaches(stage))[OTHER_COACH] == "C0COACH"
    await ada.choose("Remove", near="Otto Other")
    assert "Remove Otto Other from the coaches?" in shown(ada)
    await ada.submit()
    assert list(await coaches(stage)) == [COACH]
    assert "Otto Other" not in shown(ada)


async def test_a_channel_that_an_admin_cannot_see_stays_unless_they_choose_direct_messages(
    stage: Stage, ada: Person
) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        await uow.coaches.save(COACH, "C0SECRET")
        await uow.commit()
    await ada.choose("Edit", near="Carla Coach")
    assert "Alerts go to #C0SECRET now." in shown(ada)
    await ada.fill("Another alert channel", None)
    await ada.submit()
    assert (await coaches(stage))[COACH] == "C0SECRET"
    await ada.choose("Edit", near="Carla Coach")
    await ada.fill("Another alert channel", "C0COACH")
    await ada.submit()
    assert (await coaches(stage))[COACH] == "C0COACH"
    await ada.choose("Edit", near="Carla Coach")
    await ada.tick("Alerts by direct message instead")
    await ada.submit()
    assert (await coaches(stage))[COACH] is None
    await ada.choose("Edit", near="Carla Coach")
    assert "Alerts go to" not in shown(ada)
    assert "Alerts by direct message instead" not in shown(ada)


async def test_adding_somebody_who_is_a_coach_already_keeps_their_channel(stage: Stage, ada: Person) -> None:
    await ada.click("Add coach")
    await ada.fill("Coach", COACH)
    await ada.submit()
    assert (await coaches(stage))[COACH] == "C0COACH"


async def test_a_channel_and_direct_messages_at_once_are_refused_at_their_field(stage: Stage, ada: Person) -> None:
    await ada.choose("Edit", near="Carla Coach")
    await ada.tick("Alerts by direct message instead")
    await ada.fill("Another alert channel", "C0COACH")
    assert (await ada.submit())["outcome"] == "errors"
    assert "Choose one of the two: another channel, or direct messages." in shown(ada)
    assert (await coaches(stage))[COACH] == "C0COACH"


async def test_a_channel_that_somebody_set_meanwhile_is_not_taken_away(stage: Stage, ada: Person) -> None:
    await ada.choose("Edit", near="Carla Coach")
    async with stage.store.write(WORKSPACE) as uow:
        await uow.coaches.save(COACH, "C0SECRET")
        await uow.commit()
    await ada.tick("Alerts by direct message instead")
    assert (await ada.submit())["outcome"] == "errors"
    assert "The channel is another one by now; close this and open it again." in shown(ada)
    assert (await coaches(stage))[COACH] == "C0SECRET"


async def test_channels_that_took_nothing_say_what_to_do_until_they_are_changed(stage: Stage, ada: Person) -> None:
    now = stage.clock.now()
    async with stage.store.write(WORKSPACE) as uow:
        await uow.stakeholders.save(NewsOf.COACH, OTHER_COACH, ["C0COPIES"])
        await uow.notices.tell_admins(channel_trouble(COACH, "C0COACH", "is_archived", now))
        copies = channel_trouble(OTHER_COACH, "C0COPIES", "not_in_channel", now)
        await uow.notices.tell_admins(replace(copies, dedupe_key=channel_trouble_key(COPIES, "C0COPIES", now)))
        await uow.commit()
    await ada.command("/sessions setup")
    assert "The channel took no alert on Mon, Nov 16. It is archived." in shown(ada)
    assert "#C0COPIES took no copy on Mon, Nov 16. I am not in it. Type /invite @Sessions" in shown(ada).replace(
        "`", ""
    )
    await ada.choose("Edit", near="Carla Coach")
    await ada.tick("Alerts by direct message instead")
    await ada.submit()
    assert "took no alert" not in shown(ada)
    stage.clock.advance(timedelta(days=15))
    await ada.command("/sessions setup")
    assert "took no copy" not in shown(ada), "Slack's answer is too old to be its last"


async def test_preferences_are_saved(stage: Stage, ada: Person) -> None:
    await ada.click("Edit", near="Reminders and contact")
    await ada.fill("Reminders before free cancellation ends", "3d, 90m")
    await ada.choose("Keep them in the details")
    await ada.fill("Support contact", "help@example.com")
    await ada.submit()
    saved = await settings(stage)
    assert saved.reminder_offsets == (72 * H, 1.5 * H)
    assert not saved.reason_in_channel
    assert saved.support_contact == "help@example.com"
    assert "Support contact: help@example.com" in shown(ada)


@pytest.mark.plain  # It has languages of its own.
async def test_the_language_of_channels_is_chosen_among_those_that_are_spoken_by_their_own_names(
    stage: Stage, tmp_path: Path
) -> None:
    tagged.write(tmp_path / "before", "de", "en_001", "pt_BR")
    with tagged.speaking(tmp_path / "before"):
        ada = stage.person(ADMIN)
        await ada.command("/sessions setup")
        assert "Language of channels and copies: English (US)" in shown(ada)
        await ada.click("Edit", near="Reminders and contact")
        assert ada.modal is not None
        [menu] = [block["element"] for block in ada.modal.blocks if block.get("block_id") == Block.LANGUAGE]
        names = [option["text"]["text"] for option in menu["options"]]
        assert names == ["English (US)", "Deutsch", "English (UK)", "Português (Brasil)"]
        await ada.choose("Português (Brasil)")
        await ada.submit()
        assert "Language of channels and copies: Português (Brasil)" in shown(ada)
        assert (await settings(stage)).language == "pt_BR"
    # Nobody speaks it any more: what is shown is what happens.
    with tagged.speaking(tmp_path / "after"):
        await ada.command("/sessions setup")
        assert "Language of channels and copies: English (US)" in shown(ada)


@pytest.mark.plain  # It has languages of its own.
async def test_a_language_that_ceased_to_be_spoken_while_the_form_was_open_is_refused_at_its_field(
    stage: Stage, tmp_path: Path
) -> None:
    tagged.write(tmp_path / "before", "de")
    ada = stage.person(ADMIN)
    with tagged.speaking(tmp_path / "before"):
        await ada.command("/sessions setup")
        await ada.click("Edit", near="Reminders and contact")
        await ada.choose("Deutsch")
    with tagged.speaking(tmp_path / "after"):
        assert (await ada.submit())["outcome"] == "errors"
    assert "That language is not spoken here any more; choose another one." in shown(ada)
    assert (await settings(stage)).language is None


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("soon", "Write the times like “24 hours, 2 hours, 30 minutes”, separated by commas."),
        ("1h,2h,3h,4h,5h,6h", "At most 5 reminders"),
        ("0m", "A reminder comes"),
    ],
)
async def test_odd_reminders_are_told_at_their_field(stage: Stage, ada: Person, typed: str, said: str) -> None:
    await ada.click("Edit", near="Reminders and contact")
    await ada.fill("Reminders before free cancellation ends", typed)
    assert (await ada.submit())["outcome"] == "errors"
    assert said in shown(ada)


@pytest.mark.plain  # It is told in German.
async def test_times_are_typed_and_shown_in_the_language_of_the_admin(stage: Stage) -> None:
    ada = stage.person(ADMIN)
    await ada.home()
    published = (await ada.get("changes", since=2**60))["seq"]
    await ada.use("de-DE")
    await ada.wait_for_event(lambda event: event["type"] == "home_published", since=published)
    await ada.command("/sessions setup")
    await ada.click("Bearbeiten", near="Erinnerungen und Ansprechpartner")
    assert "24 Stunden, 2 Stunden" in shown(ada)
    await ada.fill("Erinnerungen vor Ende der kostenlosen Absage", "1 Tag und 1,5 Std.")
    await ada.fill("Ruhezeiten", "22 Uhr bis 8 Uhr")
    await ada.submit()
    saved = await settings(stage)
    assert saved.reminder_offsets == (24 * H, 1.5 * H)
    assert saved.quiet_hours == QuietHours(time(22), time(8))


async def test_undo_quiet_hours_and_the_reminder_before_the_start_are_settings(stage: Stage, ada: Person) -> None:
    assert "One more comes 1 hour before the start." in shown(ada)
    await ada.click("Edit", near="Reminders and contact")
    await ada.fill("Minutes before the start for one more reminder", "30")
    await ada.fill("Quiet hours", "22 - 7:30")
    await ada.fill("Seconds in which a cancellation can be taken back", "120")
    await ada.submit()
    saved = await settings(stage)
    assert saved.undo_window == timedelta(seconds=120)
    assert saved.quiet_hours == QuietHours(time(22), time(7, 30))
    assert saved.start_reminder == H / 2
    assert "One more comes 30 minutes before the start. Quiet hours: 10:00 PM – 7:30 AM." in shown(ada)
    assert "A cancellation can be taken back for 120 seconds." in shown(ada)
    await ada.click("Edit", near="Reminders and contact")
    await ada.fill("Minutes before the start for one more reminder", None)
    await ada.fill("Quiet hours", None)
    await ada.fill("Seconds in which a cancellation can be taken back", "0")
    await ada.submit()
    saved = await settings(stage)
    assert (saved.undo_window, saved.quiet_hours, saved.start_reminder) == (timedelta(0), None, None)
    assert "Cancellations cannot be taken back." in shown(ada)


@pytest.mark.parametrize(
    ("label", "typed", "said"),
    [
        ("Quiet hours", "at night", "Write two times like 22:00–08:00"),
        ("Quiet hours", "25:00-8:00", "Write two times like 22:00–08:00"),
        ("Quiet hours", "8:00-8:00", "Quiet hours that begin when they end would be the whole day"),
    ],
)
async def test_odd_preferences_are_told_at_their_field(
    stage: Stage, ada: Person, label: str, typed: str, said: str
) -> None:
    before = await settings(stage)
    await ada.click("Edit", near="Reminders and contact")
    await ada.fill(label, typed)
    assert (await ada.submit())["outcome"] == "errors"
    assert said in shown(ada)
    assert await settings(stage) == before


@pytest.mark.parametrize("off", ["0", None])
async def test_none_is_how_the_reminder_before_the_start_and_the_word_about_expiry_are_turned_off(
    stage: Stage, ada: Person, off: str | None
) -> None:
    await ada.click("Edit", near="Reminders and contact")
    await ada.fill("Days before credits expire to say so", off)
    await ada.fill("Minutes before the start for one more reminder", off)
    await ada.submit()
    saved = await settings(stage)
    assert (saved.expiry_notice, saved.start_reminder) == (None, None)
    assert "No reminder before the start." in shown(ada)
    assert "Nobody is told before credits expire." in shown(ada)


@pytest.mark.parametrize(
    ("button", "label", "block"),
    [
        ("Edit", "Minutes before the start for one more reminder", Block.START_REMINDER),
        ("Edit", "Seconds in which a cancellation can be taken back", Block.UNDO_WINDOW),
        ("Edit", "Days before credits expire to say so", Block.EXPIRY_NOTICE),
        ("Add session type", "Minutes", Block.TYPE_MINUTES),
    ],
)
async def test_whole_numbers_are_asked_for_and_a_fraction_is_refused_rather_than_cut(
    stage: Stage, ada: Person, button: str, label: str, block: Block
) -> None:
    if button == "Edit":
        await ada.click("Edit", near="Reminders and contact")
    else:
        await ada.click(button)
        await ada.fill("Name", "Another")
    with pytest.raises(PersonError, match="only whole numbers"):
        await ada.fill(label, "30.5")
    await ada.fill(label, "30")
    await ada.submit()
    before = await settings(stage), await types(stage)
    payload = stage.last_payload()
    payload["trigger_id"] = "another"
    payload["view"]["id"] = "V0ANOTHER"
    payload["view"]["state"]["values"][block]["input"]["value"] = "1.5"
    answer = await stage.deliver(payload)
    assert "hole number" in str(answer)
    assert (await settings(stage), await types(stage)) == before


async def test_admins_are_named(stage: Stage, ada: Person) -> None:
    await ada.click("Edit", near="Admins")
    await ada.fill("Admins", [BORIS])
    await ada.submit()
    assert "Boris Novak" in shown(ada)
    boris = stage.person(BORIS)
    await boris.command("/sessions setup")
    assert boris.modal is not None


async def test_a_form_of_somebody_who_is_no_admin_any_more_changes_nothing(stage: Stage, ada: Person) -> None:
    await ada.click("Edit", near="Admins")
    await ada.fill("Admins", [BORIS])
    await ada.submit()
    payload = stage.last_payload()
    payload["user"]["id"] = COACH
    payload["trigger_id"] = "9.9.other"
    answer = (await stage.deliver(payload)).payload()
    assert "Only admins can do that" in str(answer)


async def test_every_coach_can_be_reached_however_many_there_are(stage: Stage) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        for n in range(165):
            who = "mail:" + f"{n:03}".rjust(200, "z") + "@example.com"
            await uow.coaches.save(who, None)
        await uow.commit()
    ada = stage.person(ADMIN)
    await ada.command("/sessions setup")
    assert "Coaches 1–50 of 167" in shown(ada)
    assert "‹ Earlier" not in (ada.modal.buttons if ada.modal else [])
    for _ in range(3):
        await ada.click("Later ›")
    assert "Coaches 151–167 of 167" in shown(ada)
    assert "Later ›" not in (ada.modal.buttons if ada.modal else [])
    await ada.choose("Remove", index=0)
    await ada.submit()
    assert len(await coaches(stage)) == 166
    await ada.click("Later ›")
    await ada.click("‹ Earlier")
    assert "Coaches 1–50 of 166" in shown(ada)


async def waiting(stage: Stage) -> list[timedelta]:
    """How long before the session's cutoff its reminders come."""
    async with stage.store.engines.reader.connect() as connection:
        rows = await connection.execute(
            text(
                "SELECT cutoff - due_at AS before FROM notices WHERE kind = 'reminder' AND state = 'pending' ORDER BY 1"
            )
        )
        return [timedelta(microseconds=row.before) for row in rows]


async def test_reminders_of_booked_sessions_follow_settings_and_clients_who_move(stage: Stage, ada: Person) -> None:
    await stage.world.grant()
    stage.clock.set(stage.clock.now().replace(hour=14, minute=0, second=0, microsecond=0))
    await stage.world.book(timedelta(days=4))  # free cancellation ends at 09:00 in New York
    await ada.click("Edit", near="Reminders and contact")
    await ada.fill("Reminders before free cancellation ends", "6h, 30h")
    await ada.fill("Quiet hours", "22:00-8:00")
    await ada.submit()
    assert await upkeep.run(stage.store, stage.clock, plans.replan_due) == 1
    assert await waiting(stage) == [11 * H, 35 * H]  # both would fall on 03:00: the evenings before
    user = {"id": ANNA, "tz": "Asia/Tokyo", "profile": {"display_name": "Anna Lee"}}
    event = {"type": "user_change", "user": user}
    body = {"type": "event_callback", "team_id": WORKSPACE, "event_id": "Ev22", "event": event}
    assert (await stage.deliver(body, "event")).status == 200
    assert await upkeep.run(stage.store, stage.clock, plans.replan_due) == 1
    assert await waiting(stage) == [6 * H, 30 * H]  # 17:00 in Tokyo
