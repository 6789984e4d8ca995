"""Pages of sessions in the App Home: those that a person takes, and those that they give."""

from typing import Protocol

from coaching.actions.browse import SessionPage
from coaching.actions.home import Home
from coaching.sessions import Hat
from handlers.ids import Action
from handlers.views.kit import Json, actions, button, section
from handlers.views.list import empty_words, number_of, schedule_button, sessions_of
from handlers.views.rows import joins_soon
from handlers.views.words import Reader


class Arranged(Protocol):
    """Arranges the sessions of a page."""

    def __call__(self, page: SessionPage, reader: Reader, *, calm: bool = False) -> list[Json]:
        """Return its blocks. `calm`: another part of the view has the natural way on."""
        ...


def page_of(
    home: Home, page: SessionPage, reader: Reader, action_id: Action, arranged: Arranged = sessions_of
) -> list[Json]:
    """Return a page of sessions in the Home. It is calm where another part of the Home has the primary button."""
    say, calm = reader.say, _leads(home, reader) is not page
    schedule = schedule_button(say, primary=page.bookable and not calm)
    if not page.rows:
        offer = page.bookable and page.hat is Hat.CLIENT
        words = section(empty_words(page, reader, home.settings.support_contact))
        return [words, *([actions([schedule], block_id="home:schedule")] if offer else [])]
    every = say("Show all ({n})", n=number_of(page, say)) if page.later else say("Show as list")
    row = [button(every, action_id)]
    if any(item.blocked is None for item in page.rows):
        row.append(button(say("Cancel several…"), Action.CANCEL_OPEN, str(page.hat)))
    if page.hat is Hat.CLIENT:
        row.append(schedule)
    # One block id per hat, because both parts of the Home have the same buttons.
    return [actions(row, block_id=f"home:{page.hat}"), *arranged(page, reader, calm=calm)]


def _leads(home: Home, reader: Reader) -> SessionPage | None:
    """Return the part of the Home that has its one primary button: where a session is joined first, or booked.

    None: it is the set-up's.
    """
    if home.staff is not None and not home.staff.coaches:
        return None
    pages = [page for page in (home.upcoming, home.coaching) if page is not None]
    joined = [page for page in pages if page.rows and joins_soon(page.rows[0], reader)]
    return min(joined, key=lambda page: page.rows[0].session.starts_at) if joined else home.upcoming
