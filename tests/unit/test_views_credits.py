"""Dialogs and messages about credits: within Slack's limits, pinging nobody, and amounts read as people type them."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from coaching.actions.credits import HISTORY_PAGE, Account, History
from coaching.actions.packages import Catalogue
from coaching.credits import Grant, TransferKind
from coaching.news.announcement import Announcement
from coaching.news.credits import Expiring, Granted
from coaching.packages import CREDITS, CatalogPackage, Holder, Holding, Movement, Pool, Turn
from coaching.records import Viewer
from coaching.sessions import Money, Person
from coaching.workspace import SessionType, Settings
from handlers.amounts import credits_typed, money_text, money_typed
from handlers.ids import Block
from handlers.inputs import BadInput
from handlers.views.credit_forms import expiry_form, give_form, given_words, take_back_form
from handlers.views.credit_history import history_view
from handlers.views.credits import credits_view
from handlers.views.news import render
from handlers.views.packages import catalogue_view, package_form, pool_form
from language.say import IN_ENGLISH, say_for
from playground.blocks import check_blocks
from playground.mrkdwn import message_pings
from playground.whole_views import check_view
from tests.handlers.samples import CARLA, NOW, VIEWER

DAY = timedelta(days=1)
NASTY = "*<!channel> & `co` ~" + "x" * 80
ADMIN = Viewer(Person("U0ADMIN", NASTY, time_zone="Asia/Kathmandu"), is_coach=False, is_admin=True)
POOL = Pool(id="p" * 28, name=NASTY, contact=CARLA, members=tuple(Person(f"U{n}", NASTY) for n in range(100)), size=100)
MONEY = Money(123_450, "USD")


def holding(n: int = 0, *, pool: bool = False, balance: int = 10_000_000) -> Holding:
    grant = Grant(f"{n:096d}", NASTY, balance, 1000, NOW + DAY * (n + 1), NASTY, "k", NASTY if pool else None)
    return Holding(
        grant=grant,
        holder=Holder(pool_id="p") if pool else Holder("U0ANNA"),
        issued=balance,
        granted_at=NOW,
        granted_by=ADMIN.person,
        money=MONEY,
        note="<@U0ANNA> " + "y" * 490,
    )


def account(viewer: Viewer, *, pool: bool = False, many: int = 60) -> Account:
    return Account(
        viewer=viewer,
        holder=Holder(pool_id=POOL.id) if pool else Holder(viewer.person.id),
        subject=None if pool else viewer.person,
        pool=POOL if pool else None,
        holdings=[holding(n, pool=n % 2 == 0) for n in range(many)],
        looks_after=[] if pool else [POOL] * 20,
        settings=Settings(support_contact=NASTY),
        now=NOW,
    )


def history(viewer: Viewer, *, pool: bool) -> History:
    moves = [
        Movement(
            at=NOW,
            kind=list(TransferKind)[n % len(TransferKind)],
            amount=10_000_000,
            change=(-1) ** n * 10_000_000,
            label=NASTY,
            balance=10**11 if pool or n % 2 else None,
            pool=NASTY,
            who=ADMIN.person,
            session_type=NASTY,
            coach=Person("U0C", NASTY),
            starts_at=NOW + DAY * n,
        )
        for n in range(HISTORY_PAGE)
    ]
    return History(
        viewer=viewer,
        holder=Holder(pool_id=POOL.id) if pool else Holder(viewer.person.id),
        subject=None if pool else viewer.person,
        pool=POOL if pool else None,
        movements=moves,
        newer=Turn(NOW, 10**6, "k" * 255, 10**11, newer=True),
        older=Turn(NOW, 10**6, "k" * 255, 10**11),
        now=NOW,
        looks_after=[] if pool else [POOL] * 20,
    )


PACKAGE = CatalogPackage(
    id="k", name=NASTY, type_id="t", session_type=NASTY, unit=100, sessions=1000, valid_days=3660, money=MONEY
)
CATALOGUE = Catalogue(
    viewer=ADMIN,
    packages=[replace(PACKAGE, id=f"k{n}") for n in range(120)],
    pools=[replace(POOL, id=f"p{n}") for n in range(120)],
    types=[SessionType(f"t{n}", NASTY, timedelta(minutes=50), 100) for n in range(120)],
    all_packages=120,
    all_pools=120,
)
EMPTY = Catalogue(viewer=ADMIN, packages=[], pools=[], types=[], all_packages=0, all_pools=0)


@pytest.mark.parametrize(
    "view",
    [
        *(credits_view(account(viewer, pool=pool), done=NASTY) for viewer in (VIEWER, ADMIN) for pool in (True, False)),
        credits_view(account(VIEWER, many=0)),
        credits_view(account(ADMIN, pool=True, many=0)),
        *(history_view(history(viewer, pool=pool)) for viewer in (VIEWER, ADMIN) for pool in (True, False)),
        give_form(EMPTY, None),
        give_form(CATALOGUE, None),
        give_form(CATALOGUE, account(ADMIN, pool=True)),
        catalogue_view(CATALOGUE),
        package_form(None, CATALOGUE.types, IN_ENGLISH),
        take_back_form(holding(), account(ADMIN)),
        expiry_form(holding(pool=True), account(ADMIN, pool=True)),
        catalogue_view(EMPTY),
        pool_form(None, IN_ENGLISH),
        pool_form(POOL, IN_ENGLISH),
        package_form(PACKAGE, (), IN_ENGLISH),
    ],
)
def test_every_dialog_fits_slacks_limits(view: dict[str, Any]) -> None:
    assert check_view(json.loads(json.dumps(view)), "modal") == []


@pytest.mark.parametrize("pool", [True, False])
def test_news_of_credits_fits_and_pings_nobody(pool: bool) -> None:
    told: list[Announcement] = [
        Granted(viewer=VIEWER, settings=Settings(), holding=holding(pool=pool), now=NOW),
        Expiring(viewer=VIEWER, settings=Settings(), holdings=[holding(n, pool=pool) for n in range(200)], now=NOW),
    ]
    for announcement in told:
        message = render(announcement)
        assert check_blocks(json.loads(json.dumps(message["blocks"])), "message") == []
        assert message_pings(message["text"], message["blocks"]) == []
        assert "soon" in message["text"] or "got 100,000 credits" in message["text"]


def body(block: Block, text: str) -> dict[str, Any]:
    return {"view": {"state": {"values": {block: {"input": {"value": text}}}}}}


@pytest.mark.parametrize(
    ("text", "cents", "currency"),
    [
        ("900 USD", 90_000, "USD"),
        ("1,200.50 usd", 120_050, "USD"),
        ("EUR 99.5", 9_950, "EUR"),
        ("900,50 USD", 90_050, "USD"),
        ("1.200,50 EUR", 120_050, "EUR"),
        ("1,000 USD", 100_000, "USD"),
        ("500JPY", 500, "JPY"),
        ("0 GBP", 0, "GBP"),
    ],
)
def test_money_is_read_in_minor_units_and_written_back(text: str, cents: int, currency: str) -> None:
    money = money_typed(body(Block.CREDIT_PAID, text), Block.CREDIT_PAID, IN_ENGLISH)
    assert money == Money(cents, currency)
    again = money_text(money)
    assert money_typed(body(Block.CREDIT_PAID, again or ""), Block.CREDIT_PAID, IN_ENGLISH) == money


@pytest.mark.parametrize(
    "text", ["900", "-5 USD", "1.234 USD", "5.5 JPY", "5 XQX", "USD 5 EUR", "1e9 USD", "900 XXX", "5 XAU"]
)
def test_money_without_a_known_currency_or_with_odd_digits_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        money_typed(body(Block.CREDIT_PAID, text), Block.CREDIT_PAID, IN_ENGLISH)


@pytest.mark.parametrize("name", ["en-US", "en-GB", "de-DE", "es-ES", "fr-FR", "pt-BR", "ja-JP"])
@pytest.mark.parametrize(
    "money", [Money(123_450, "EUR"), Money(99, "GBP"), Money(90_000, "BRL"), Money(5_000_000, "INR")]
)
def test_a_price_is_read_back_as_it_is_shown(name: str, money: Money) -> None:
    say = say_for(name)
    shown = say.money(money.cents, money.currency)
    assert money_typed(body(Block.CREDIT_PAID, shown), Block.CREDIT_PAID, say) == money


def test_a_mark_means_the_currency_that_it_means_to_the_reader() -> None:
    assert money_typed(body(Block.CREDIT_PAID, "￥5,000"), Block.CREDIT_PAID, say_for("ja-JP")) == Money(5000, "JPY")
    assert money_typed(body(Block.CREDIT_PAID, "us$ 5"), Block.CREDIT_PAID, say_for("pt-BR")) == Money(500, "USD")
    for name in ("en-US", "es-LA"):
        with pytest.raises(BadInput, match="several currencies are written with"):
            money_typed(body(Block.CREDIT_PAID, "$900"), Block.CREDIT_PAID, say_for(name))


def test_credits_are_read_and_an_empty_field_is_none() -> None:
    assert credits_typed(body(Block.CREDIT_AMOUNT, " 2.25 "), Block.CREDIT_AMOUNT) == 225
    assert credits_typed(body(Block.CREDIT_AMOUNT, ""), Block.CREDIT_AMOUNT) is None


@pytest.mark.parametrize(
    ("text", "hundredths"),
    [
        ("1,5", 150),
        ("1.5", 150),
        ("0,25", 25),
        ("1,000", 100_000),
        ("1,000.5", 100_050),
        ("1.000,5", 100_050),
        (".5", 50),
    ],
)
def test_credits_are_read_with_a_point_or_a_comma(text: str, hundredths: int) -> None:
    assert credits_typed(body(Block.CREDIT_AMOUNT, text), Block.CREDIT_AMOUNT) == hundredths


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("two", "a number of credits"),
        ("1e99", "a number of credits"),
        ("1,5,5", "a number of credits"),
        ("1,2345", "a number of credits"),
        ("0,001", "too fine"),
        ("1.005", "too fine"),
        ("1,000,001", "too much"),
        ("0", "too little: 0.01 or more"),
        ("-1", "too little: 0.01 or more"),
        ("-" + "9" * 30, "too little: 0.01 or more"),
        ("9" * 30 + ".999", "too much"),
    ],
)
def test_refused_credits_say_what_is_wrong_with_them(text: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        credits_typed(body(Block.CREDIT_AMOUNT, text), Block.CREDIT_AMOUNT)


def test_credits_that_are_no_package_have_no_label_in_the_news_of_them() -> None:
    def news(label: str, expires: bool = True) -> str:
        held = holding()
        grant = replace(held.grant, label=label, session_type=None, expires_at=NOW + DAY if expires else None)
        told = Granted(viewer=VIEWER, settings=Settings(), holding=replace(held, grant=grant), now=NOW)
        return str(render(told)["text"])

    assert "Credits" not in news(CREDITS)
    assert "Leadership 10-pack" in news("Leadership 10-pack")
    assert "Times are in Eastern Time" in news(CREDITS)
    assert "Times are in" not in news(CREDITS, expires=False)


def test_what_was_given_is_named_only_where_it_has_a_name() -> None:
    held = holding(balance=300)
    plain = replace(held, grant=replace(held.grant, label=CREDITS))
    named = replace(held, grant=replace(held.grant, label="Ten"))
    assert given_words(plain, "Anna", IN_ENGLISH) == "Given: 3 credits. We tell Anna."
    assert given_words(named, "Anna", IN_ENGLISH) == "Given: 3 credits, Ten. We tell Anna."


def test_a_package_has_at_least_one_session_and_one_day() -> None:
    inputs = [block.get("element", {}) for block in package_form(PACKAGE, (), IN_ENGLISH)["blocks"]]
    assert [one["min_value"] for one in inputs if one.get("type") == "number_input"] == ["1", "1"]
