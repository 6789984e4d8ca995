"""Hosts that are this machine."""

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
