"""Rules of returned grants: their owners and contents, and that nobody can prolong their own credits."""

from storage.rules.rule import KEEP_COPY, REPORT, Rule

RETURNS = (
    Rule(
        id="returned_grants_are_their_parents",
        truth="A returned grant has a parent that is none itself, and that parent's owner and package.",
        advice="Credits came back to somebody else's account, or for other sessions than were paid for (grant and parent are "
        f"named). {KEEP_COPY} set client_id, pool_id and package_id of each grant named to its parent's, or {REPORT}",
        money=True,
        faults="""
        SELECT g.workspace_id, g.id || ' ' || g.parent_id AS what FROM grants g
        LEFT JOIN grants p ON p.workspace_id = g.workspace_id AND p.id = g.parent_id
        WHERE g.parent_id IS NOT NULL AND (p.id IS NULL OR p.parent_id IS NOT NULL
            OR COALESCE(g.client_id, '') <> COALESCE(p.client_id, '')
            OR COALESCE(g.pool_id, '') <> COALESCE(p.pool_id, '')
            OR COALESCE(g.package_id, '') <> COALESCE(p.package_id, ''))""",
    ),
    Rule(
        id="returned_grants_hold_returns",
        truth="A returned grant was opened for a return: something came back into it, and nobody gave it anything.",
        advice="Credits appeared in accounts that are only for what comes back (the grants are named), or a return went "
        f"elsewhere than it says. {KEEP_COPY} look at the transfers of these grants, and {REPORT}",
        money=True,
        faults="""
        SELECT g.workspace_id, g.id AS what FROM grants g
        LEFT JOIN transfers t ON t.workspace_id = g.workspace_id AND t.grant_id = g.id AND t.target = 'grant:' || g.id
        WHERE g.parent_id IS NOT NULL GROUP BY g.workspace_id, g.id
        HAVING COUNT(t.key) = 0 OR SUM(CASE WHEN t.kind IN ('refund', 'late_refund') THEN 0 ELSE 1 END) > 0""",
    ),
    Rule(
        id="clients_extend_no_end",
        truth="What a client cancels goes back into a returned grant only while that lasts, and never into a new one after it.",
        advice="Clients made credits last longer by booking and canceling, without end (the transfers are named by their "
        f"keys). {KEEP_COPY} set the end of the grants they went to back, and {REPORT}",
        money=True,
        # Credits that were returned once go back into the same grant, or do not come back.
        faults="""
        SELECT t.workspace_id, t.key AS what FROM transfers t
        JOIN grants g ON g.workspace_id = t.workspace_id AND g.id = t.grant_id AND g.parent_id IS NOT NULL
        JOIN timeline e ON e.workspace_id = t.workspace_id AND e.session_id = t.session_id AND e.at = t.at
            AND e.event = 'canceled' AND e.role = 'client'
        WHERE t.kind = 'refund'
            AND t.paid_by NOT IN (g.id, g.parent_id)""",
    ),
)
