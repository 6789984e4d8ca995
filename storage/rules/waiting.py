"""Rules about rows that wait too long, or for new zone rules.

Unlike `RULES` they depend on the time and on the zone rules of this release (`:rules`, their version). A fault
disappears once it is dealt with. `:now` is the business clock's time and `:database_now` the database's own (leases),
both in microseconds since 1970 UTC.
"""

from coaching.news.kinds import PLANNED, TO_COACHES
from coaching.sessions import PENDING
from storage.queue_statements import MAX_ABANDONED
from storage.rules.rule import DAY, HATS, MINUTE, NOW, Rule, listed, meet

_DATABASE_NOW = "CAST(:database_now AS BIGINT)"
_REACHABLE = (
    f"(n.recipient NOT LIKE '{PENDING}%' OR n.kind IN {listed(TO_COACHES)} OR n.expires_at < {NOW} - {15 * MINUTE})"
)

_RULES = "CAST(:rules AS TEXT)"

WAITING = (
    Rule(
        id="sessions_follow_the_zone_rules",
        truth="A session ahead that was meant in local time is where the zone rules of this release put it.",
        advice="These sessions (with their zone and the rules they were computed by) are held at another time than their clocks "
        "will show. See that `python -m bot serve` of this release runs: it shifts them within minutes and tells their people. "
        "What stays would overlap another session: move or cancel one of the two in Slack; the admins were told. What newer "
        "rules computed needs that newer release.",
        money=False,
        faults=f"""
        SELECT s.workspace_id, s.id || ' ' || s.time_zone || ' ' || s.zone_rules AS what FROM sessions s
        WHERE s.status = 'scheduled' AND NOT s.by_instant AND s.zone_rules <> {_RULES} AND s.starts_at > {NOW}""",
    ),
    Rule(
        id="instants_read_as_they_did",
        truth="A session ahead whose start was given as an instant reads on its zone's clocks as it did then.",
        advice="These sessions (with their zone) were given as instants, or come from before local times were kept, and their "
        "clocks show another time by this release's zone rules. Nothing was moved, for the instant may be what was meant. Ask "
        "their coaches, and move those in Slack that were meant in local time.",
        money=False,
        faults=f"""
        SELECT s.workspace_id, s.id || ' ' || s.time_zone AS what FROM sessions s
        WHERE s.status = 'scheduled' AND s.by_instant AND s.rules_seen <> s.zone_rules AND s.starts_at > {NOW}""",
    ),
    Rule(
        id="days_follow_the_zone_rules",
        truth="Days off and last days of credits begin and end as the zone rules of this release say.",
        advice="These days (of a coach, or of a grant) begin or end at another time than the clocks will show. See that "
        "`python -m bot serve` of this release runs: it mends them within minutes. Its log names the job that fails if not.",
        money=False,
        faults=f"""
        SELECT o.workspace_id, o.coach_id || ' ' || o.first_day AS what FROM time_off o
        WHERE o.zone_rules IS NOT NULL AND o.zone_rules <> {_RULES} AND o.ends_at > {NOW}
        UNION ALL SELECT g.workspace_id, g.id || ' ' || g.expires_on FROM grants g
        WHERE g.expires_rules IS NOT NULL AND g.closed_at IS NULL AND g.expires_rules <> {_RULES}
            AND g.expires_at > {NOW}""",
    ),
    Rule(
        id="days_from_before_read_as_they_did",
        truth="Days off and last days of credits that were kept as instants first begin and end with their days.",
        advice="These days (of a coach, or of a grant) come from before days were kept, and begin or end at another time by this "
        "release's zone rules. Nothing was changed, for the instant may be what was told. Enter the day off or the last day "
        "again in Slack if the day is what counts.",
        money=False,
    ),
    Rule(
        id="local_times_are_what_clocks_show",
        truth="What a session was meant for in local time is what its zone's clocks show at its start.",
        advice="Somebody changed the start of these sessions (with what they were meant for) without saying what is meant, so "
        "that new zone rules would shift them to a time that nobody chose. Credits are right. Ask client and coach when they "
        "meet, and move it there in Slack.",
        money=False,
    ),
    Rule(
        id="reminders_follow_the_settings",
        truth="A reminder that waits comes as long before its cutoff or start as the settings say.",
        advice="People would be reminded by settings that have changed since. No credits are affected. See that `python -m bot "
        "serve` runs: it plans them again within minutes. Its log names the job that fails if it does not.",
        money=False,
        # With quiet hours a reminder may be due at another time. Workspaces that wait to be planned again are left out.
        faults=f"""
        SELECT n.workspace_id, n.dedupe_key AS what FROM notices n
        JOIN workspaces w ON w.workspace_id = n.workspace_id
        WHERE n.kind IN {listed(PLANNED)} AND n.state = 'pending' AND n.sent_revision IS NULL
        AND n.due_at > {NOW} AND w.quiet_hours IS NULL
        AND NOT EXISTS (SELECT 1 FROM replans r WHERE r.workspace_id = n.workspace_id AND r.passes > 1)
        AND ((n.kind = 'starting' AND n.cutoff - n.due_at <> CAST(w.start_reminder AS BIGINT) * 1000000)
            OR (n.kind = 'reminder' AND ',' || w.reminder_offsets || ','
                NOT LIKE '%,' || CAST((n.cutoff - n.due_at) / 1000000 AS TEXT) || ',%'))""",
    ),
    Rule(
        id="notices_go_out_in_time",
        truth="What is due is sent within 15 minutes.",
        advice="People have not heard what happened. See that `python -m bot serve` runs and reaches Slack (its /readyz says), "
        "and that its token is this workspace's. Mails also need a mail server that lets the bot in (SMTP_URL). What is still "
        "useful goes out by itself then.",
        money=False,
        faults=f"""
        SELECT n.workspace_id, n.dedupe_key AS what FROM notices n
        WHERE n.state = 'pending' AND n.due_at < {NOW} - {15 * MINUTE} AND {_REACHABLE}""",
    ),
    Rule(
        id="no_abandoned_deliveries",
        truth="What a process took to deliver, it delivers or gives back.",
        advice="A bot died while sending these and none has run since. Start `python -m bot serve`: it takes them over.",
        money=False,
        faults=f"""
        SELECT n.workspace_id, n.dedupe_key AS what FROM notices n
        WHERE n.state = 'leased' AND n.lease_until < {_DATABASE_NOW} - {15 * MINUTE}""",
    ),
    Rule(
        id="notices_arrive",
        truth="Slack and the mail server took everything that had to be told in the last seven days.",
        advice="These messages and mails were refused or never confirmed, and they are not tried again. Tell these people "
        "yourself what is in their sessions' timelines; if they are alerts, see that the bot is in the coach's channel, or "
        "choose another one in `/sessions setup`. If they are mails, ask these people for an address that takes them.",
        money=False,
        faults=f"""
        SELECT n.workspace_id, n.dedupe_key AS what FROM notices n
        WHERE n.state = 'failed' AND n.crashes <= {MAX_ABANDONED}
        AND COALESCE(n.finished_at, n.due_at) > {NOW} - {7 * DAY}""",
    ),
    Rule(
        id="crashes_cost_no_news",
        truth="Nothing that had to be told in the last seven days was given up because the program kept stopping.",
        advice=f"The program was killed {MAX_ABANDONED + 1} times while it sent these messages, and they are not tried again. "
        "They may have arrived, some more than once; none of them was refused. Ask these people, and find out what kills "
        "the program: the log before each start, its memory limit, whoever restarts it.",
        money=False,
        faults=f"""
        SELECT n.workspace_id, n.dedupe_key AS what FROM notices n
        WHERE n.state = 'failed' AND n.crashes > {MAX_ABANDONED}
        AND COALESCE(n.finished_at, n.due_at) > {NOW} - {7 * DAY}""",
    ),
    Rule(
        id="deliveries_are_certain",
        truth="Slack and the mail server told what became of everything sent in the last hour.",
        advice="There was no answer when these were sent, so they may have arrived twice, or failed ones after all. Nothing has "
        "to be done about them; if it goes on, look at the network between the bot and Slack, or the mail server.",
        money=False,
        # Calls under way when the process was killed are not Slack's fault, and their timeline says so.
        faults=f"""
        SELECT n.workspace_id, n.dedupe_key AS what FROM notices n
        WHERE n.ambiguous > n.crashes AND COALESCE(n.finished_at, n.due_at) > {NOW} - {60 * MINUTE}
        AND n.due_at <= {NOW}""",
    ),
    Rule(
        id="requests_are_decided_in_time",
        truth="A request that nobody decided is decided at its deadline: an exception by the policy, any other expires.",
        advice="Clients wait for an answer that is overdue, and for the credits it may bring. See that `python -m bot serve` "
        "runs: it decides them within a minute. Its log names the job that fails if it does not.",
        money=True,
        faults=f"""
        SELECT x.workspace_id, x.subject_id || ' ' || CAST(x.number AS TEXT) AS what FROM requests x
        WHERE x.state = 'open' AND x.decide_by < {NOW} - {15 * MINUTE}""",
    ),
    Rule(
        id="nobody_is_expected_twice",
        truth="Nobody is expected in two sessions at once in the time to come.",
        advice="An import brought these sessions in (both are named), or they were booked under somebody's e-mail and account, "
        "or before this was looked after. They stay as they are; whoever is in both can move or cancel one of them in Slack. "
        "A coach's imported sessions that begin and end together are taken for one group and not named.",
        money=False,
        faults=" UNION ".join(
            meet(as_one, as_other, f"a.ends_at > {NOW} AND {apart}")
            for as_one, as_other, apart in (
                *((one, other, "(a.may_overlap OR b.may_overlap)") for one, other in HATS),
                (
                    "coach_id",
                    "coach_id",
                    "(a.may_overlap OR b.may_overlap) AND (b.starts_at > a.starts_at OR b.ends_at <> a.ends_at)",
                ),
            )
        ),
    ),
    Rule(
        id="sessions_are_closed",
        truth="A session that is over is closed within two days.",
        advice="These sessions took place, and their credits still count as paid in advance. See that `python -m bot serve` "
        "runs: it closes them within minutes. Its log names the job that fails if it does not.",
        money=True,
        faults=f"""
        SELECT s.workspace_id, s.id AS what FROM sessions s
        WHERE s.status = 'scheduled' AND s.ends_at < {NOW} - {2 * DAY}""",
    ),
    Rule(
        id="expired_credits_are_closed",
        truth="What is left of a grant leaves it within two days of its expiry.",
        advice="Nobody can book with these credits, but balances and history still count them. See that `python -m bot serve` "
        "runs: it closes them within minutes. Its log names the job that fails if it does not.",
        money=True,
        faults=f"""
        SELECT g.workspace_id, g.id AS what FROM grants g
        WHERE g.expires_at IS NOT NULL AND g.closed_at IS NULL AND g.expires_at < {NOW} - {2 * DAY}""",
    ),
)
