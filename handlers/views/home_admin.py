"""The admin's part of the App Home."""

from coaching.actions.home import Home
from handlers.ids import Action
from handlers.views.kit import Json, button, divider, section
from handlers.views.words import Reader


def admin_part(home: Home, reader: Reader) -> list[Json]:
    """Return what admins see above everything else: nothing for other people."""
    staff, say = home.staff, reader.say
    if staff is None:
        return []
    button_ = button(say("Set up"), Action.HOME_SETUP, style=None if staff.coaches else "primary")
    if not staff.coaches:
        text = say(
            "*Welcome!* No coaches are named yet. Set up coaches, their alert channels and your cancellation terms; "
            "then bring your sessions in with the import ({command}).",
            command="`python -m bot import FILE.csv`",
        )
    else:
        number = say.plural("{n} coach is set up.", "{n} coaches are set up.", staff.coaches)
        text = say.sentences(say("*You are an admin.*"), number)
        if staff.idle:
            names = say.listed(map(reader.name, staff.without_hours), besides=staff.idle - len(staff.without_hours))
            none = say("No hours to book yet: {coaches}. Set them in the set-up, in each coach's menu.", coaches=names)
            text += f"\n{none}"
    return [section(text, button_), divider()]
