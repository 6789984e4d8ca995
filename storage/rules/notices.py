"""Rules of notices: everyone is notified once of what happened, and nobody of what did not."""

from coaching.news.asking import ASKING, Asking
from coaching.news.kinds import NUDGES, PLANNED, About, about
from coaching.requests import RequestKind
from storage.rules.rule import ANSWERED, COACH_THEN, HANDED, LATER, POLICY, REPORT, Rule, listed, told

_OF_A_SESSION = listed(about(About.SESSION))
_OF_A_LINK = listed(about(About.LINK))
_OF_A_MOVE = listed(about(About.MOVE))
_OF_A_CANCELLATION = listed(about(About.CANCELLATION))
_OF_A_DECISION = listed(about(About.DECISION))
_OF_A_REQUEST = listed(about(About.REQUEST))
_OF_A_GRANT = listed(about(About.GRANT))
_OF_A_COACH = listed(about(About.COACH))
_OF_A_PERSON = listed(about(About.PERSON))
_OF_A_POOL = listed(about(About.POOL))
_OF_A_WORKSPACE = listed(about(About.WORKSPACE))
_TOLD = "No credits are affected. Look at the notices of each action named (with the person and how many they got)"


_CREDITS = RequestKind.CREDITS
# Earlier releases told a client at once of what an admin canceled. Since then the admin has a receipt of their own.
_ANNOUNCES = """(n.kind = 'coach_alert' OR (n.kind = 'receipt' AND n.recipient <> r."by" AND EXISTS (
            SELECT 1 FROM notices o WHERE o.workspace_id = n.workspace_id AND o.action_id = n.action_id
            AND o.kind = 'own_receipt')))"""
_IN_TIME = "SELECT * FROM moves WHERE old_coach_id IS NULL"


def _asked(row: Asking) -> str:
    """Return SQL for requests of a kind that were not told once to whoever decides first, nor to any admin."""
    first = f"""
        SELECT x.workspace_id, x.action_id || ' ' || CAST(COUNT(n.dedupe_key) AS TEXT) AS what FROM requests x
        LEFT JOIN notices n ON n.workspace_id = x.workspace_id AND n.action_id = x.action_id
            AND n.kind = '{row.first}' AND n.repeats IS NULL
        WHERE x.kind = '{row.kind}' AND NOT x.by_admins GROUP BY x.workspace_id, x.action_id
        HAVING COUNT(n.dedupe_key) <> 1"""
    if row.kind is not _CREDITS:
        first = told(
            row.first,
            COACH_THEN,
            "SELECT workspace_id, action_id, subject_id AS session_id FROM requests"
            f" WHERE kind = '{row.kind}' AND NOT by_admins",
        )
    return f"""{first}
        UNION ALL SELECT DISTINCT x.workspace_id, x.action_id || ' admins 0' FROM requests x
        WHERE x.kind = '{row.kind}' AND x.by_admins AND NOT EXISTS (SELECT 1 FROM notices n
            WHERE n.workspace_id = x.workspace_id AND n.action_id = x.action_id AND n.kind = '{row.to_admins}')"""


