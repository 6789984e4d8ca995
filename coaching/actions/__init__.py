"""Use cases: one command, one transaction, one visible commit."""
