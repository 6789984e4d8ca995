"""The way into a meeting: every view of a session offers it under the same conditions."""

from dataclasses import replace
from datetime import timedelta

import pytest

from coaching.sessions import Session, Status
from handlers.views.details import details_view
from handlers.views.kit import Json
from handlers.views.list import list_view
from handlers.views.news.sessions import client_buttons
from handlers.views.words import reader_for
from tests.handlers.samples import NOW, POLICY, VIEWER, details, page, session
from tests.unit.screens import META, elements, words

LINK = "https://meet.example.com/x"


def places(given: Session) -> list[bool]:
    """Return whether the list, the details and a message offer to join a session."""
    [menu] = elements(list_view(page([given]), META), "session_menu")
    message = {"blocks": [{"elements": client_buttons(given, POLICY, reader_for(VIEWER, [], NOW))}]}
    shown: list[Json] = [menu, details_view(details(given), META), message]
    return ["Join" in words(view).split("\n") for view in shown]


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize(("minutes", "on"), [(-90, False), (-10, True), (10, True)])
def test_a_meeting_is_offered_everywhere_until_it_is_over_or_off(status: Status, minutes: int, on: bool) -> None:
    starts_at = NOW + timedelta(minutes=minutes)
    given = session(1, meeting_link=LINK, status=status, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=50))
    assert places(given) == [on and status is Status.SCHEDULED] * 3


@pytest.mark.parametrize("link", [None, "javascript:alert(1)", "https://a b"])
def test_nothing_that_a_browser_would_not_open_is_offered(link: str | None) -> None:
    assert places(replace(session(1), meeting_link=link)) == [False] * 3
