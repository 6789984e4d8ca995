"""Rules of sessions: their life cycle, slots and terms, and that no row refers to a session that does not exist."""

from storage.rules.rule import HATS, KEEP_COPY, REPORT, Rule, meet

SESSIONS = (
    Rule(
        id="no_slot_twice",
        truth="No coach has two booked sessions at once.",
        advice="Two clients expect the same coach (both sessions are named). Credits are right. Let the coach cancel or move "
        "one of the two in Slack; if the triggers sessions_slot_insert and sessions_slot_update are gone from the database, "
        "restore them from a backup's schema before booking goes on.",
        money=False,
        faults="""
        SELECT a.workspace_id, a.id || ' ' || b.id AS what FROM sessions a
        JOIN sessions b ON b.workspace_id = a.workspace_id AND b.coach_id = a.coach_id AND b.id <> a.id
            AND b.starts_at >= a.starts_at AND b.starts_at < a.ends_at
        WHERE a.status = 'scheduled' AND b.status = 'scheduled' AND NOT a.may_overlap AND NOT b.may_overlap
            AND (b.starts_at > a.starts_at OR b.id > a.id)""",
    ),
    Rule(
        id="nobody_twice",
        truth="No client has another booked session at the same time, as client or as coach.",
        advice="Somebody is expected in two sessions (both are named). Credits are right. Let them move or cancel one of the "
        "two in Slack; if the triggers sessions_slot_insert and sessions_slot_update are gone from the database, restore "
        "them from a backup's schema before booking goes on.",
        money=False,
        faults=" UNION ".join(
            meet(as_one, as_other, "NOT a.may_overlap AND NOT b.may_overlap") for as_one, as_other in HATS
        ),
    ),
    Rule(
        id="held_slots_stay_free",
        truth="Nobody books or moves onto a slot that is held while its cancellation can be undone.",
        advice="A client may take a cancellation back and find their slot given away (both sessions are named). Credits are "
        "right. If both are scheduled now, let the coach move one of them.",
        money=False,
        faults="""
        SELECT a.workspace_id, a.id || ' ' || b.id AS what FROM sessions a
        JOIN sessions b ON b.workspace_id = a.workspace_id AND b.coach_id = a.coach_id AND b.id <> a.id
            AND b.starts_at > a.starts_at - 86400000000 AND b.starts_at < a.ends_at AND b.ends_at > a.starts_at
            AND COALESCE(b.changed_at, b.booked_at) >= a.canceled_at AND COALESCE(b.changed_at, b.booked_at) < a.held_until
        WHERE a.status = 'canceled' AND b.status = 'scheduled' AND NOT a.may_overlap AND NOT b.may_overlap""",
    ),
    Rule(
        id="package_places_are_held_once",
        truth="A place in a package is held by one session that is not canceled.",
        advice="Two sessions of this grant say that they are the same one of its package; only the number shown is wrong. "
        "Give one of them a free package_position.",
        money=False,
        faults="""
        SELECT workspace_id, grant_id AS what FROM sessions WHERE status <> 'canceled' AND package_position IS NOT NULL
        GROUP BY workspace_id, grant_id, package_position HAVING COUNT(*) > 1""",
    ),
    Rule(
        id="one_refund_per_cancellation",
        truth="Every cancellation has one refund and one entry on the timeline, and every change of a session one version.",
        advice="A session was changed without its records, or records were written without the change, so its history and "
        f"maybe its refund cannot be trusted. {KEEP_COPY} compare these sessions with their refunds, moves and timeline, and "
        + REPORT,
        money=True,
        faults="""
        SELECT s.workspace_id, s.id AS what FROM sessions s
        LEFT JOIN (SELECT workspace_id, session_id, COUNT(*) AS made, COUNT(undone_at) AS undone,
                SUM(CASE WHEN "by" = 'import' THEN 1 ELSE 0 END) AS imported
            FROM refunds WHERE decision = 'policy' GROUP BY workspace_id, session_id) r
            ON r.workspace_id = s.workspace_id AND r.session_id = s.id
        LEFT JOIN (SELECT workspace_id, session_id, COUNT(*) AS made FROM moves GROUP BY workspace_id, session_id) m
            ON m.workspace_id = s.workspace_id AND m.session_id = s.id
        LEFT JOIN (SELECT workspace_id, session_id,
                SUM(CASE WHEN event IN ('booked', 'imported') THEN 1 ELSE 0 END) AS begun,
                SUM(CASE event WHEN 'canceled' THEN 1 ELSE 0 END) AS canceled,
                SUM(CASE event WHEN 'undone' THEN 1 ELSE 0 END) AS undone,
                SUM(CASE WHEN event IN ('moved', 'handed_over') THEN 1 ELSE 0 END) AS moved,
                SUM(CASE WHEN event IN ('completed', 'no_show') THEN 1 ELSE 0 END) AS ended
            FROM timeline GROUP BY workspace_id, session_id) e
            ON e.workspace_id = s.workspace_id AND e.session_id = s.id
        WHERE COALESCE(e.begun, 0) <> 1
        OR s.version <> 1 + s.cancellation_no - COALESCE(r.imported, 0) + COALESCE(r.undone, 0) + COALESCE(m.made, 0)
            + COALESCE(e.ended, 0)
        OR s.cancellation_no <> COALESCE(r.made, 0)
        OR COALESCE(r.made, 0) - COALESCE(r.undone, 0) <> CASE s.status WHEN 'canceled' THEN 1 ELSE 0 END
        OR s.cancellation_no - COALESCE(r.imported, 0) <> COALESCE(e.canceled, 0)
        OR COALESCE(r.undone, 0) <> COALESCE(e.undone, 0)
        OR COALESCE(m.made, 0) <> COALESCE(e.moved, 0)""",
    ),
    Rule(
        id="outcomes_are_on_the_timeline",
        truth="A session ended as its timeline says last, and what is scheduled or canceled did not end before.",
        advice="Nobody can tell who said that these sessions took place or were no-shows (session, status and what the timeline "
        f"says last are named). {KEEP_COPY} ask their coaches, and {REPORT}",
        money=False,
        faults="""
        SELECT s.workspace_id, s.id || ' ' || s.status || ' ' || COALESCE(e.event, 'nothing') AS what FROM sessions s
        LEFT JOIN (SELECT c.workspace_id, c.session_id, c.event, ROW_NUMBER() OVER (
                PARTITION BY c.workspace_id, c.session_id ORDER BY c.at DESC, c.id DESC) AS place
            FROM timeline c WHERE c.event IN ('completed', 'no_show')) e
            ON e.workspace_id = s.workspace_id AND e.session_id = s.id AND e.place = 1
        WHERE COALESCE(e.event, '') <> CASE WHEN s.status IN ('completed', 'no_show') THEN s.status ELSE '' END""",
    ),
    Rule(
        id="only_completed_sessions_wait_for_a_word",
        truth="A session waits for its coach to confirm how it went only if it counts as completed.",
        advice="Their coaches are asked about sessions that did not end that way (session and status are named). "
        f"{KEEP_COPY} set unconfirmed to false for these sessions, and {REPORT}",
        money=False,
        faults="""
        SELECT s.workspace_id, s.id || ' ' || s.status AS what FROM sessions s
        WHERE s.unconfirmed AND s.status <> 'completed'""",
    ),
    Rule(
        id="last_cancellation_is_in_force",
        truth="The last cancellation of a session is the one in force.",
        advice="An earlier cancellation counts again although it was taken back, so what came back belongs to another one. "
        f"{KEEP_COPY} look at the refunds of these sessions, and {REPORT}",
        money=True,
        faults="""
        SELECT r.workspace_id, r.session_id AS what FROM refunds r
        JOIN sessions s ON s.workspace_id = r.workspace_id AND s.id = r.session_id
        WHERE r.decision = 'policy' AND r.undone_at IS NULL AND r.cancellation_no <> s.cancellation_no""",
    ),
    Rule(
        id="sessions_are_where_they_were_moved",
        truth="A session is where its last move took it.",
        advice="A session's time was changed without a move, so its people were not told. Credits are right. "
        "Ask client and coach when they meet, and move it there in Slack.",
        money=False,
        faults="""
        SELECT s.workspace_id, s.id AS what FROM sessions s
        JOIN moves m ON m.workspace_id = s.workspace_id AND m.session_id = s.id
        WHERE m.new_starts_at <> s.starts_at AND NOT EXISTS (SELECT 1 FROM moves x
            WHERE x.workspace_id = m.workspace_id AND x.session_id = m.session_id AND x.version > m.version)""",
    ),
    Rule(
        id="moves_are_counted",
        truth="Every move by the client, and no other, counts towards the limit.",
        advice="A client may move these sessions more or less often than their policy says. Credits are right. "
        "Set reschedules of each to the number of its moves by the client.",
        money=False,
        faults="""
        SELECT s.workspace_id, s.id AS what FROM sessions s
        LEFT JOIN (SELECT workspace_id, session_id, COUNT(*) AS made FROM moves WHERE role = 'client'
            GROUP BY workspace_id, session_id) m ON m.workspace_id = s.workspace_id AND m.session_id = s.id
        WHERE s.reschedules <> COALESCE(m.made, 0)""",
    ),
    Rule(
        id="handed_over_to_their_coach",
        truth="A session that was handed over has the coach to whom it was handed last.",
        advice="Two coaches may come, or none (the sessions are named). Credits are right. Ask both coaches who gives it, and "
        "hand it over in Slack.",
        money=False,
        faults="""
        SELECT s.workspace_id, s.id AS what FROM sessions s
        JOIN moves m ON m.workspace_id = s.workspace_id AND m.session_id = s.id AND m.old_coach_id IS NOT NULL
        WHERE (m.new_coach_id IS NULL OR m.new_coach_id <> s.coach_id OR m.new_coach_id = m.old_coach_id)
            AND NOT EXISTS (SELECT 1 FROM moves x WHERE x.workspace_id = m.workspace_id AND x.session_id = m.session_id
                AND x.version > m.version AND x.old_coach_id IS NOT NULL)""",
    ),
    Rule(
        id="records_of_known_sessions",
        truth="Refunds, moves, timeline entries, requests and changed links are about sessions that exist.",
        advice="A session was deleted and left records behind (table and session are named); the credits paid for it may be "
        f"stuck in its account. {KEEP_COPY} put the session back from a backup, or {REPORT}",
        money=True,
        faults=" UNION ALL ".join(
            f"""
        SELECT r.workspace_id, '{table} ' || r.{session} AS what FROM {table} r
        LEFT JOIN sessions s ON s.workspace_id = r.workspace_id AND s.id = r.{session} WHERE s.id IS NULL{besides}"""
            for table, session, besides in (
                ("refunds", "session_id", ""),
                ("moves", "session_id", ""),
                ("timeline", "session_id", ""),
                ("link_changes", "session_id", ""),
                ("requests", "subject_id", " AND r.kind <> 'credits'"),
            )
        ),
    ),
    Rule(
        id="exceptions_of_known_cancellations",
        truth="An exception is about a cancellation that was made: open while it is in force and undecided, or until it is "
        "answered where it was asked after a decision, decided then, withdrawn when it was taken back.",
        advice="A coach is asked about a cancellation that is not there, taken back or decided, or not any more. No credits "
        "moved for it. Set the state of each exception named (session, number) to decided or withdrawn, or " + REPORT,
        money=False,
        faults="""
        SELECT x.workspace_id, x.subject_id || ' ' || CAST(x.number AS TEXT) AS what FROM requests x
        LEFT JOIN refunds p ON p.workspace_id = x.workspace_id AND p.session_id = x.subject_id
            AND p.cancellation_no = x.number AND p.decision = 'policy'
        LEFT JOIN refunds l ON l.workspace_id = x.workspace_id AND l.session_id = x.subject_id
            AND l.cancellation_no = x.number AND l.decision = 'late'
        LEFT JOIN refunds a ON a.workspace_id = x.workspace_id AND a.session_id = x.subject_id
            AND a.cancellation_no = x.number AND a.decision = 'later'
        WHERE x.kind = 'exception' AND (p.session_id IS NULL OR x.state <> CASE WHEN p.undone_at IS NOT NULL THEN 'withdrawn'
            WHEN l.session_id IS NULL THEN 'open' WHEN x.state = 'open' AND x.asked_at > l.at
                AND l.outcome <> 'refunded' AND a.session_id IS NULL THEN 'open' ELSE 'decided' END)""",
    ),
    Rule(
        id="move_requests_fit_their_sessions",
        truth="A request to move a session is open only while the session is booked, and one that was accepted moved it.",
        advice="A coach is asked about a session that cannot be moved any more, or a client was told of a move that was not "
        "made. No credits are affected. Set the state of each request named (session, number) to withdrawn, or "
        + REPORT,
        money=False,
        faults="""
        SELECT x.workspace_id, x.subject_id || ' ' || CAST(x.number AS TEXT) AS what FROM requests x
        JOIN sessions s ON s.workspace_id = x.workspace_id AND s.id = x.subject_id
        WHERE x.kind = 'move' AND (
            (x.state = 'open' AND s.status = 'canceled')
            OR (x.state = 'decided') OR ((x.state = 'open') <> (x.answered_at IS NULL))
            OR (x.state = 'accepted' AND NOT EXISTS (SELECT 1 FROM moves m WHERE m.workspace_id = x.workspace_id
                AND m.session_id = x.subject_id AND m.at = x.answered_at AND m.by = x.answered_by)))""",
    ),
    Rule(
        id="policies_are_known",
        truth="Every session, session type, package and workspace that names a policy names one that exists.",
        advice="Nobody can cancel or move these sessions, and nothing can be booked under these terms: Slack shows an error. "
        "Put the missing row back into policies from a backup, or give what is named the workspace's own policy_id. No "
        "credits moved.",
        money=False,
        faults=" UNION ALL ".join(
            f"""
        SELECT o.workspace_id, '{table} ' || o.{key} AS what FROM {table} o
        LEFT JOIN policies p ON p.workspace_id = o.workspace_id AND p.id = o.policy_id
        WHERE o.policy_id IS NOT NULL AND p.id IS NULL"""
            for table, key in (
                ("sessions", "id"),
                ("session_types", "id"),
                ("packages", "id"),
                ("workspaces", "workspace_id"),
            )
        ),
    ),
    Rule(
        id="policies_can_be_read",
        truth="The terms of every policy can be read and make sense.",
        advice="Nobody can see, cancel or move the sessions under these policies: Slack shows an error. Put the terms of each "
        "policy named back from a backup; if a newer release wrote them, run that release. No credits moved.",
        money=False,
    ),
    Rule(
        id="coaches_are_listed_by_their_names",
        truth="Coaches and their hours are listed under the names that Slack gives them.",
        advice="These coaches are at the wrong place in lists, or hard to find there. Somebody changed rows while the triggers "
        f"were off. {KEEP_COPY} set the name of their rows in coaches and availability to that in members.",
        money=False,
        faults="""
        SELECT x.workspace_id, x.who AS what FROM (
            SELECT workspace_id, member_id AS who, name FROM coaches
            UNION ALL SELECT workspace_id, coach_id, name FROM availability) x
        LEFT JOIN members m ON m.workspace_id = x.workspace_id AND m.id = x.who
        WHERE x.name <> COALESCE(m.name, '')""",
    ),
    Rule(
        id="notes_are_about_their_clients_sessions",
        truth="A private note about a session is about its client.",
        advice="Coaches of one client may read what is about another one (the notes are named). Somebody changed rows by hand. "
        f"{KEEP_COPY} set session_id of these notes to null, or client_id to the session's client.",
        money=False,
        faults="""
        SELECT n.workspace_id, n.id AS what FROM notes n
        LEFT JOIN sessions s ON s.workspace_id = n.workspace_id AND s.id = n.session_id
        WHERE n.session_id IS NOT NULL AND (s.id IS NULL OR s.client_id <> n.client_id)""",
    ),
    Rule(
        id="coaches_give_types_that_exist",
        truth="Who gives a session type is kept for types that exist.",
        advice="These rows (session type and coach) say who gives something that nobody can book. Somebody changed rows by hand. "
        f"{KEEP_COPY} delete them from session_type_coaches.",
        money=False,
        faults="""
        SELECT g.workspace_id, g.session_type_id || ' ' || g.coach_id AS what FROM session_type_coaches g
        LEFT JOIN session_types t ON t.workspace_id = g.workspace_id AND t.id = g.session_type_id
        WHERE t.id IS NULL""",
    ),
    Rule(
        id="clients_are_named_for_types_that_exist",
        truth="Which clients may book a session type is kept for types that exist.",
        advice="These rows (session type and client) say who may book something that nobody can book. Somebody changed rows by "
        f"hand. {KEEP_COPY} delete them from session_type_clients.",
        money=False,
        faults="""
        SELECT c.workspace_id, c.session_type_id || ' ' || c.client_id AS what FROM session_type_clients c
        LEFT JOIN session_types t ON t.workspace_id = c.workspace_id AND t.id = c.session_type_id
        WHERE t.id IS NULL""",
    ),
)
