"""The admin's part of the App Home."""

from coaching.actions.home import Home
from coaching.business import WEEK, Staff
from handlers.ids import Action
from handlers.views.every import every_button
from handlers.views.first_steps import first_steps_part
from handlers.views.home_trouble import trouble_part
from handlers.views.kit import Json, actions, button, divider, section
from handlers.views.words import Reader


def admin_part(home: Home, reader: Reader) -> list[Json]:
    """Return what admins see above everything else: nothing for other people."""
    staff, say = home.staff, reader.say
    if staff is None:
        return []
    button_ = button(say("Set up"), Action.HOME_SETUP, style=None if staff.coaches or staff.first_steps else "primary")
    number = say.plural("{n} coach is set up.", "{n} coaches are set up.", staff.coaches)
    text = say.sentences(say("*You are an admin.*"), number if staff.coaches else None)
    if staff.coaches:
        text += f"\n{_week(staff, reader)}"
    look = [every_button(say)]
    if staff.coaches:
        look.append(button(say("Figures…"), Action.FIGURES))
    return [
        section(text, button_),
        *first_steps_part(staff.first_steps, home.settings.policy, reader),
        actions(look, block_id="home:every"),
        *trouble_part(staff, reader),
        divider(),
    ]


def _week(staff: Staff, reader: Reader) -> str:
    """Say what the present days bring."""
    say = reader.say
    days = say.duration(WEEK.days, "day")
    booked = say.plural("{n} session in the next {time}", "{n} sessions in the next {time}", staff.booked, time=days)
    if not staff.canceled:
        return booked
    return say.phrases(booked, say.plural("{n} canceled", "{n} canceled", staff.canceled))
