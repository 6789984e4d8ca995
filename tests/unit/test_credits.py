"""Credits: nothing is lost in rounding, nothing is returned twice, and the first to expire pays."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching.credits import (
    Grant,
    Part,
    Transfer,
    TransferKind,
    package_grant,
    parse_credits,
    payers,
    plan_spend,
    share,
    split_part,
    split_refund,
)
from coaching.errors import NotEnoughCredits

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
payments = st.lists(st.integers(1, 10_000), max_size=12).map(lambda a: [Part(f"g{i:02d}", n) for i, n in enumerate(a)])
percents = st.integers(0, 100)
grants = st.lists(
    st.tuples(st.integers(0, 500), st.none() | st.integers(-48, 48), st.sampled_from([None, "Coaching", "Review"])),
    max_size=8,
).map(lambda rows: [
    Grant(f"g{i}", "Credits", balance, 5, None if hours is None else NOW + timedelta(hours=hours), kind)
    for i, (balance, hours, kind) in enumerate(rows)
])  # fmt: skip


@given(amount=st.integers(0, 10**9), percent=percents)
def test_a_share_is_exact_or_rounded_for_the_client_by_less_than_a_hundredth(amount: int, percent: int) -> None:
    assert 0 <= share(amount, percent) * 100 - amount * percent < 100
    assert share(amount, percent) <= amount


@given(payments=payments, percent=percents)
def test_a_split_refund_is_exactly_the_share_and_no_grant_gets_more_than_it_paid(
    payments: list[Part], percent: int
) -> None:
    back = {part.grant_id: part.amount for part in split_refund(payments, percent)}
    assert sum(back.values()) == share(sum(p.amount for p in payments), percent)
    for paid in payments:
        assert 0 <= back.get(paid.grant_id, 0) <= paid.amount
    assert 0 not in back.values()


@given(payments=payments, data=st.data())
def test_a_part_goes_back_exactly_and_no_grant_gets_more_than_it_forfeited(
    payments: list[Part], data: st.DataObject
) -> None:
    amount = data.draw(st.integers(0, sum(p.amount for p in payments)))
    back = {part.grant_id: part.amount for part in split_part(payments, amount)}
    assert sum(back.values()) == amount
    for lost in payments:
        assert 0 <= back.get(lost.grant_id, 0) <= lost.amount
    assert 0 not in back.values()
    assert split_part(payments, sum(p.amount for p in payments)) == payments


def test_half_a_credit_of_two_grants_is_shared_by_what_each_forfeited() -> None:
    assert split_part([Part("a", 25), Part("b", 75)], 50) == [Part("a", 13), Part("b", 37)]


@pytest.mark.parametrize("amount", [-1, 101])
def test_no_more_than_was_forfeited_can_go_back(amount: int) -> None:
    with pytest.raises(ValueError, match="cannot go back"):
        split_part([Part("a", 100)], amount)


@given(grants=grants, price=st.integers(0, 1500))
def test_spending_takes_exactly_the_price_from_usable_grants_or_nothing(grants: list[Grant], price: int) -> None:
    usable = {
        g.id: g.balance
        for g in grants
        if g.balance and (g.expires_at is None or g.expires_at > NOW) and g.session_type != "Review"
    }
    if sum(usable.values()) < price:
        with pytest.raises(NotEnoughCredits) as refused:
            plan_spend(grants, price, "Coaching", NOW)
        assert (refused.value.price, refused.value.available) == (price, sum(usable.values()))
        return
    parts = plan_spend(grants, price, "Coaching", NOW)
    assert sum(p.amount for p in parts) == price
    assert all(0 < p.amount <= usable[p.grant_id] for p in parts)
    assert all(p.amount == usable[p.grant_id] for p in parts[:-1])


def test_the_package_pays_first_then_what_expires_first_and_what_never_expires_last() -> None:
    grants = [
        Grant("never", "Credits", 100, 1, None),
        Grant("soon", "Credits", 100, 1, NOW + timedelta(days=1)),
        Grant("later", "Credits", 100, 1, NOW + timedelta(days=9)),
        Grant("pack", "Pack", 50, 1, None, "Coaching"),
        Grant("other pack", "Pack", 100, 1, NOW + timedelta(hours=1), "Review"),
        Grant("expired", "Credits", 100, 1, NOW),
        Grant("empty", "Credits", 0, 1, NOW + timedelta(hours=1)),
    ]
    assert plan_spend(grants, 300, "Coaching", NOW) == [
        Part("pack", 50),
        Part("soon", 100),
        Part("later", 100),
        Part("never", 50),
    ]


@given(grants=grants, price=st.integers(0, 1500), chosen=st.sampled_from(["g0", "g1", "g2", "nobody's"]))
def test_the_chosen_grant_pays_as_much_as_it_can_and_the_rest_is_paid_in_order(
    grants: list[Grant], price: int, chosen: str
) -> None:
    able = payers(grants, "Coaching", NOW)
    if sum(g.balance for g in able) < price:
        with pytest.raises(NotEnoughCredits):
            plan_spend(grants, price, "Coaching", NOW, chosen)
        return
    parts = plan_spend(grants, price, "Coaching", NOW, chosen)
    first = next((g for g in able if g.id == chosen), None)
    if first is None:
        assert parts == plan_spend(grants, price, "Coaching", NOW)
        return
    paid = min(first.balance, price)
    others = [g for g in grants if g.id != chosen]
    assert parts[:1] == ([Part(chosen, paid)] if price else [])
    assert parts[1:] == plan_spend(others, price - paid, "Coaching", NOW)


def test_a_session_belongs_to_the_first_package_that_pays_for_it() -> None:
    grants = [
        Grant("loose", "Credits", 50, 1, None),
        Grant("pack", "Pack", 100, 1, None, "Coaching"),
        Grant("second", "Pack", 100, 1, None, "Coaching"),
    ]
    parts = plan_spend(grants, 100, "Coaching", NOW, "loose")
    assert parts == [Part("loose", 50), Part("pack", 50)]
    assert package_grant(grants, parts) is grants[1]
    assert package_grant(grants, parts[:1]) is None
    assert package_grant(grants, plan_spend(grants, 100, "Coaching", NOW, "second")) is grants[2]


@pytest.mark.parametrize(("left", "usable"), [(timedelta(microseconds=1), True), (timedelta(0), False)])
def test_a_grant_can_be_spent_until_the_instant_it_expires(left: timedelta, usable: bool) -> None:
    assert Grant("g", "Credits", 1, 1, NOW + left).usable(NOW) is usable


@pytest.mark.parametrize(
    ("text", "hundredths"), [("1", 100), ("0.5", 50), (" 2.25 ", 225), ("0", 0), ("1e1", 1000), ("0.010", 1)]
)
def test_credits_are_read_as_hundredths(text: str, hundredths: int) -> None:
    assert parse_credits(text) == hundredths


@pytest.mark.parametrize(
    "text",
    ["", "one", "-1", "0.001", "NaN", "Infinity", "1,5", "--1", "0x10", "1e9999999999", "1e-9999999999", "1000000.01"],
)
def test_what_is_not_a_number_of_credits_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a number of credits"):
        parse_credits(text)


@given(hundredths=st.integers(0, 10**7))
def test_every_number_of_credits_can_be_written_and_read(hundredths: int) -> None:
    assert parse_credits(f"{hundredths // 100}.{hundredths % 100:02d}") == hundredths


@given(text=st.text(alphabet=st.sampled_from("0123456789.+-eE_ ,٣"), max_size=12))
def test_reading_credits_gives_a_bounded_number_or_a_plain_refusal(text: str) -> None:
    try:
        found = parse_credits(text)
    except ValueError:
        return
    assert 0 <= found <= 100_000_000


@pytest.mark.parametrize("amount", [0, -1])
def test_a_transfer_moves_something(amount: int) -> None:
    with pytest.raises(ValueError, match="moves"):
        Transfer("k", TransferKind.BOOK, "a", "b", amount, NOW)
