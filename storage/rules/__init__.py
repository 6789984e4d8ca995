"""The rules that every database of ours keeps, whatever clicks, races, crashes or manual changes happen.

One list has three users: `python -m bot doctor`, the metric `sessions_reconciliation_violations`, and the tests. To add
a rule, add it to the file of its subject. The id becomes a label, so its meaning must never change.
"""

from storage.rules.money import MONEY
from storage.rules.notices import NOTICES
from storage.rules.returns import RETURNS
from storage.rules.rights import RIGHTS
from storage.rules.rule import Rule
from storage.rules.sessions import SESSIONS
from storage.rules.waiting import WAITING

RULES: tuple[Rule, ...] = (*MONEY, *RETURNS, *SESSIONS, *NOTICES)
"""The rules that hold at any time."""

SUBJECTS: dict[str, tuple[Rule, ...]] = {
    "Ledger": (*MONEY, *RETURNS),
    "Sessions": SESSIONS,
    "Notices": NOTICES,
    "Waiting": WAITING,
    "Rights": RIGHTS,
}
"""All rules by subject. Those of the last two subjects depend on the time."""

__all__ = ["RULES", "SUBJECTS", "Rule"]