NOTICES = (
    Rule(
        id="one_receipt_per_client",
        truth="Every cancellation has one receipt for each client.",
        advice=f"Somebody was not told what came back, or twice. {_TOLD}; tell whoever heard nothing, and {REPORT}",
        money=False,
        faults=told("receipt", "s.client_id", POLICY),
    ),
    Rule(
        id="one_alert_per_coach",
        truth="Every cancellation has one alert for each coach.",
        advice=f"A coach may wait for somebody who is not coming. {_TOLD}; tell whoever heard nothing, and {REPORT}",
        money=False,
        faults=told("coach_alert", COACH_THEN, POLICY),
    ),
    Rule(
        id="one_word_per_moved_client",
        truth="Every move is told to each client once.",
        advice=f"A client may come at the old time. {_TOLD}; tell whoever heard nothing, and {REPORT}",
        money=False,
        faults=told("moved", "s.client_id", _IN_TIME, or_with="'handed_over', 'receipt'"),
    ),
    Rule(
        id="one_word_per_moved_coach",
        truth="Every move is told to each coach once.",
        advice=f"A coach may come at the old time. {_TOLD}; tell whoever heard nothing, and {REPORT}",
        money=False,
        faults=told("coach_moved", COACH_THEN, _IN_TIME, or_with="'coach_handed', 'coach_alert'"),
    ),
    Rule(
        id="one_word_per_handed_client",
        truth="Every hand-over is told to each client once.",
        advice=f"A client expects another coach. {_TOLD}; tell whoever heard nothing, and {REPORT}",
        money=False,
        faults=told("handed_over", "s.client_id", HANDED, or_with="'receipt'"),
    ),
    Rule(
        id="one_word_per_handed_coach",
        truth="Every hand-over is told once to the coach who gave the session and to the one who gives it now.",
        advice=f"A coach may not come to a session of theirs. {_TOLD}; tell whoever heard nothing, and {REPORT}",
        money=False,
        faults=f"""{told("coach_handed", "r.old_coach_id", HANDED, or_with="'coach_alert'")}
        UNION ALL {told("coach_handed", "r.new_coach_id", HANDED)}""",
    ),
    Rule(
        id="one_message_per_request",
        truth="Every request is told once to its coach or the pool's contact, or to the admins where they decide.",
        advice=f"A client waits for an answer and nobody was asked, or twice. {_TOLD}; tell whoever heard nothing, and {REPORT}",
        money=False,
        faults=" UNION ALL ".join(_asked(row) for row in ASKING.values()),
    ),
    Rule(
        id="one_answer_per_late_decision",
        truth="Every late decision, and every answer to who asked after one, is told to its client once.",
        advice=f"A client waits for an answer that was given. {_TOLD}; tell whoever heard nothing, and {REPORT}",
        money=False,
        faults=told(
            "late_decision",
            "s.client_id",
            f"SELECT d.workspace_id, d.action_id, d.session_id FROM ({LATER}) d"
            f" UNION ALL SELECT d.workspace_id, d.action_id, d.session_id FROM ({ANSWERED}) d",
        ),
    ),
    Rule(
        id="one_answer_per_request",
        truth="Every request that was declined, or that nobody decided about in time, is answered to its client once; so is "
        "one that a gift to a pool accepted.",
        advice=f"A client waits for an answer that was given. {_TOLD}; tell whoever heard nothing, and {REPORT}",
        money=False,
        faults=told(
            "answered",
            "s.client_id",
            "SELECT workspace_id, action_id, subject_id AS session_id FROM requests"
            f" WHERE kind <> '{_CREDITS}' AND state IN ('declined', 'expired')",
        )
        + f"""
        UNION ALL SELECT x.workspace_id, x.action_id || ' ' || x.subject_id || ' ' || CAST(COUNT(n.dedupe_key) AS TEXT)
        FROM requests x LEFT JOIN notices n ON n.workspace_id = x.workspace_id AND n.action_id = x.action_id
            AND n.recipient = x.subject_id AND n.kind = 'answered' AND n.repeats IS NULL
        LEFT JOIN grants g ON g.workspace_id = x.workspace_id AND g.id = x.grant_id
        WHERE x.kind = '{_CREDITS}' AND (x.state IN ('declined', 'expired') OR (x.state = 'accepted' AND g.pool_id IS NOT NULL))
        GROUP BY x.workspace_id, x.action_id, x.subject_id HAVING COUNT(n.dedupe_key) <> 1""",
    ),
    Rule(
        id="the_missed_are_told",
        truth="The client is told of a no-show.",
        advice="Somebody's session is noted as a no-show and they were not told. No credits are affected by that. "
        f"Let the coach tell them, and {REPORT}",
        money=False,
        faults="""
        SELECT s.workspace_id, s.id AS what FROM sessions s WHERE s.status = 'no_show' AND NOT EXISTS (
            SELECT 1 FROM notices n WHERE n.workspace_id = s.workspace_id AND n.session_id = s.id
            AND n.kind = 'no_show' AND n.recipient = s.client_id)""",
    ),
    Rule(
        id="copies_stand_beside_the_coachs_own",
        truth="A stakeholder's copy exists only beside the coach's own notice.",
        advice="Somebody is or was told what the coach was not (the copies are named by their keys). No credits are affected. "
        f"Set pending ones to dropped, look at the notices of their action or session, and {REPORT}",
        money=False,
        faults="""
        SELECT n.workspace_id, n.dedupe_key AS what FROM notices n
        WHERE n.copy_of IS NOT NULL AND (
            (n.action_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM notices o WHERE o.workspace_id = n.workspace_id
                AND o.action_id = n.action_id AND o.kind = n.kind AND o.recipient = n.copy_of AND o.copy_of IS NULL))
            OR (n.action_id IS NULL AND NOT EXISTS (SELECT 1 FROM notices o WHERE o.workspace_id = n.workspace_id
                AND o.session_id = n.session_id AND o.kind = n.kind AND o.recipient = n.copy_of
                AND o.copy_of IS NULL)))""",
    ),
    Rule(
        id="addresses_are_asked",
        truth="A mail address that is a stakeholder has been asked, or an admin answers for it.",
        advice="Nothing is sent there, and nobody sees why (the addresses are named). No credits are affected. Remove them "
        f"in the set-up and name them again, and {REPORT}",
        money=False,
        faults="""
        SELECT k.workspace_id, k.target AS what FROM stakeholders k WHERE k.target LIKE 'mail:%' AND NOT EXISTS (
            SELECT 1 FROM stakeholder_addresses a WHERE a.workspace_id = k.workspace_id AND a.address_id = k.target)""",
    ),
    Rule(
        id="undone_is_not_announced",
        truth="Nobody else is told of what was taken back in time, and nothing else is withheld.",
        advice="A coach or a client heard of a cancellation that no longer counts, or never of one that does (the notices are "
        f"named by their keys). No credits are affected. Tell them what is true, and {REPORT}",
        money=False,
        faults=f"""
        SELECT n.workspace_id, n.dedupe_key AS what FROM notices n
        JOIN refunds r ON r.workspace_id = n.workspace_id AND r.action_id = n.action_id AND r.decision = 'policy'
        WHERE {_ANNOUNCES} AND (
            (r.undone_at IS NOT NULL AND (n.state <> 'dropped' OR n.sent_revision IS NOT NULL))
            OR (r.undone_at IS NULL AND n.why = 'taken_back'))""",
    ),
    Rule(
        id="alerts_wait_for_undo",
        truth="An alert, and a receipt of what somebody else canceled, waits until it can no longer be undone.",
        advice="Somebody would hear of a cancellation that may still be taken back. No credits are affected, and it passes with "
        f"the undo window: run doctor again in a few minutes. If it stays, {REPORT}",
        money=False,
        faults=f"""
        SELECT n.workspace_id, n.dedupe_key AS what FROM notices n
        JOIN refunds r ON r.workspace_id = n.workspace_id AND r.action_id = n.action_id AND r.decision = 'policy'
        JOIN sessions s ON s.workspace_id = r.workspace_id AND s.id = r.session_id
            AND s.cancellation_no = r.cancellation_no AND s.status = 'canceled'
        WHERE {_ANNOUNCES} AND n.state = 'pending' AND n.sent_revision IS NULL AND n.due_at < s.held_until""",
    ),
    Rule(
        id="gifts_are_told",
        truth="Everybody to whom an admin gave credits is told so once.",
        advice="Somebody does not know that they can book. No credits are affected. Tell the holders of these grants, and "
        + REPORT,
        money=False,
        faults="""
        SELECT g.workspace_id, g.id AS what FROM grants g WHERE g.granted_by IS NOT NULL AND g.client_id IS NOT NULL AND 1 <> (
            SELECT COUNT(*) FROM notices n WHERE n.workspace_id = g.workspace_id AND n.dedupe_key = 'granted:' || g.id)""",
    ),
    Rule(
        id="mails_are_no_messages",
        truth="A mail has no place in Slack, is never edited, and what stands beside a message in Slack is a mail.",
        advice=f"No credits are affected. These rows mix up a mail and a message, so somebody may be told twice. Set pending "
        f"ones to dropped, and {REPORT}",
        money=False,
        faults="""
        SELECT n.workspace_id, n.dedupe_key AS what FROM notices n
        WHERE (n.medium = 'mail' AND (n.channel IS NOT NULL OR n.message_ts IS NOT NULL
                OR (n.sent_revision IS NOT NULL AND n.state IN ('pending', 'leased'))))
            OR (n.repeats IS NOT NULL AND n.medium <> 'mail')""",
    ),
    Rule(
        id="no_orphan_notices",
        truth="A notice tells of something that happened: an action, a session, or a grant that exists.",
        advice="Somebody is or was told of something that the database does not know (the notices are named by their keys). "
        "No credits are affected. If rows were deleted, put them back from a backup; set pending ones to dropped so that "
        "nobody is confused, and " + REPORT,
        money=False,
        faults=f"""
        SELECT n.workspace_id, n.dedupe_key AS what FROM notices n WHERE n.kind IN {_OF_A_CANCELLATION} AND NOT EXISTS (
            SELECT 1 FROM refunds r WHERE r.workspace_id = n.workspace_id AND r.action_id = n.action_id)
        UNION ALL SELECT n.workspace_id, n.dedupe_key FROM notices n WHERE n.kind IN {_OF_A_MOVE} AND NOT EXISTS (
            SELECT 1 FROM moves m WHERE m.workspace_id = n.workspace_id AND m.action_id = n.action_id)
        UNION ALL SELECT n.workspace_id, n.dedupe_key FROM notices n WHERE n.kind IN {_OF_A_LINK} AND NOT EXISTS (
            SELECT 1 FROM link_changes m WHERE m.workspace_id = n.workspace_id AND m.action_id = n.action_id)
        UNION ALL SELECT n.workspace_id, n.dedupe_key FROM notices n WHERE n.kind IN {_OF_A_SESSION} AND NOT EXISTS (
            SELECT 1 FROM sessions s WHERE s.workspace_id = n.workspace_id AND s.id = n.session_id)
        UNION ALL SELECT n.workspace_id, n.dedupe_key FROM notices n WHERE n.kind IN {_OF_A_DECISION} AND NOT EXISTS (
            SELECT 1 FROM ({LATER}) r WHERE r.workspace_id = n.workspace_id AND r.action_id = n.action_id)
            AND NOT EXISTS (
            SELECT 1 FROM requests x WHERE x.workspace_id = n.workspace_id AND x.action_id = n.action_id)
        UNION ALL SELECT n.workspace_id, n.dedupe_key FROM notices n WHERE n.kind IN {_OF_A_REQUEST} AND NOT EXISTS (
            SELECT 1 FROM requests x WHERE x.workspace_id = n.workspace_id AND x.action_id = n.action_id)
        UNION ALL SELECT n.workspace_id, n.dedupe_key FROM notices n WHERE n.kind IN {_OF_A_GRANT} AND NOT EXISTS (
            SELECT 1 FROM grants g WHERE g.workspace_id = n.workspace_id AND g.id = n.about_id)
        UNION ALL SELECT n.workspace_id, n.dedupe_key FROM notices n WHERE n.kind IN {_OF_A_PERSON} AND NOT EXISTS (
            SELECT 1 FROM members m WHERE m.workspace_id = n.workspace_id AND m.id = n.about_id)
        UNION ALL SELECT n.workspace_id, n.dedupe_key FROM notices n WHERE n.kind IN {_OF_A_POOL} AND NOT EXISTS (
            SELECT 1 FROM pools p WHERE p.workspace_id = n.workspace_id AND p.id = n.about_id)
        UNION ALL SELECT n.workspace_id, n.dedupe_key FROM notices n WHERE n.kind IN {_OF_A_WORKSPACE} AND (
            n.trouble IS NULL OR n.session_id IS NOT NULL OR n.action_id IS NOT NULL OR n.about_id IS NOT NULL)
        UNION ALL SELECT n.workspace_id, n.dedupe_key FROM notices n WHERE n.kind IN {_OF_A_COACH} AND (
            n.about_id IS NULL
            OR (n.session_id IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM sessions s WHERE s.workspace_id = n.workspace_id AND s.id = n.session_id))
            OR (n.action_id IS NOT NULL AND n.session_id IS NULL AND NOT EXISTS (
                SELECT 1 FROM refunds r WHERE r.workspace_id = n.workspace_id AND r.action_id = n.action_id)
                AND NOT EXISTS (
                SELECT 1 FROM moves m WHERE m.workspace_id = n.workspace_id AND m.action_id = n.action_id)
                AND NOT EXISTS (
                SELECT 1 FROM requests x WHERE x.workspace_id = n.workspace_id AND x.action_id = n.action_id)))""",
    ),
    Rule(
        id="no_reminder_of_what_is_over",
        truth="No reminder waits for a session that is canceled, kept or moved.",
        advice="A client would be reminded of a time or a deadline that is no longer true. No credits are affected: the bot "
        f"checks again before it sends and drops these. Run doctor again tomorrow; if they stay, {REPORT}",
        money=False,
        faults="""
        SELECT n.workspace_id, n.dedupe_key AS what FROM notices n
        JOIN sessions s ON s.workspace_id = n.workspace_id AND s.id = n.session_id
        WHERE n.state = 'pending' AND n.sent_revision IS NULL AND (
            (n.kind = 'reminder' AND (s.status = 'canceled' OR s.reminders_kept OR n.cutoff <> s.refund_cutoff_at))
            OR (n.kind = 'starting' AND (s.status = 'canceled' OR n.cutoff <> s.starts_at)))""",
    ),
    Rule(
        id="no_nudge_of_what_is_decided",
        truth="No reminder waits for a request that is decided, or that others decide about.",
        advice="Somebody would be reminded of a request that is not theirs to decide any more. No credits are affected: the bot "
        f"checks again before it sends and drops these. Run doctor again tomorrow; if they stay, {REPORT}",
        money=False,
        faults=f"""
        SELECT n.workspace_id, n.dedupe_key AS what FROM notices n
        WHERE n.kind IN {listed(NUDGES)} AND n.state = 'pending' AND n.sent_revision IS NULL AND n.ambiguous = 0
        AND NOT EXISTS (SELECT 1 FROM requests x WHERE x.workspace_id = n.workspace_id AND x.action_id = n.action_id
            AND x.state = 'open' AND x.by_admins = (n.kind = 'admin_nudge'))""",
    ),
    Rule(
        id="reminders_go_to_the_client",
        truth="A reminder that waits goes to its session's client.",
        advice="Somebody would be reminded of another person's session. No credits are affected. Stop the bot, set recipient "
        f"of each notice named to the session's client_id, and {REPORT}",
        money=False,
        faults=f"""
        SELECT n.workspace_id, n.dedupe_key AS what FROM notices n
        LEFT JOIN sessions s ON s.workspace_id = n.workspace_id AND s.id = n.session_id
        WHERE n.kind IN {listed(PLANNED)} AND n.state = 'pending'
        AND (s.client_id IS NULL OR s.client_id <> n.recipient)""",
    ),
    Rule(
        id="coaches_are_asked_once",
        truth="A coach is asked at most once whether a session took place.",
        advice="A coach got the same question twice (the sessions are named). Answering either one answers both; no credits "
        f"are affected. Please {REPORT}",
        money=False,
        faults="""
        SELECT workspace_id, session_id AS what FROM notices
        WHERE kind = 'outcome_asked' AND sent_revision IS NOT NULL AND repeats IS NULL
        GROUP BY workspace_id, session_id HAVING COUNT(*) > 1""",
    ),
    Rule(
        id="dialogs_did_what_they_showed",
        truth="A confirmed dialog did what it showed.",
        advice="A client was shown one refund and got another (the actions are named; dialogs are kept for two days). Stop the "
        "bot, compare quote and refunds of each action, make good what was promised, and " + REPORT,
        money=True,
    ),
)
