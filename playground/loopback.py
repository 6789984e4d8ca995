"""What counts as this machine: to everything else the playground says no."""

ADDRESSES = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1"})
"""Where a connection from this machine comes from."""
NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
"""The hosts that this machine is asked for. Another website could make a name of its own point to it."""
