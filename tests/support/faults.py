"""A practice in which everything has happened once, and for every rule a way to break it behind the program's back."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from coaching.actions import cancel, decide, exceptions, reschedule, undo
from coaching.actions.reschedule import MoveSessions, NewTime
from coaching.ids import new_id
from coaching.sessions import Actor, Hat
from storage.types import to_micros
from tests.support.world import ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE, World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def live(world: World) -> dict[str, str]:
    """Book, move, cancel, undo and decide; return the ids that faults are planted at, by name."""
    await world.people()
    grant = await world.grant()
    await world.open()
    late, kept, moved = [await world.book(timedelta(hours=n)) for n in (5, 7, 140)]
    world.clock.advance(HOUR)
    asked_about = await world.cancel(late)
    await world.cancel(kept)
    ask = exceptions.Ask(actor=Actor(WORKSPACE, ANNA), action_id=_action(asked_about), note="Please!")
    [asked] = (await exceptions.ask(world.store, world.clock, ask)).asked
    assert asked.cancellation is not None
    assert asked.cancellation.asked is not None
    for session, refund in ((late, True), (kept, False)):
        command = decide.DecideLate(actor=Actor(WORKSPACE, COACH), session_ids=[session.id], refund=refund)
        await decide.decide_late(world.store, world.clock, command)
    world.clock.advance(HOUR)
    await reschedule.move_sessions(
        world.store,
        world.clock,
        MoveSessions(
            actor=Actor(WORKSPACE, ANNA),
            request_key=new_id(world.clock.now()),
            hat=Hat.CLIENT,
            subject_id=ANNA,
            times=[NewTime(moved.id, moved.starts_at, moved.starts_at + DAY)],
        ),
    )
    await world.open(OTHER_COACH)
    handed = await world.book(timedelta(hours=130))
    await world.hand_over(handed)
    async with world.store.engines.writer.begin() as connection:  # a relay has been here
        await connection.execute(
            text("UPDATE notices SET state = 'sent', sent_revision = 1 WHERE due_at <= :now AND state = 'pending'"),
            {"now": to_micros(world.clock.now())},
        )
    booked, other, canceled, undone = [await world.book(timedelta(hours=n)) for n in (72, 80, 90, 100)]
    done, taken_back = await world.cancel(canceled), await world.cancel(undone)
    await undo.undo(world.store, world.clock, undo.Undo(actor=Actor(WORKSPACE, ANNA), action_id=_action(taken_back)))
    soon = await world.grant(credits=100, expires_at=world.clock.now() + 5 * DAY)
    returning = await world.book(timedelta(hours=110))
    await world.cancel(returning)
    async with world.store.read(WORKSPACE) as queries:
        [came_back] = [one for one in await queries.grants.of_client(ANNA) if one.parent_id == soon]
    ids = {"returning": returning, "late": late, "kept": kept, "moved": moved, "booked": booked, "other": other}
    ids |= {"canceled": canceled, "undone": undone, "handed": handed}
    return {
        **{name: session.id for name, session in ids.items()},
        "ws": WORKSPACE,
        "anna": ANNA,
        "boris": BORIS,
        "coach": COACH,
        "otto": OTHER_COACH,
        "grant": grant,
        "soon": soon,
        "came_back": came_back.id,
        "policy": booked.policy_id,
        "request": asked.cancellation.asked.action_id,
        "done": _action(done),
        "taken_back": _action(taken_back),
    }


def _action(done: cancel.Canceled) -> str:
    return done.draft.action_id or ""


async def unlock(connection: AsyncConnection) -> None:
    """Take away what the database itself would refuse, until the transaction is rolled back."""
    if connection.dialect.name == "sqlite":
        for (name,) in await connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")):
            await connection.execute(text(f"DROP TRIGGER {name}"))
        return
    await connection.execute(text("SET LOCAL session_replication_role = replica"))
    checks = await connection.execute(
        text("SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0")
    )
    for table, name in checks.all():
        if "pg_" not in table and "information_schema" not in table:
            await connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))


@dataclass(frozen=True)
class Plant:
    """Statements that break a rule, and what the rule has to name; both with the names of `live` in braces."""

    what: str
    sql: tuple[str, ...]


def _plant(what: str, *sql: str) -> Plant:
    return Plant(what, sql)


def _transfer(kind: str, key: str, source: str, target: str, amount: int, session: str | None) -> str:
    of = "NULL" if session is None else f"'{session}'"
    number = "1000" if "grant:{grant}" in (source, target) else "NULL"
    return (
        "INSERT INTO transfers (workspace_id, key, kind, source, target, amount, at, session_id, grant_id, number)"
        f" VALUES ('{{ws}}', '{key}', '{kind}', '{source}', '{target}', {amount}, 1, {of}, '{{grant}}', {number})"
    )


_MISJUDGED = "UPDATE members SET misjudged_from = 1, misjudged_until = 4102444800000000 WHERE id = '{}'"


def _exception(session: str, decide_by: str) -> str:
    return (
        "INSERT INTO requests (workspace_id, subject_id, kind, number, action_id, asked_at, asked_by, note, decide_by,"
        f" state) VALUES ('{{ws}}', '{session}', 'exception', 1, 'asked', 1, '{{anna}}', 'Please!', {decide_by}, 'open')"
    )


_SAME_TIME = (
    "UPDATE sessions SET starts_at = (SELECT starts_at FROM sessions WHERE id = '{0}'),"
    " ends_at = (SELECT ends_at FROM sessions WHERE id = '{0}') WHERE id = '{{other}}'"
)
_ALERT = "kind = 'coach_alert' AND action_id ="
_DUE = "dedupe_key = 'receipt:{done}:{anna}'"

PLANTS = {
    "accounts_sum_to_zero": _plant("-100", _transfer("book", "plant", "grant:{grant}", "session:ghost", 100, "ghost")),
    "no_negative_account": _plant(
        "grant:{grant} -99", _transfer("book", "plant", "grant:{grant}", "session:{booked}", 100_000, "{booked}")
    ),
    "transfers_move_as_their_kind_says": _plant(
        "issue:{grant}", "UPDATE transfers SET kind = 'forfeit' WHERE key = 'issue:{grant}'"
    ),
    "transfers_of_known_grants_and_sessions": _plant("issue:{grant}", "DELETE FROM grants WHERE id = '{grant}'"),
    "returned_at_most_what_was_paid": _plant(
        "{canceled} {grant}", _transfer("refund", "plant", "session:{canceled}", "grant:{grant}", 1, "{canceled}")
    ),
    "clients_pay_with_their_own_grants": _plant(
        "book:{booked}:{grant}", "UPDATE sessions SET client_id = '{boris}' WHERE id = '{booked}'"
    ),
    "session_accounts_hold_the_price": _plant(
        "{booked} scheduled 100", "UPDATE sessions SET price = 150 WHERE id = '{booked}'"
    ),
    "outcomes_moved_the_price": _plant(
        "{booked} completed 0 0", "UPDATE sessions SET status = 'completed' WHERE id = '{booked}'"
    ),
    "cancellations_moved_what_they_say": _plant(
        "{canceled}", "UPDATE refunds SET amount = 50 WHERE session_id = '{canceled}'"
    ),
    "undo_moved_everything_back": _plant(
        "{undone}", "DELETE FROM transfers WHERE kind = 'undo' AND session_id = '{undone}'"
    ),
    "decided_is_not_undone": _plant(
        "{undone}",
        'INSERT INTO refunds (workspace_id, session_id, cancellation_no, decision, outcome, action_id, at, "by", late,'
        " percent, amount) VALUES ('{ws}', '{undone}', 1, 'late', 'kept', 'plant', 1, '{coach}', true, 0, 0)",
    ),
    "what_is_forgiven_was_late": _plant("{undone}", "UPDATE refunds SET forgiven = true WHERE session_id = '{undone}'"),
    "late_decisions_moved_what_they_say": _plant(
        "{late}", "UPDATE refunds SET outcome = 'kept' WHERE session_id = '{late}' AND decision = 'late'"
    ),
    "later_returns_moved_what_was_kept": _plant(
        "{kept}",
        'INSERT INTO refunds (workspace_id, session_id, cancellation_no, decision, outcome, action_id, at, "by", late,'
        " percent, amount) VALUES ('{ws}', '{kept}', 1, 'later', 'refunded', 'plant', 1, '{coach}', true, 100, 100)",
    ),
    "late_money_needs_a_decision": _plant(
        "late:{late}:1:{grant}", "DELETE FROM refunds WHERE session_id = '{late}' AND decision = 'late'"
    ),
    "late_decisions_on_the_timeline": _plant(
        "{kept}", "DELETE FROM timeline WHERE session_id = '{kept}' AND event = 'kept_late'"
    ),
    "checkpoints_are_sums": _plant(
        "{grant} 1 7",
        "INSERT INTO checkpoints (workspace_id, grant_id, number, balance) VALUES ('{ws}', '{grant}', 1, 7)",
    ),
    "movements_of_grants_are_numbered": _plant(
        "issue:{grant}", "UPDATE transfers SET number = NULL WHERE key = 'issue:{grant}'"
    ),
    "uses_of_pools_name_their_client": _plant(
        "issue:{grant}", "UPDATE transfers SET client_id = '{anna}' WHERE key = 'issue:{grant}'"
    ),
    "grants_have_a_holder": _plant("{grant}", "UPDATE grants SET client_id = NULL WHERE id = '{grant}'"),
    "grants_of_known_packages": _plant("{grant}", "UPDATE grants SET package_id = 'ghost' WHERE id = '{grant}'"),
    "closed_grants_are_empty": _plant(
        "{grant} ", "UPDATE grants SET expires_at = 1, closed_at = 2 WHERE id = '{grant}'"
    ),
    "grants_are_issued_once": _plant(
        "issue:{grant}:again", _transfer("issue", "issue:{grant}:again", "issued", "grant:{grant}", 100, None)
    ),
    "returned_grants_are_their_parents": _plant(
        "{came_back} {soon}", "UPDATE grants SET client_id = '{boris}' WHERE id = '{came_back}'"
    ),
    "returned_grants_hold_returns": _plant(
        "{came_back}", "UPDATE transfers SET kind = 'issue' WHERE target = 'grant:{came_back}'"
    ),
    "clients_extend_no_end": _plant(
        "cancel:{returning}:1:{soon}:refund",
        "UPDATE transfers SET paid_by = '{grant}' WHERE target = 'grant:{came_back}'",
    ),
    "no_slot_twice": _plant("{booked} {other}", _SAME_TIME.format("{booked}")),
    "nobody_twice": _plant(
        "{booked} {other}",
        _SAME_TIME.format("{booked}"),
        "UPDATE sessions SET coach_id = 'U0OTHER' WHERE id = '{other}'",
    ),
    "held_slots_stay_free": _plant("{canceled} {other}", _SAME_TIME.format("{canceled}")),
    "package_places_are_held_once": _plant(
        "{grant}",
        "UPDATE sessions SET grant_id = '{grant}', package_position = 1 WHERE id IN ('{booked}', '{other}')",
    ),
    "one_refund_per_cancellation": _plant("{booked}", "UPDATE sessions SET version = 2 WHERE id = '{booked}'"),
    "outcomes_are_on_the_timeline": _plant(
        "{booked} no_show nothing", "UPDATE sessions SET status = 'no_show' WHERE id = '{booked}'"
    ),
    "last_cancellation_is_in_force": _plant(
        "{canceled}", "UPDATE sessions SET cancellation_no = 2 WHERE id = '{canceled}'"
    ),
    "sessions_are_where_they_were_moved": _plant(
        "{moved}", "UPDATE sessions SET starts_at = starts_at + 1 WHERE id = '{moved}'"
    ),
    "local_times_are_what_clocks_show": _plant(
        "{booked} 2020-01-01T10:00:00 America/New_York",
        "UPDATE sessions SET local_start = '2020-01-01T10:00:00' WHERE id = '{booked}'",
    ),
    "coaches_are_listed_by_their_names": _plant(
        "{coach}", "UPDATE availability SET name = 'Zed' WHERE coach_id = '{coach}'"
    ),
    "moves_are_counted": _plant("{moved}", "UPDATE sessions SET reschedules = 0 WHERE id = '{moved}'"),
    "handed_over_to_their_coach": _plant("{handed}", "UPDATE sessions SET coach_id = '{coach}' WHERE id = '{handed}'"),
    "records_of_known_sessions": _plant("refunds {canceled}", "DELETE FROM sessions WHERE id = '{canceled}'"),
    "exceptions_of_known_cancellations": _plant("{booked} 1", _exception("{booked}", "1")),
    "move_requests_fit_their_sessions": _plant(
        "{canceled} 1", _exception("{canceled}", "4102444800000000").replace("'exception'", "'move'")
    ),
    "credit_requests_fit_their_gifts": _plant(
        "{boris} 1",
        _exception("{boris}", "4102444800000000").replace("'exception'", "'credits'"),
        # Accepted with a gift to somebody else.
        "UPDATE requests SET state = 'accepted', amount = 100, answered_at = 1, grant_id = '{grant}'"
        " WHERE subject_id = '{boris}'",
    ),
    "policies_are_known": _plant("sessions {booked}", "DELETE FROM policies"),
    "policies_can_be_read": _plant("{policy}", "UPDATE policies SET terms = '{{}}' WHERE id = '{policy}'"),
    "one_receipt_per_client": _plant("{done} {anna} 0", "DELETE FROM notices WHERE " + _DUE),
    "one_alert_per_coach": _plant("{done} {coach} 0", f"DELETE FROM notices WHERE {_ALERT} '{{done}}'"),
    "one_word_per_moved_client": _plant("{anna} 0", "DELETE FROM notices WHERE kind = 'moved'"),
    "one_word_per_moved_coach": _plant("{coach} 0", "DELETE FROM notices WHERE kind = 'coach_moved'"),
    "one_word_per_handed_client": _plant("{anna} 0", "DELETE FROM notices WHERE kind = 'handed_over'"),
    "one_word_per_handed_coach": _plant("{otto} 0", "DELETE FROM notices WHERE kind = 'coach_handed'"),
    "one_message_per_request": _plant("{request} {coach} 0", "DELETE FROM notices WHERE kind = 'exception'"),
    "one_answer_per_late_decision": _plant("{anna} 0", "DELETE FROM notices WHERE kind = 'late_decision'"),
    "one_answer_per_request": _plant(
        "asked {anna} 0", _exception("{booked}", "1").replace("'exception'", "'move'").replace("'open'", "'declined'")
    ),
    "the_missed_are_told": _plant("{booked}", "UPDATE sessions SET status = 'no_show' WHERE id = '{booked}'"),
    "copies_stand_beside_the_coachs_own": _plant(
        "alert:{done}:{coach}", f"UPDATE notices SET copy_of = '{{boris}}' WHERE {_ALERT} '{{done}}'"
    ),
    "addresses_are_asked": _plant(
        "mail:olga@example.org",
        "INSERT INTO stakeholders (workspace_id, scope, scope_id, target)"
        " VALUES ('{ws}', 'coach', '{coach}', 'mail:olga@example.org')",
    ),
    "undone_is_not_announced": _plant(
        "alert:{taken_back}:{coach}", f"UPDATE notices SET state = 'sent' WHERE {_ALERT} '{{taken_back}}'"
    ),
    "alerts_wait_for_undo": _plant(
        "alert:{done}:{coach}", f"UPDATE notices SET due_at = due_at - 1 WHERE {_ALERT} '{{done}}'"
    ),
    "gifts_are_told": _plant("{grant}", "UPDATE grants SET granted_by = '{coach}' WHERE id = '{grant}'"),
    "mails_are_no_messages": _plant("receipt:{done}:{anna}", "UPDATE notices SET repeats = 'x' WHERE " + _DUE),
    "no_orphan_notices": _plant("receipt:{done}:{anna}", "UPDATE notices SET action_id = 'ghost' WHERE " + _DUE),
    "no_reminder_of_what_is_over": _plant(
        "reminder:{canceled}:",
        "UPDATE notices SET state = 'pending' WHERE kind = 'reminder' AND session_id = '{canceled}'",
    ),
    "no_nudge_of_what_is_decided": _plant(
        "nudge:{request}:",
        "UPDATE notices SET state = 'pending' WHERE kind = 'nudge' AND action_id = '{request}'",
    ),
    "reminders_go_to_the_client": _plant(
        "reminder:{booked}:", "UPDATE notices SET recipient = '{boris}' WHERE session_id = '{booked}'"
    ),
    "dialogs_did_what_they_showed": _plant("{done}", "UPDATE refunds SET percent = 1 WHERE session_id = '{canceled}'"),
    "sessions_follow_the_zone_rules": _plant(
        "{booked} America/New_York 2020a", "UPDATE sessions SET zone_rules = '2020a' WHERE id = '{booked}'"
    ),
    "instants_read_as_they_did": _plant(
        "{booked} America/New_York",
        "UPDATE sessions SET by_instant = true, zone_rules = '2020a' WHERE id = '{booked}'",
    ),
    "days_follow_the_zone_rules": _plant(
        "{grant} 2030-01-01",
        "UPDATE grants SET expires_at = 1893455999000000, expires_on = '2030-01-01', expires_zone = 'UTC',"
        " expires_rules = '2020a' WHERE id = '{grant}'",
    ),
    "days_from_before_read_as_they_did": _plant(
        "{grant} 2030-01-01",
        "UPDATE grants SET expires_at = 1893455998000000, expires_on = '2030-01-01', expires_zone = 'UTC',"
        " expires_rules = NULL WHERE id = '{grant}'",
    ),
    "reminders_follow_the_settings": _plant(
        "reminder:{booked}:", "UPDATE workspaces SET reminder_offsets = '60,7200' WHERE workspace_id = 'T0TEST'"
    ),
    "notices_go_out_in_time": _plant("receipt:{done}:{anna}", "UPDATE notices SET due_at = 1 WHERE " + _DUE),
    "no_abandoned_deliveries": _plant(
        "receipt:{done}:{anna}",
        "UPDATE notices SET state = 'leased', owner = 'gone', lease_until = 1 WHERE " + _DUE,
    ),
    "notices_arrive": _plant("receipt:{done}:{anna}", "UPDATE notices SET state = 'failed' WHERE " + _DUE),
    "crashes_cost_no_news": _plant(
        "receipt:{done}:{anna}", "UPDATE notices SET state = 'failed', ambiguous = 6, crashes = 6 WHERE " + _DUE
    ),
    "deliveries_are_certain": _plant("receipt:{done}:{anna}", "UPDATE notices SET ambiguous = 1 WHERE " + _DUE),
    "requests_are_decided_in_time": _plant("{canceled} 1", _exception("{canceled}", "1")),
    "nobody_is_expected_twice": _plant(
        "{booked} {other}",
        _SAME_TIME.format("{booked}"),
        "UPDATE sessions SET coach_id = '{anna}', client_id = '{boris}', may_overlap = true WHERE id = '{other}'",
    ),
    "only_completed_sessions_wait_for_a_word": _plant(
        "{booked} scheduled", "UPDATE sessions SET unconfirmed = true WHERE id = '{booked}'"
    ),
    "coaches_are_asked_once": _plant(
        "{booked}",
        "UPDATE notices SET kind = 'outcome_asked', sent_revision = 1, state = 'sent' WHERE session_id = '{booked}'"
        " AND kind IN ('reminder', 'starting')",
    ),
    "sessions_are_closed": _plant(
        "{booked}", "UPDATE sessions SET starts_at = 1, ends_at = 2, refund_cutoff_at = 1 WHERE id = '{booked}'"
    ),
    "admins_are_named_by_admins": _plant(
        "{coach} {boris}",
        _MISJUDGED.format("{coach}"),
        "INSERT INTO admins (workspace_id, member_id, named_by, named_at) VALUES ('{ws}', '{boris}', '{coach}', 2)",
    ),
    "credits_are_given_by_admins": _plant(
        "{coach} {grant}",
        _MISJUDGED.format("{coach}"),
        "UPDATE grants SET granted_by = '{coach}', granted_at = 2 WHERE id = '{grant}'",
    ),
    "admins_act_as_admins": _plant(
        "{anna} {booked} booked",
        _MISJUDGED.format("{anna}"),
        "UPDATE timeline SET role = 'admin' WHERE session_id = '{booked}' AND event = 'booked'",
    ),
    "expired_credits_are_closed": _plant("{grant}", "UPDATE grants SET expires_at = 1 WHERE id = '{grant}'"),
    "notes_are_about_their_clients_sessions": _plant(
        "secret",
        "INSERT INTO notes (workspace_id, id, client_id, session_id, author_id, at, text)"
        " VALUES ('{ws}', 'secret', '{boris}', '{booked}', '{coach}', 1, 'shy')",
    ),
    "clients_are_named_for_types_that_exist": _plant(
        "ghost {anna}",
        "INSERT INTO session_type_clients (workspace_id, session_type_id, client_id) VALUES ('{ws}', 'ghost', '{anna}')",
    ),
    "coaches_give_types_that_exist": _plant(
        "ghost {coach}",
        "INSERT INTO session_type_coaches (workspace_id, session_type_id, coach_id) VALUES ('{ws}', 'ghost', '{coach}')",
    ),
}
"""By the id of the rule that has to find it."""
