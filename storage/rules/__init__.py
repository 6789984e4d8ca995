"""The rules that every database of ours keeps, whatever clicks, races, crashes or hands do to it.

One list, three users: `python -m bot doctor`, the metric `sessions_reconciliation_violations` and the tests.
To add a rule, add it to the file of its subject: the id becomes a label, so it never changes its meaning.
"""

from storage.rules.money import MONEY
from storage.rules.notices import NOTICES
from storage.rules.returns import RETURNS
from storage.rules.rights import RIGHTS
from storage.rules.rule import Rule
from storage.rules.sessions import SESSIONS
from storage.rules.waiting import WAITING

RULES: tuple[Rule, ...] = (*MONEY, *RETURNS, *SESSIONS, *NOTICES)
"""What is true whatever the time is."""

SUBJECTS: dict[str, tuple[Rule, ...]] = {
    "Ledger": (*MONEY, *RETURNS),
    "Sessions": SESSIONS,
    "Notices": NOTICES,
    "Waiting": WAITING,
    "Rights": RIGHTS,
}
"""Every rule by what it is about; those of the last two depend on the time."""

__all__ = ["RULES", "SUBJECTS", "Rule"]
