"""One address has one id, however it is spelled: nobody is asked again, or told after a no, under another spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coaching.mail_ids import pending_id, pending_ids
from handlers.mail_address import writable

SPELLINGS = [
    ("Olga@Example.ORG", "mail:olga@example.org"),
    ("olga@exam\u00adple.org", "mail:olga@example.org"),
    ("olga@exam\u200bple.org", "mail:olga@example.org"),
    ("olga@example\u3002org", "mail:olga@example.org"),
    ("olga@example\uff61org", "mail:olga@example.org"),
    ("olga@\uff45xample.org", "mail:olga@example.org"),
    ("olga@bücher.example", "mail:olga@xn--bcher-kva.example"),
    ("olga@BU\u0308CHER.example", "mail:olga@xn--bcher-kva.example"),
    ("olga@xn--bcher-kva.example", "mail:olga@xn--bcher-kva.example"),
    ("olga@straße.example", "mail:olga@xn--strae-oqa.example"),
    ("olga@例え.テスト", "mail:olga@xn--r8jz45g.xn--zckzah"),
]


@pytest.mark.parametrize(("typed", "known_as"), SPELLINGS)
def test_an_address_has_one_id_however_it_is_spelled(typed: str, known_as: str) -> None:
    assert pending_id(typed) == known_as
    assert f"mail:{(writable(typed) or '').lower()}" == known_as


@given(st.text("aäöüßéñçøłабвгдеёαβγδ中文字かなカナ한글ÄÉБΔ\u00ad\u200b\u3002.-x9", min_size=1, max_size=12))
def test_an_id_is_of_the_address_to_which_a_mail_would_go(domain: str) -> None:
    address = writable(f"olga@{domain}.org")
    assert address is None or pending_id(f"olga@{domain}.org") == f"mail:{address}"


def test_ids_that_an_earlier_release_made_are_known() -> None:
    assert pending_ids("Olga@Bücher.example") == {"mail:olga@bücher.example", "mail:olga@xn--bcher-kva.example"}
    assert pending_ids("Olga@Example.org") == {"mail:olga@example.org"}
