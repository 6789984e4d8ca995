"""Coaches who leave and channels that take nothing: no news vanishes, and the admins hear what to mend."""

from datetime import UTC, datetime, timedelta

import pytest
import structlog

from bot.delivery.relay import Relay
from bot.directory import REFRESH_AFTER, Directory
from coaching.actions import decide, exceptions, retire
from coaching.clock import ManualClock
from coaching.ids import new_id
from coaching.news.admins import channel_trouble
from coaching.news.kinds import NoticeKind
from coaching.sessions import Actor, Decision, Session, Status
from coaching.workspace import Settings
from tests.delivery.conftest import Post, Stage
from tests.delivery.test_life import booked
from tests.support.invariants import violations
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def late(stage: Stage, *, coach: str = COACH) -> Session:
    """A session that Anna canceled two hours before it starts."""
    session = await stage.world.book(DAY * 3, coach=coach)
    stage.clock.set(session.starts_at - 2 * HOUR)
    done = await stage.world.cancel(session)
    return done.sessions[0]


async def decided(stage: Stage, session: Session, who: str = COACH) -> None:
    refund = decide.DecideLate(actor=Actor(WORKSPACE, who), session_ids=[session.id], refund=True)
    await decide.decide_late(stage.store, stage.clock, refund)


async def named(stage: Stage, *admins: str) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        await uow.people.save_admins(admins)
        await uow.commit()


async def deactivated(stage: Stage, who: str) -> None:
    stage.slack.workspace.user(who).deleted = True
    assert await retire.left(stage.store, stage.clock, WORKSPACE, who)


@pytest.mark.parametrize("trouble", ["archived", "bot removed"])
async def test_the_admins_hear_once_a_week_that_an_alert_channel_takes_nothing(stage: Stage, trouble: str) -> None:
    await named(stage, BORIS)
    carla = stage.slack.person(COACH)
    if trouble == "archived":
        await carla.archive("C0COACH")
    else:
        await carla.remove("app", "C0COACH")
    await stage.world.cancel(await stage.world.book(DAY * 3))
    await stage.world.cancel(await stage.world.book(DAY * 4))
    await stage.relay().drain()
    assert len([post for post in stage.posts(COACH) if "canceled 1 session" in post.text]) == 2
    for admin in (ADMIN, BORIS):
        [told] = stage.posts(admin)
        assert "Alerts for Carla Coach cannot be posted in <#C0COACH>" in told.text
        assert ("Unarchive it" if trouble == "archived" else "Type /invite @Sessions in <#C0COACH>") in told.text
        assert "or pick another channel in /sessions setup." in told.text
    stage.clock.advance(DAY * 8)
    await stage.world.cancel(await stage.world.book(DAY * 3))
    await stage.relay().drain()
    assert len(stage.posts(ADMIN)) == 2


async def test_a_channel_that_was_changed_meanwhile_is_no_trouble_any_more(stage: Stage) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        await uow.notices.tell_admins(channel_trouble(COACH, "C0COACH", "is_archived", stage.clock.now()))
        await uow.coaches.save(COACH, "C0EMPTY")
        await uow.commit()
    await stage.relay().drain()
    assert stage.posts(ADMIN) == []
    [row] = await stage.rows(kind="channel_trouble")
    assert (row.state, row.why) == ("dropped", "another_channel")


async def test_a_change_of_an_alert_that_cannot_be_edited_any_more_reaches_the_coach_directly_once(
    stage: Stage,
) -> None:
    session = await late(stage)
    relay = stage.relay()
    await relay.drain()
    assert len(stage.posts("C0COACH")) == 1
    await stage.slack.person(COACH).archive("C0COACH")
    await decided(stage, session)
    await relay.drain()
    [direct] = [post for post in stage.posts(COACH) if "canceled 1 session" in post.text]
    assert "refunded anyway by Carla Coach" in direct.text
    assert "<#C0COACH> is archived. Ask an admin to pick another channel" in direct.text
    [told] = stage.posts(ADMIN)
    assert "Alerts for Carla Coach cannot be posted in <#C0COACH>" in told.text
    # Later changes are edits of the message that the coach has now.
    async with stage.store.write(WORKSPACE) as uow:
        await uow.notices.refresh({NoticeKind.COACH_ALERT}, [session.id], stage.clock.now())
        await uow.commit()
    await relay.drain()
    [direct] = [post for post in stage.posts(COACH) if "canceled 1 session" in post.text]
    assert direct.edited
    assert len(stage.posts(ADMIN)) == 1


