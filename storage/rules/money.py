"""Rules of the ledger: where credits are, and that they are returned at most once."""

from storage.rules.rule import BALANCES, KEEP_COPY, LATER, POLICY, REPORT, Rule, moved

_FORFEITED = moved("forfeit")

MONEY = (
    Rule(
        id="accounts_sum_to_zero",
        truth="All accounts of a workspace together hold nothing: what was issued is somewhere.",
        advice="Credits left the books, or came from nowhere, and every balance is in doubt. "
        f"{KEEP_COPY} look for rows of transfers whose source or target is no grant and no session (the rules below name "
        "them), restore the last backup that doctor finds well, or " + REPORT,
        money=True,
        faults=f"""
        SELECT b.workspace_id, CAST(SUM(b.balance) AS TEXT) AS what FROM ({BALANCES}) b
        LEFT JOIN grants g ON g.workspace_id = b.workspace_id AND g.id = SUBSTR(b.account, 7)
            AND SUBSTR(b.account, 1, 6) = 'grant:'
        LEFT JOIN sessions s ON s.workspace_id = b.workspace_id AND s.id = SUBSTR(b.account, 9)
            AND SUBSTR(b.account, 1, 8) = 'session:'
        WHERE g.id IS NOT NULL OR s.id IS NOT NULL OR b.account IN ('issued', 'forfeited', 'expired', 'earned')
        GROUP BY b.workspace_id HAVING SUM(b.balance) <> 0""",
    ),
    Rule(
        id="no_negative_account",
        truth="No account but the issuing one is below zero.",
        advice="More was taken from these accounts than was in them: a client booked with credits they did not have, or got "
        f"more back than they paid. {KEEP_COPY} look at the transfers of each account named, and {REPORT}",
        money=True,
        faults=f"""
        SELECT workspace_id, account || ' ' || CAST(balance AS TEXT) AS what FROM ({BALANCES}) b
        WHERE balance < 0 AND account <> 'issued'""",
    ),
    Rule(
        id="transfers_move_as_their_kind_says",
        truth="A transfer moves a positive amount between the accounts that its kind says.",
        advice="These transfers, named by their keys, were not written by this program, or were changed by hand. "
        f"{KEEP_COPY} find out who else writes to it, restore the last backup that doctor finds well, or {REPORT}",
        money=True,
        faults="""
        SELECT workspace_id, key AS what FROM transfers WHERE amount <= 0 OR source = target OR COALESCE(NOT (
            (kind = 'issue' AND source = 'issued' AND target = 'grant:' || grant_id AND session_id IS NULL)
            OR (kind = 'book' AND source = 'grant:' || grant_id AND target = 'session:' || session_id)
            OR (kind = 'refund' AND source = 'session:' || session_id AND target = 'grant:' || grant_id)
            OR (kind = 'forfeit' AND source = 'session:' || session_id AND target = 'forfeited')
            OR (kind = 'late_refund' AND source = 'forfeited' AND target = 'grant:' || grant_id AND session_id IS NOT NULL)
            OR (kind = 'undo' AND source IN ('grant:' || grant_id, 'forfeited') AND target = 'session:' || session_id)
            OR (kind = 'earn' AND source IN ('session:' || session_id, 'forfeited') AND target = 'earned'
                AND session_id IS NOT NULL)
            OR (kind = 'miss' AND source IN ('session:' || session_id, 'earned') AND target = 'forfeited'
                AND session_id IS NOT NULL)
            OR (kind = 'revoke' AND source = 'grant:' || grant_id AND target = 'issued' AND session_id IS NULL)
            OR (kind = 'expire' AND source = 'grant:' || grant_id AND target = 'expired' AND session_id IS NULL)),
            1 = 1)""",
    ),
    Rule(
        id="checkpoints_are_sums",
        truth="A checkpoint of a grant is the sum of the movements of its account up to its number.",
        advice="The balances of these grants are wrong, although their transfers are right. Stop the bot, keep a copy of the "
        "database as it is, delete the rows of checkpoints named (balances are then added up from all transfers), and report "
        "the ids to the maintainers.",
        money=True,
        faults="""
        SELECT c.workspace_id, c.grant_id || ' ' || CAST(c.number AS TEXT) || ' ' || CAST(c.balance AS TEXT) AS what
        FROM checkpoints c LEFT JOIN transfers t ON t.workspace_id = c.workspace_id AND t.grant_id = c.grant_id
            AND t.number <= c.number
        GROUP BY c.workspace_id, c.grant_id, c.number, c.balance
        HAVING c.balance <> COALESCE(SUM(CASE WHEN t.target = 'grant:' || t.grant_id THEN t.amount ELSE -t.amount END), 0)
            OR c.number > COALESCE(MAX(t.number), 0)""",
    ),
    Rule(
        id="movements_of_grants_are_numbered",
        truth="A transfer has a number if it moves credits of the grant that it names, and only then.",
        advice="These transfers, named by their keys, are missing from the balances of their grants, or count without moving "
        f"anything. {KEEP_COPY} find out who else writes to it, and {REPORT}",
        money=True,
        faults="""
        SELECT workspace_id, key AS what FROM transfers
        WHERE (number IS NOT NULL) <> COALESCE(source = 'grant:' || grant_id OR target = 'grant:' || grant_id, 1 = 0)""",
    ),
    Rule(
        id="uses_of_pools_name_their_client",
        truth="A line of a pool's history that is for a session names its client, and no other transfer names one.",
        advice="These transfers, named by their keys, are missing from a person's history of credits, or show in another's. "
        f"No balance depends on it. {KEEP_COPY} set their client_id to that of their session, and {REPORT}",
        money=True,
        faults="""
        SELECT t.workspace_id, t.key AS what FROM transfers t
        LEFT JOIN grants g ON g.workspace_id = t.workspace_id AND g.id = t.grant_id AND g.pool_id IS NOT NULL
        LEFT JOIN sessions s ON s.workspace_id = t.workspace_id AND s.id = t.session_id AND g.id IS NOT NULL
            AND (t.kind <> 'earn' OR t.source = 'forfeited')
        WHERE COALESCE(t.client_id, '') <> COALESCE(s.client_id, '')""",
    ),
    Rule(
        id="transfers_of_known_grants_and_sessions",
        truth="Every transfer belongs to a grant, and to a session where it names one.",
        advice="Somebody deleted a grant or a session that credits had moved through; its client sees neither. "
        f"{KEEP_COPY} put the rows named after each key back from a backup, or {REPORT}",
        money=True,
        faults="""
        SELECT t.workspace_id, t.key AS what FROM transfers t
        LEFT JOIN grants g ON g.workspace_id = t.workspace_id AND g.id = t.grant_id
        LEFT JOIN sessions s ON s.workspace_id = t.workspace_id AND s.id = t.session_id
        WHERE g.id IS NULL OR (t.session_id IS NOT NULL AND s.id IS NULL)""",
    ),
    Rule(
        id="returned_at_most_what_was_paid",
        truth="Credits return to the grants that paid or to grants returned from them, no more than was paid for that session.",
        advice="A client got credits back twice, or that another grant had paid (session and grant are named). "
        f"{KEEP_COPY} compare the session's transfers with its refunds to see what came back too much, and {REPORT}",
        money=True,
        faults="""
        SELECT t.workspace_id, t.session_id || ' ' || COALESCE(g.parent_id, g.id) AS what FROM transfers t
        JOIN grants g ON g.workspace_id = t.workspace_id AND g.id = t.grant_id
        WHERE t.session_id IS NOT NULL
        GROUP BY t.workspace_id, t.session_id, COALESCE(g.parent_id, g.id)
        HAVING 0 > SUM(
            CASE WHEN t.kind = 'book' OR (t.kind = 'undo' AND t.source <> 'forfeited') THEN t.amount
            WHEN t.kind IN ('refund', 'late_refund') THEN -t.amount ELSE 0 END)""",
    ),
    Rule(
        id="clients_pay_with_their_own_grants",
        truth="Sessions are paid from, and return to, grants of their own client or of a pool.",
        advice="Somebody's credits paid for another person's session (the transfers are named by their keys). If two people "
        "were merged or sessions reassigned by hand, give the grant to the session's client; otherwise stop the bot and "
        + REPORT,
        money=True,
        faults="""
        SELECT t.workspace_id, t.key AS what FROM transfers t
        JOIN sessions s ON s.workspace_id = t.workspace_id AND s.id = t.session_id
        JOIN grants g ON g.workspace_id = t.workspace_id AND g.id = t.grant_id
        WHERE g.client_id <> s.client_id""",
    ),
    Rule(
        id="session_accounts_hold_the_price",
        truth="A session's account holds its price until it ends or is canceled, then nothing.",
        advice="A session was booked without being paid, or ended without its credits going anywhere (session, status and what "
        f"its account holds are named). {KEEP_COPY} look at that session's transfers and timeline, and {REPORT}",
        money=True,
        faults=f"""
        SELECT s.workspace_id, s.id || ' ' || s.status || ' ' || CAST(COALESCE(b.balance, 0) AS TEXT) AS what FROM sessions s
        LEFT JOIN ({BALANCES}) b ON b.workspace_id = s.workspace_id AND b.account = 'session:' || s.id
        WHERE COALESCE(b.balance, 0) <> CASE s.status WHEN 'scheduled' THEN s.price ELSE 0 END""",
    ),
    Rule(
        id="outcomes_moved_the_price",
        truth="What paid for a completed session is earned, what paid for a no-show is forfeited, and nothing else is.",
        advice="A session was closed or corrected without its credits following (session, status, what is earned and what is "
        f"forfeited as no-shows are named). {KEEP_COPY} look at the transfers of kind earn and miss of these sessions, and "
        + REPORT,
        money=True,
        faults="""
        SELECT s.workspace_id, s.id || ' ' || s.status || ' ' || CAST(COALESCE(o.earned, 0) AS TEXT) || ' '
            || CAST(COALESCE(o.missed, 0) AS TEXT) AS what
        FROM sessions s
        LEFT JOIN (SELECT workspace_id, session_id,
                SUM(CASE WHEN target = 'earned' THEN amount WHEN source = 'earned' THEN -amount ELSE 0 END) AS earned,
                SUM(CASE WHEN kind = 'miss' THEN amount WHEN source = 'forfeited' THEN -amount ELSE 0 END) AS missed
            FROM transfers WHERE kind IN ('earn', 'miss') GROUP BY workspace_id, session_id) o
            ON o.workspace_id = s.workspace_id AND o.session_id = s.id
        WHERE COALESCE(o.earned, 0) <> CASE s.status WHEN 'completed' THEN s.price ELSE 0 END
        OR COALESCE(o.missed, 0) <> CASE s.status WHEN 'no_show' THEN s.price ELSE 0 END""",
    ),
    Rule(
        id="cancellations_moved_what_they_say",
        truth="A cancellation returned what its refund says and forfeited the rest.",
        advice="What the client was told came back is not what the ledger moved. "
        f"{KEEP_COPY} compare refunds and transfers of these sessions, tell the clients what is true, and {REPORT}",
        money=True,
        faults=f"""
        SELECT r.workspace_id, r.session_id AS what FROM ({POLICY}) r
        JOIN sessions s ON s.workspace_id = r.workspace_id AND s.id = r.session_id
        WHERE r.amount <> {moved("refund")} OR s.price - r.amount <> {_FORFEITED}""",
    ),
    Rule(
        id="undo_moved_everything_back",
        truth="A cancellation that was taken back moved all of it back, any other one nothing.",
        advice="A session was taken back into the calendar without its credits, or credits without the session. "
        f"{KEEP_COPY} look at the transfers of kind undo of these sessions, and {REPORT}",
        money=True,
        faults=f"""
        SELECT r.workspace_id, r.session_id AS what FROM ({POLICY}) r
        JOIN sessions s ON s.workspace_id = r.workspace_id AND s.id = r.session_id
        WHERE {moved("undo")} <> CASE WHEN r.undone_at IS NULL THEN 0 ELSE s.price END""",
    ),
    Rule(
        id="decided_is_not_undone",
        truth="A cancellation that somebody decided about afterwards is not taken back.",
        advice="A late refund was decided for a cancellation that no longer counts, so the client may have both session and "
        f"credits. {KEEP_COPY} look at the refunds of these sessions, and {REPORT}",
        money=True,
        faults="""
        SELECT p.workspace_id, p.session_id AS what FROM refunds p
        JOIN refunds l ON l.workspace_id = p.workspace_id AND l.session_id = p.session_id
            AND l.cancellation_no = p.cancellation_no AND l.decision <> 'policy' AND l.action_id <> p.action_id
        WHERE p.decision = 'policy' AND p.undone_at IS NOT NULL""",
    ),
    Rule(
        id="what_is_forgiven_was_late",
        truth="What terms forgave was a late cancellation, of which everything came back that could.",
        advice="A client's count of forgiven cancellations is wrong, so the next one is quoted wrongly (the sessions are named). "
        f"No credits moved for it. Set forgiven of these refunds to false, and {REPORT}",
        money=False,
        faults="""
        SELECT r.workspace_id, r.session_id AS what FROM refunds r
        WHERE r.forgiven AND (r.decision <> 'policy' OR NOT r.late OR r.percent <> 100 OR r.amount = 0)""",
    ),
    Rule(
        id="late_decisions_moved_what_they_say",
        truth="A late decision moved what it says: all that was forfeited, a part of it, or nothing.",
        advice="What a coach decided is not what the client got. "
        f"{KEEP_COPY} compare the late refund and the transfers of these sessions, tell the clients what is true, and {REPORT}",
        money=True,
        faults=f"""
        SELECT r.workspace_id, r.session_id AS what FROM refunds r WHERE r.decision = 'late' AND (
            r.amount <> {moved("late_refund", "late")}
            OR NOT CASE r.outcome WHEN 'refunded' THEN r.amount = {_FORFEITED} WHEN 'kept' THEN r.amount = 0
                WHEN 'partly' THEN r.amount BETWEEN 1 AND {_FORFEITED} ELSE 1 = 0 END)""",
    ),
    Rule(
        id="later_returns_moved_what_was_kept",
        truth="What is returned after all moved as it says, and no more than the decision before it had kept.",
        advice="A client got back what nobody had kept, or not what they were told. "
        f"{KEEP_COPY} compare the refunds and the transfers of these sessions, tell the clients what is true, and {REPORT}",
        money=True,
        faults=f"""
        SELECT r.workspace_id, r.session_id AS what FROM refunds r
        LEFT JOIN refunds l ON l.workspace_id = r.workspace_id AND l.session_id = r.session_id
            AND l.cancellation_no = r.cancellation_no AND l.decision = 'late'
        WHERE r.decision = 'later' AND (r.amount < 1 OR r.amount <> {moved("late_refund", "later")}
            OR l.session_id IS NULL OR l.outcome = 'refunded' OR r.amount > {_FORFEITED} - l.amount
            OR r.outcome <> CASE WHEN r.amount = {_FORFEITED} - l.amount THEN 'refunded' ELSE 'partly' END)""",
    ),
    Rule(
        id="late_money_needs_a_decision",
        truth="Late refunds move with a recorded decision only.",
        advice="Credits came back after a late cancellation and nobody decided it. "
        f"{KEEP_COPY} look at the transfers named by their keys, ask the coach, and {REPORT}",
        money=True,
        faults="""
        SELECT t.workspace_id, t.key AS what FROM transfers t WHERE t.kind = 'late_refund' AND NOT EXISTS (
            SELECT 1 FROM refunds r WHERE r.workspace_id = t.workspace_id AND r.session_id = t.session_id
            AND r.decision = t.ruling
            AND r.outcome IN ('refunded', 'partly'))""",
    ),
    Rule(
        id="late_decisions_on_the_timeline",
        truth="Every late decision made after canceling has one entry on the session's timeline.",
        advice="The session's history does not show what was decided; credits are as the refunds say. "
        "Compare refunds and timeline of these sessions, and " + REPORT,
        money=False,
        faults=f"""
        SELECT s.workspace_id, s.id AS what FROM sessions s
        LEFT JOIN (SELECT workspace_id, session_id, COUNT(*) AS told FROM timeline
            WHERE event IN ('refunded_late', 'refunded_partly', 'kept_late') GROUP BY workspace_id, session_id) e
            ON e.workspace_id = s.workspace_id AND e.session_id = s.id
        LEFT JOIN (SELECT workspace_id, session_id, COUNT(*) AS made FROM ({LATER}) l GROUP BY workspace_id, session_id) d
            ON d.workspace_id = s.workspace_id AND d.session_id = s.id
        WHERE COALESCE(e.told, 0) <> COALESCE(d.made, 0)""",
    ),
    Rule(
        id="grants_have_a_holder",
        truth="A grant belongs to one person or to one pool that exists.",
        advice="Nobody can book with these credits, or two can. "
        "Set client_id or pool_id of each grant named to whoever bought it, or put the pool back; balances are not changed.",
        money=True,
        faults="""
        SELECT g.workspace_id, g.id AS what FROM grants g
        LEFT JOIN pools p ON p.workspace_id = g.workspace_id AND p.id = g.pool_id
        WHERE (g.client_id IS NULL) = (g.pool_id IS NULL) OR (g.pool_id IS NOT NULL AND p.id IS NULL)""",
    ),
    Rule(
        id="grants_of_known_packages",
        truth="A grant that is a package is one that the catalogue knows.",
        advice="Nobody can tell what these credits are for, so they pay for any kind of session. Put the packages back from a "
        "backup, with their ids; balances are not changed.",
        money=True,
        faults="""
        SELECT g.workspace_id, g.id AS what FROM grants g
        LEFT JOIN packages p ON p.workspace_id = g.workspace_id AND p.id = g.package_id
        WHERE g.package_id IS NOT NULL AND p.id IS NULL""",
    ),
    Rule(
        id="closed_grants_are_empty",
        truth="A grant is closed after it has expired, and nothing is left in it.",
        advice="Credits came back to where nobody can use them, or were taken before their time (grant and balance are named). "
        f"{KEEP_COPY} look at the transfers of these grants, give their holders what they lost, and {REPORT}",
        money=True,
        faults=f"""
        SELECT g.workspace_id, g.id || ' ' || CAST(COALESCE(b.balance, 0) AS TEXT) AS what FROM grants g
        LEFT JOIN ({BALANCES}) b ON b.workspace_id = g.workspace_id AND b.account = 'grant:' || g.id
        WHERE g.closed_at IS NOT NULL
            AND (COALESCE(b.balance, 0) <> 0 OR g.expires_at IS NULL OR g.expires_at > g.closed_at)""",
    ),
    Rule(
        id="grants_are_issued_once",
        truth="A grant is issued once: by itself, or once for each session that was imported with it.",
        advice="A client got the same credits twice (the transfers are named by their keys). "
        f"{KEEP_COPY} look at the transfers of kind issue of these grants, and {REPORT}",
        money=True,
        faults="""
        SELECT t.workspace_id, t.key AS what FROM transfers t
        LEFT JOIN sessions s ON s.workspace_id = t.workspace_id AND s.origin = 'imported' AND s.id = t.came_with
        WHERE t.kind = 'issue' AND (t.key <> 'issue:' || t.grant_id || COALESCE(':' || t.came_with, '')
            OR (t.came_with IS NOT NULL AND s.id IS NULL))""",
    ),
    Rule(
        id="credit_requests_fit_their_gifts",
        truth="A person has one open request for credits at most, and one that was accepted was answered by a gift to them "
        "or to the pool.",
        advice="Somebody was told that they got credits and did not, or is asked for twice. No credits moved for these requests "
        "(person, number). Look at the person's credits in Slack, give what was promised, and " + REPORT,
        money=True,
        faults="""
        SELECT x.workspace_id, x.subject_id || ' ' || CAST(x.number AS TEXT) AS what FROM requests x
        LEFT JOIN grants g ON g.workspace_id = x.workspace_id AND g.id = x.grant_id
        WHERE x.kind = 'credits' AND (x.state = 'decided' OR COALESCE(x.amount, 0) <= 0
            OR ((x.state = 'open') <> (x.answered_at IS NULL)) OR ((x.state = 'accepted') <> (g.id IS NOT NULL))
            OR (g.id IS NOT NULL AND g.granted_by <> x.answered_by)
            OR (g.id IS NOT NULL AND COALESCE(g.client_id, '') <> x.subject_id
                AND (x.pool_id IS NULL OR COALESCE(g.pool_id, '') <> x.pool_id))
            OR (x.state = 'open' AND EXISTS (SELECT 1 FROM requests y WHERE y.workspace_id = x.workspace_id
                AND y.subject_id = x.subject_id AND y.kind = 'credits' AND y.number > x.number)))""",
    ),
)
