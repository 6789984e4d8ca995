"""What a member is called in Slack writes no header and no body of a mail that others get, nor a line of an invitation."""

import base64

import pytest

from coaching.actions import people
from coaching.notifications import Ways
from coaching.sessions import Person
from tests.delivery.test_invitations import Inviting, inviting
from tests.delivery.test_mail import DAY, PAT, Post, post
from tests.delivery.test_mail_choices import chosen, told
from tests.support.calendars import read
from tests.support.world import ANNA, COACH, WORKSPACE

__all__ = ["inviting", "post"]
pytestmark = pytest.mark.plain
ADDED = b"C\r\nBcc: all@example.org\r\n\r\nNot ours"
ODD = f"=?utf-8?b?{base64.b64encode(ADDED).decode()}?="


async def renamed(post: Post, who: str, name: str, email: str) -> None:
    person = Person(who, name, email, "Europe/London", "en-US")
    await people.remember(post.stage.store, post.stage.clock, WORKSPACE, person, post.stage.clock.now(), link=True)


async def test_a_coachs_name_stays_where_it_belongs_in_their_clients_mail(inviting: Inviting) -> None:
    await inviting.book()
    [plain] = await inviting.sent()
    await renamed(inviting, COACH, ODD, "carla@example.com")
    await inviting.book(DAY * 6)
    calendar = (await inviting.sent())[-1]
    before, after = (one.mail for one in inviting.office.to(PAT))
    assert list(before) == list(after)
    assert "Not ours" not in after.as_string()
    [first], [second] = read(plain)[1], read(calendar)[1]
    assert set(first) == set(second)
    assert after["Reply-To"].addresses[0].addr_spec == "carla@example.com"


async def test_a_member_whose_address_looks_like_a_header_hears_in_slack(post: Post) -> None:
    await chosen(post, Ways.MAIL)
    await renamed(post, ANNA, "Anna", "=?utf-8?q?=0D=0A=42cc=3Ax?=@example.org")
    await post.book(client=ANNA)
    await post.drain()
    assert (len(told(post)), post.office.mails) == (1, [])