@pytest.mark.parametrize("errors", [0, 1])
async def test_when_slack_does_not_say_whether_that_direct_message_arrived_it_is_sent_once_more_at_most(
    stage: Stage, errors: int
) -> None:
    session = await late(stage)
    relay = stage.relay()
    await relay.drain()
    await stage.slack.person(COACH).archive("C0COACH")
    # An error that Slack answers to the edit before says nothing of the message.
    stage.slack.faults.add({"kind": "server_error", "method": "chat.update", "calls": errors})
    stage.slack.faults.add({"kind": "lost_reply", "method": "chat.postMessage", "channel": COACH})
    await decided(stage, session)
    running = await stage.running()
    await stage.until(lambda: alert_is(stage, "sent"))
    assert [call["status"] for call in stage.calls("chat.update")].count(500) == errors
    stage.slack.faults.remove()
    await stage.until(lambda: not running.troubles())
    [row] = await stage.rows(kind="coach_alert")
    assert row.ambiguous == 2
    assert len([post for post in stage.posts(COACH) if "canceled 1 session" in post.text]) == 2


async def alert_is(stage: Stage, state: str) -> bool:
    return [row.state for row in await stage.rows(kind="coach_alert")] == [state]


async def test_what_slack_does_not_deliver_to_a_coach_reaches_the_admins_and_stays_up_to_date(stage: Stage) -> None:
    stage.slack.workspace.user(OTHER_COACH).deleted = True
    session = await late(stage, coach=OTHER_COACH)
    relay = stage.relay()
    await relay.drain()
    [alert] = await stage.rows(kind="coach_alert")
    assert alert.state == "failed"
    [told] = stage.posts(ADMIN)
    assert "Otto Other could not be told about 1 session" in told.text
    assert "Coaching with Anna Lee" in told.text
    assert "1 session canceled late waits for a decision" in told.text
    await decided(stage, session, ADMIN)
    await relay.drain()
    [told] = stage.posts(ADMIN)
    assert told.edited
    assert "refunded anyway by Ada Admin" in told.text
    assert "waits for a decision" not in told.text


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("lost_reply", "Slack did not say whether the message arrived."),
        ("server_error", "Slack answered with errors each time it was sent"),
    ],
)
async def test_the_admins_hear_of_an_alert_whose_fate_slack_never_told(stage: Stage, fault: str, why: str) -> None:
    stage.slack.faults.add({"kind": fault, "method": "chat.postMessage", "channel": "C0COACH"})
    await late(stage)
    await stage.running()
    await stage.until(stage.settled)
    [alert] = await stage.rows(kind="coach_alert")
    assert alert.state == "failed"
    [told] = stage.posts(ADMIN)
    assert "Carla Coach may not have heard about 1 session" in told.text
    assert why in told.text


async def once_more(stage: Stage, fault: str) -> None:
    """A relay whose first message to the admin meets a fault."""
    stage.slack.faults.add({"kind": fault, "method": "chat.postMessage", "channel": ADMIN, "calls": 1})
    await stage.running()
    await stage.until(stage.settled)
    [row] = await stage.rows(recipient=ADMIN)
    assert (row.state, row.ambiguous) == ("sent", 1)


@pytest.mark.parametrize("fault", ["server_error", "lost_reply"])
async def test_a_fault_on_the_way_to_an_admin_keeps_which_channel_takes_nothing_and_why(
    stage: Stage, fault: str
) -> None:
    await stage.slack.person(COACH).archive("C0COACH")
    await stage.world.cancel(await stage.world.book(DAY * 3))
    await once_more(stage, fault)
    told = stage.posts(ADMIN)[-1]
    assert "Alerts for Carla Coach cannot be posted in <#C0COACH>" in told.text
    assert "Unarchive it" in told.text


@pytest.mark.parametrize("fault", ["server_error", "lost_reply"])
async def test_a_fault_on_the_way_to_an_admin_keeps_why_a_coach_was_not_told_and_so_does_the_edit(
    stage: Stage, fault: str
) -> None:
    stage.slack.workspace.user(OTHER_COACH).deleted = True
    session = await late(stage, coach=OTHER_COACH)
    await once_more(stage, fault)
    why = "Slack delivers nothing to Otto Other (channel_not_found)."
    assert why in stage.posts(ADMIN)[-1].text
    await decided(stage, session, ADMIN)
    await stage.until(lambda: [post for post in stage.posts(ADMIN) if post.edited])
    [edited] = [post for post in stage.posts(ADMIN) if post.edited]
    assert "refunded anyway by Ada Admin" in edited.text
    assert why in edited.text


