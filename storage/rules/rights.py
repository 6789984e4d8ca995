"""Rules of rights: actions by people who were admins by our record when Slack may already have said otherwise.

Like those in `WAITING` they depend on the time (`:now`). A fault disappears once it is dealt with, or some days later.
Slack's answers have wall time and actions have business time. The two are the same except in the demo, which no doctor
checks.
"""

from storage.rules.rule import BALANCES, DAY, NOW, Rule

_LATELY = 14
"""How many days an action that cannot be reversed is listed: by then an operator has read of it."""


def _doubted(person: str, at: str) -> str:
    """Return SQL that joins an actor to the period in which they may not have been an admin any more."""
    return f"""JOIN members m ON m.workspace_id = x.workspace_id AND m.id = x.{person}
        AND x.{at} >= m.misjudged_from AND x.{at} <= m.misjudged_until"""


RIGHTS = (
    Rule(
        id="admins_are_named_by_admins",
        truth="Whoever is named an admin was named by somebody who was one.",
        advice="Slack told us late that the first of each pair was no admin any more when they named the second one. Look at "
        "who is named in `/sessions setup`, take out who should not be, and press Save: who saves stands for those who stay.",
        money=False,
        faults=f"""
        SELECT x.workspace_id, x.named_by || ' ' || x.member_id AS what FROM admins x {_doubted("named_by", "named_at")}""",
    ),
    Rule(
        id="credits_are_given_by_admins",
        truth="Credits are given by somebody who is an admin.",
        advice="Slack told us late that whoever gave these credits (they and the grant are named) was no admin then. Ask them; "
        "what should not have been given can be taken back in the account's menu. What is spent is named no more.",
        money=True,
        faults=f"""
        SELECT x.workspace_id, x.granted_by || ' ' || x.id AS what FROM grants x {_doubted("granted_by", "granted_at")}
        JOIN ({BALANCES}) b ON b.workspace_id = x.workspace_id AND b.account = 'grant:' || x.id AND b.balance > 0""",
    ),
    Rule(
        id="admins_act_as_admins",
        truth="What was done as an admin in the last fourteen days was done by one.",
        advice="Slack told us late that whoever did this (they, the session and what they did are named) was no admin any more. "
        "Look at the sessions' records, and mend there what should not have been done; nothing is taken back by itself.",
        money=True,
        faults=f"""
        SELECT x.workspace_id, x.actor_id || ' ' || x.session_id || ' ' || x.event AS what
        FROM timeline x {_doubted("actor_id", "at")}
        WHERE x.role = 'admin' AND x.at > {NOW} - {_LATELY * DAY}""",
    ),
)
