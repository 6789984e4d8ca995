"""No payload, however odd, makes parsing raise anything but BadRequest."""

import json
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching.errors import BadPolicy
from coaching.packages import Holder
from coaching.policy import Policy, TermsOf, TermsScope
from coaching.records import Scope
from coaching.sessions import Actor, Hat
from coaching.stakeholders import NewsOf
from handlers import amounts, numbers, parse, policies
from handlers.button_values import scope_of
from handlers.client_meta import NotesMeta
from handlers.ids import Block
from handlers.inputs import BadInput
from handlers.members import known
from handlers.meta import (
    BookingMeta,
    GrantMeta,
    HolderMeta,
    ItemMeta,
    LateMeta,
    Meta,
    NewsMeta,
    OfferMeta,
    PageMeta,
    TermsMeta,
)
from handlers.parse import BadRequest
from language.say import IN_ENGLISH

storable = st.characters(exclude_characters="\x00", codec="utf-8")
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
names = st.sampled_from(["client:s1", "details:client:s1", "x" * 5000, "", "sessions:0:0:0", "s1,s2"])


def mapping(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A mapping with these keys, each of them there or not, or something else altogether."""
    return st.fixed_dictionaries({}, optional=keys) | anything


option = mapping(value=anything | names)
held = mapping(
    value=anything | names,
    selected_option=option,
    selected_options=st.lists(option, max_size=3) | anything,
    selected_user=anything,
    selected_users=st.lists(anything, max_size=3) | anything,
)
meta = st.builds(
    lambda data: json.dumps(data),
    mapping(
        hat=anything | st.sampled_from(list(Hat)),
        subject=anything | names,
        scope=anything | st.sampled_from(list(Scope)),
        page=anything,
        draft=anything | names,
        round=anything,
        home=anything,
    ),
)
blocks = st.lists(
    mapping(block_id=anything | names, element=mapping(options=st.lists(option, max_size=3) | anything)), max_size=4
)
states = mapping(values=st.dictionaries(names | st.sampled_from(list(Block)), mapping(x=held), max_size=4) | anything)
bodies = st.fixed_dictionaries(
    {},
    optional={
        "team_id": anything,
        "team": mapping(id=anything),
        "enterprise": mapping(id=anything),
        "is_enterprise_install": anything,
        "user_id": anything,
        "user": mapping(id=anything),
        "event": mapping(user=anything),
        "trigger_id": anything,
        "actions": st.lists(mapping(action_ts=anything, value=anything | names, selected_option=option), max_size=2)
        | anything,
        "view": mapping(
            id=anything,
            hash=anything,
            type=anything,
            private_metadata=anything | meta | names,
            blocks=blocks | anything,
            state=states,
        ),
    },
)
READERS: dict[str, Callable[[Any], Any]] = {
    "actor": lambda body: parse.actor(body, {}),
    "request_key": parse.request_key,
    "trigger": parse.trigger,
    "value": parse.value,
    "menu": lambda body: parse.menu(parse.value(body)),
    "ids": lambda body: parse.ids(parse.value(body, 2000)),
    "meta": Meta.load,
    "draft_meta": Meta.load_dialog,
    "page": PageMeta.load,
    "offered": lambda body: parse.offered(body, Block.SESSIONS),
    "first_block": lambda body: parse.first_block(body, Block.SESSIONS),
    "typed_text": lambda body: parse.typed_text(body, Block.REASON, 3000),
    "chosen": lambda body: parse.chosen(body, Block.MODE),
    "picker": lambda body: parse.picker(body, Block.COACH, "selected_user"),
    "pickers": lambda body: parse.pickers(body, Block.ADMINS, "selected_users"),
    "view_id": parse.view_id,
    "surface": parse.surface,
    "booking_meta": BookingMeta.load,
    "late_meta": LateMeta.load,
    "item": ItemMeta.load_or_new,
    "holder": HolderMeta.load,
    "news": NewsMeta.load,
    "terms_meta": TermsMeta.load,
    "message": parse.message,
    "message_blocks": parse.message_blocks,
    "credits": lambda body: amounts.credits_typed(body, Block.REASON),
    "money": lambda body: amounts.money_typed(body, Block.REASON, IN_ENGLISH),
    "whole": lambda body: numbers.whole(parse.typed_text(body, Block.REASON, 255), Block.REASON, 10),
    "day": lambda body: amounts.day_picked(body, Block.REASON),
    "scope": lambda body: scope_of(parse.value(body)),
    "terms": lambda body: policies.policy_typed(policies.typed_in(body, 0), Policy(), IN_ENGLISH),
}


@pytest.mark.parametrize("reader", READERS)
def test_odd_payloads_raise_bad_request_and_nothing_else(reader: str) -> None:
    @given(bodies)
    def no_other_error(body: Any) -> None:
        try:
            READERS[reader](body)
        except (BadRequest, BadInput, BadPolicy):
            return

    no_other_error()


@given(anything | mapping(id=anything, profile=mapping(email=anything, real_name=anything), is_admin=anything))
def test_odd_user_objects_are_nobody_or_somebody(user: Any) -> None:
    found = known(user, "T1")
    person = found.person if found else None
    assert person is None or person.id


@given(
    st.builds(
        Meta,
        hat=st.sampled_from([Hat.CLIENT, Hat.COACH, Hat.ADMIN]),
        subject=st.text(storable, min_size=1, max_size=64),
        scope=st.sampled_from(list(Scope)),
        page=st.integers(0, 10_000),
        draft=st.text(storable, max_size=64),
        round=st.integers(0, 10_000),
        home=st.booleans(),
    )
)
def test_what_a_view_remembers_comes_back_as_it_was(written: Meta) -> None:
    assert Meta.load({"view": {"private_metadata": written.dump()}}) == written


@pytest.mark.parametrize(
    "written",
    [
        BookingMeta(hat=Hat.ADMIN, subject="U1", session="s1", rebooks="s0", seal="x", round=2, home=True),
        LateMeta(ids=("s1", "Ü,“2”"), action="a1", record="s1", under="V1", home=True, later=True),
        LateMeta(),
        LateMeta(client="U1", under="V1"),
        NotesMeta(client="U1", session="s1", note="n1", page=2, round=3, under="V1", beneath="V2", home=True),
        PageMeta(12),
        NewsMeta(NewsOf.TYPE, "t:1"),
        TermsMeta(3, TermsScope(TermsOf.PACKAGE, "p:1")),
        TermsMeta(0, TermsScope(TermsOf.WORKSPACE)),
        ItemMeta("U1"),
        GrantMeta("g" * 96),
        OfferMeta("p" * 64),
        HolderMeta(Holder(client_id="mail:anna:1@example.com")),
        HolderMeta(Holder(pool_id="p1")),
        HolderMeta(None),
    ],
    ids=repr,
)
def test_whatever_a_view_remembers_comes_back_as_it_was(written: Any) -> None:
    assert type(written).load({"view": {"private_metadata": written.dump()}}) == written


@pytest.mark.parametrize(
    ("stored", "meant"),
    [
        ("U1", ItemMeta("U1")),
        ("grant:1", GrantMeta("grant:1")),
        ("p1", OfferMeta("p1")),
        ("client:U1", HolderMeta(Holder(client_id="U1"))),
        ("pool:p1", HolderMeta(Holder(pool_id="p1"))),
        ("type:t1", NewsMeta(NewsOf.TYPE, "t1")),
        ("2:package:p1", TermsMeta(2, TermsScope(TermsOf.PACKAGE, "p1"))),
        ("7", PageMeta(7)),
    ],
    ids=repr,
)
def test_a_view_that_was_open_before_an_update_is_understood_after_it(stored: str, meant: Any) -> None:
    assert type(meant).load({"view": {"private_metadata": stored}}) == meant


@pytest.mark.parametrize("kind", [ItemMeta, GrantMeta, OfferMeta])
def test_a_form_is_about_an_id_that_its_kind_can_have_and_a_new_one_about_none(kind: type[ItemMeta]) -> None:
    assert kind.load_or_new({"view": {"private_metadata": kind("").dump()}}) == kind("")
    for odd in ("", "x" * (kind.MOST + 1), 1):
        with pytest.raises(BadRequest):
            kind.load({"view": {"private_metadata": odd}})


@pytest.mark.parametrize("odd", ["client:", "person:U1", "pool", "client:" + "x" * 300, 1])
def test_credits_of_nobody_are_refused(odd: object) -> None:
    with pytest.raises(BadRequest):
        HolderMeta.load({"view": {"private_metadata": odd}})


@pytest.mark.parametrize("field", [field.name for field in fields(LateMeta)])
def test_a_view_that_forgot_something_is_refused(field: str) -> None:
    kept = json.loads(LateMeta(ids=("s1",), action="a1").dump())
    del kept[field]
    with pytest.raises(BadRequest):
        LateMeta.load({"view": {"private_metadata": json.dumps(kept)}})


def test_the_process_says_which_workspace_it_is() -> None:
    body = {"team_id": "T1", "user_id": "U1"}
    assert parse.actor(body, {"workspace_id": "E1"}) == Actor("E1", "U1")
    assert parse.actor(body, {}) == Actor("T1", "U1")


def test_an_enterprise_install_is_one_workspace() -> None:
    body = {"team": {"id": "T1"}, "enterprise": {"id": "E1"}, "is_enterprise_install": True, "user": {"id": "U1"}}
    assert parse.actor(body, {}) == Actor("E1", "U1")


def test_a_tick_that_was_not_offered_is_refused() -> None:
    view = {
        "blocks": [{"block_id": "sessions:0:0:0", "element": {"options": [{"value": "s1"}]}}],
        "state": {"values": {"sessions:0:0:0": {"x": {"selected_options": [{"value": "s2"}]}}}},
    }
    with pytest.raises(BadRequest):
        parse.offered({"view": view}, Block.SESSIONS)


def test_a_request_without_any_of_slacks_names_is_named_by_its_content() -> None:
    body = {"type": "view_submission", "user": {"id": "U1"}, "view": {"id": "V1", "state": {"values": {}}}}
    other = {**body, "view": {"id": "V2", "state": {"values": {}}}}
    assert parse.request_key(body) == parse.request_key(dict(reversed(body.items())))
    assert parse.request_key(body) != parse.request_key(other)
    assert len(parse.request_key(body)) <= parse.MAX_KEY