async def test_the_admins_hear_of_an_alert_that_came_too_late_to_be_useful(stage: Stage) -> None:
    session = await late(stage)
    stage.clock.set(session.starts_at + DAY * 8)
    await stage.relay().drain()
    [alert] = await stage.rows(kind="coach_alert")
    assert (alert.state, alert.why) == ("dropped", "too_late")
    [told] = [post for post in stage.posts(ADMIN) if "could not be told about 1 session" in post.text]
    assert "It could not be delivered while it was of use." in told.text


async def test_what_a_coach_who_left_cannot_be_told_and_is_asked_reaches_the_admins_until_it_is_decided(
    stage: Stage,
) -> None:
    await deactivated(stage, OTHER_COACH)
    session = await late(stage, coach=OTHER_COACH)
    relay = stage.relay()
    await relay.drain()
    assert session.cancellation is not None
    asked = exceptions.Ask(actor=Actor(WORKSPACE, ANNA), action_id=session.cancellation.action_id, note="Please!")
    await exceptions.ask(stage.store, stage.clock, asked)
    await relay.drain()
    _, request = _lost_and_asked(stage)
    assert "Please!" in request.text
    await decided(stage, session, ADMIN)
    await relay.drain()
    for post in _lost_and_asked(stage):
        assert post.edited
        assert "refunded anyway by Ada Admin" in post.text


def _lost_and_asked(stage: Stage) -> tuple[Post, Post]:
    """What an admin reads: the cancellation that its coach could not be told of, and the request, which is theirs now."""
    [lost] = [post for post in stage.posts(ADMIN) if "could not be told" in post.text]
    [request] = [post for post in stage.posts(ADMIN) if "exception" in post.text and post != lost]
    return lost, request


async def test_the_admins_hear_once_that_a_coach_left_and_once_more_should_they_leave_again(stage: Stage) -> None:
    await stage.world.book(DAY * 3)
    await stage.world.book(DAY * 4)
    for _ in range(2):
        await deactivated(stage, COACH)
    relay = stage.relay()
    await relay.drain()
    [told] = [post for post in stage.posts(ADMIN) if "has left Slack" in post.text]
    assert "Carla Coach has left Slack" in told.text
    assert "2 sessions with them are still booked." in told.text
    assert "/sessions setup" in told.text
    await retire.returned(stage.store, stage.clock, WORKSPACE, COACH)
    await deactivated(stage, COACH)
    await relay.drain()
    assert len([post for post in stage.posts(ADMIN) if "has left Slack" in post.text]) == 2


async def test_nobody_hears_of_somebody_who_leaves_and_gives_no_sessions(stage: Stage) -> None:
    await deactivated(stage, BORIS)
    assert await stage.rows(kind="coach_left") == []


async def test_a_coach_who_left_gets_no_direct_message_that_nobody_reads(stage: Stage) -> None:
    await deactivated(stage, OTHER_COACH)
    stage.slack.workspace.user(OTHER_COACH).deleted = False  # Slack itself takes messages to deactivated accounts
    await late(stage, coach=OTHER_COACH)
    await stage.relay().drain()
    assert stage.posts(OTHER_COACH) == []
    [lost] = [post for post in stage.posts(ADMIN) if "could not be told" in post.text]
    assert "Otto Other is not in Slack any more." in lost.text


async def test_a_coach_who_left_is_still_alerted_in_a_channel_where_others_read_it(stage: Stage) -> None:
    await deactivated(stage, COACH)
    await late(stage)
    await stage.relay().drain()
    assert len([post for post in stage.posts("C0COACH") if "canceled 1 session" in post.text]) == 1
    assert [post for post in stage.posts(ADMIN) if "could not be told" in post.text] == []


