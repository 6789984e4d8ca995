"""Slack's signature, with the published example and everything a stranger may try."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.signatures import covers, odd_head, sign

SECRET = b"8f742231b10e8888abcd99yyyzzz85a5"
NOW = 1_531_420_618.0
# The worked example of Slack's documentation.
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


def check(
    *, timestamps: list[str] | None = None, signatures: list[str] | None = None, body: bytes = BODY, now: float = NOW
) -> str | None:
    stamps, signed = (
        ["1531420618"] if timestamps is None else timestamps,
        [SIGNATURE] if signatures is None else signatures,
    )
    odd = odd_head(timestamps=stamps, signatures=signed, now=now)
    if odd is not None:
        return odd
    return None if covers(SECRET, timestamp=stamps[0], signature=signed[0], body=body) else "bad_signature"


def test_the_documented_example_is_accepted() -> None:
    assert check() is None


@pytest.mark.parametrize("age", [-300, 300])
def test_five_minutes_either_way_is_still_fresh(age: int) -> None:
    assert check(now=NOW + age) is None


@pytest.mark.parametrize("age", [-300.5, 301, 10_000_000])
def test_anything_older_or_from_the_future_is_stale(age: float) -> None:
    assert check(now=NOW + age) == "stale"


@pytest.mark.parametrize(
    "timestamp",
    ["", " 1531420618", "+1531420618", "1_531_420_618", "1531420618.0", "١٥٣١٤٢٠٦١٨", "nan", "9" * 400, "-1"],
)
def test_a_timestamp_is_ascii_digits_only(timestamp: str) -> None:
    assert check(timestamps=[timestamp]) == "malformed_timestamp"


@pytest.mark.parametrize("signatures", [[], [SIGNATURE, SIGNATURE]])
def test_exactly_one_signature_counts(signatures: list[str]) -> None:
    assert check(signatures=signatures) == "unsigned"


@pytest.mark.parametrize("timestamps", [[], ["1531420618", "1531420618"]])
def test_exactly_one_timestamp_counts(timestamps: list[str]) -> None:
    assert check(timestamps=timestamps) == "unsigned"


@given(st.text(st.characters(exclude_categories=[])).filter(lambda text: text != SIGNATURE))
def test_no_other_signature_passes_and_none_raises(signature: str) -> None:
    try:
        signature.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return  # no header can hold it: aiohttp decodes with surrogateescape only
    assert check(signatures=[signature]) == "bad_signature"


@given(st.binary(max_size=200).filter(lambda body: body != BODY))
def test_another_body_does_not_pass_with_a_borrowed_signature(body: bytes) -> None:
    assert check(body=body) == "bad_signature"


@given(st.binary(max_size=200), st.integers(0, 10**12 - 1))
def test_what_is_signed_at_an_instant_passes_at_that_instant(body: bytes, at: int) -> None:
    signature = sign(SECRET, str(at), body)
    assert check(timestamps=[str(at)], signatures=[signature], body=body, now=at) is None
