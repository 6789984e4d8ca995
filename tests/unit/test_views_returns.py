"""Where credits come back to, how much a decision adds, and whom to ask: the same words in dialogs and messages."""

import json
from typing import Any

from coaching.announcements import Receipt
from coaching.sessions import Hat, Package, Session
from coaching.workspace import Settings
from handlers.meta import Meta
from handlers.views.confirm import confirm_view
from handlers.views.details import details_view
from handlers.views.notices import render
from handlers.views.result import result_view
from tests.handlers.samples import NOW, VIEWER, canceled, details, ended, quoted, session

SETTINGS = Settings(support_contact="help@example.com")
POOLED = session(31, package=Package("Leadership 10-pack", 3, 10, "g", "Acme Leadership"))


def words(view: dict[str, Any]) -> str:
    return json.dumps(view, ensure_ascii=False)


def receipt(*given: Session) -> str:
    told = Receipt(viewer=VIEWER, settings=SETTINGS, sessions=[ended(s) for s in given], now=NOW)
    text = render(told)["text"]
    assert isinstance(text, str)
    return text


def test_what_a_pool_paid_comes_back_to_the_pool_in_the_confirmation_the_result_and_the_receipt() -> None:
    for hat in (Hat.CLIENT, Hat.COACH, Hat.ADMIN):
        view = words(confirm_view(quoted([POOLED], hat=hat), Meta()))
        assert "1 credit comes back to Acme Leadership's pool" in view
        assert "*1 credit* came back to Acme Leadership's pool" in words(result_view(canceled([POOLED], hat=hat)))
    assert "1 credit came back to Acme Leadership's pool." in receipt(POOLED)


def test_where_a_pool_paid_a_part_only_the_receipt_says_how_much() -> None:
    text = receipt(POOLED, session(32), session(33))
    assert "3 credits came back, to where they came from (1 credit to Acme Leadership's pool)." in text


def test_details_name_the_pool_of_a_package() -> None:
    text = words(details_view(details(POOLED), Meta()))
    assert "*Package:* Leadership 10-pack (Acme Leadership's pool) · 3 of 10" in text