async def test_without_any_admin_the_log_says_what_nobody_heard(stage: Stage) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        person = (await uow.people.viewer(ADMIN)).person
        await uow.people.save(type(person)(person.id, person.name), stage.clock.now())
        await uow.commit()
    await stage.slack.person(COACH).archive("C0COACH")
    await stage.world.cancel(await stage.world.book(DAY * 3))
    with structlog.testing.capture_logs() as lines:
        await stage.relay().drain()
    [line] = [one for one in lines if one["event"].startswith("no admin is known")]
    said = [line[name] for name in ("what", "coach", "channel", "why")]
    assert said == ["channel_trouble", COACH, "C0COACH", "is_archived"]
    assert len(stage.posts(COACH)) == 1


async def test_the_directory_finds_a_coach_whose_leaving_was_missed(stage: Stage) -> None:
    await named(stage, ADMIN)
    stage.slack.workspace.user(COACH).deleted = True
    # How old Slack's word on somebody is goes by the wall clock.
    tomorrow = ManualClock(datetime.now(UTC) + REFRESH_AFTER + HOUR)
    await Directory(stage.store, stage.client_for, clock=tomorrow, business=stage.clock).look()
    await stage.relay().drain()
    assert len([post for post in stage.posts(ADMIN) if "Carla Coach has left Slack" in post.text]) == 1


async def told_of_a_booking(stage: Stage) -> tuple[Session, Relay]:
    """A booking that its coach was told of, and a relay."""
    session = await booked(stage, DAY * 3)
    relay = stage.relay()
    await relay.drain()
    [news] = stage.posts("C0COACH")
    assert "Anna Lee booked a session with you" in news.text
    return session, relay


async def test_the_coachs_news_of_a_booking_says_that_it_was_canceled_since(stage: Stage) -> None:
    session, relay = await told_of_a_booking(stage)
    await stage.world.cancel(session)
    await relay.drain()
    news, alert = stage.posts("C0COACH")
    assert news.edited
    assert "Session Canceled since" in news.text
    assert "Anna Lee canceled 1 session with you" in alert.text


async def test_while_a_cancellation_may_be_undone_the_news_of_the_booking_gives_nothing_away(stage: Stage) -> None:
    session, relay = await told_of_a_booking(stage)
    await stage.world.settings(Settings(undo_window=timedelta(seconds=60), start_reminder=None))
    await stage.world.cancel(session)
    await relay.drain()
    [news] = stage.posts("C0COACH")
    assert not news.edited
    stage.clock.advance(timedelta(seconds=61))
    await relay.drain()
    assert "Session Canceled since" in stage.posts("C0COACH")[0].text


async def batch(stage: Stage, *, per_client: int, clients: int) -> list[Session]:
    return [
        await stage.world.book(DAY * 3 + HOUR * (n * clients + c), client=f"U0EXTRA{c}", price=0)
        for c in range(clients)
        for n in range(per_client)
    ]


async def test_a_coach_with_more_sessions_than_one_action_takes_leaves_and_each_client_is_told_once(
    stage: Stage,
) -> None:
    sessions = await batch(stage, per_client=35, clients=4)
    own = await stage.world.book(DAY * 2)
    stage.clock.set(own.starts_at - HOUR)
    before = await stage.world.balance()
    command = retire.Retire(
        actor=Actor(WORKSPACE, ADMIN),
        request_key=new_id(stage.clock.now()),
        coach_id=COACH,
        cancel=True,
        reason="Carla Coach no longer gives sessions.",
    )
    assert await retire.retire(stage.store, stage.clock, command) == 141
    async with stage.store.engines.reader.connect() as connection:
        assert await violations(connection, WORKSPACE) == []
    async with stage.store.read(WORKSPACE) as queries:
        found = await queries.sessions.by_ids([s.id for s in (*sessions, own)])
        listed = [coach.person.id for coach in await queries.coaches.all()]
    assert {s.status for s in found} == {Status.CANCELED}
    assert COACH not in listed
    assert await stage.world.balance() == before + 100, "late, and everything came back"
    assert {s.cancellation.decision for s in found if s.cancellation} <= {None}
    assert Decision.OPEN not in {s.cancellation.decision for s in found if s.cancellation}
    receipts = await stage.rows(kind="receipt")
    assert sorted(row.recipient for row in receipts) == sorted([ANNA, *(f"U0EXTRA{c}" for c in range(4))])
    await stage.relay().drain()
    [told] = [post for post in stage.posts(ANNA) if "canceled" in post.text]
    assert "Ada Admin (admin) canceled 1 session" in told.text
    assert "1 credit returned" in told.text
    assert "Reason: Carla Coach no longer gives sessions." in told.text
