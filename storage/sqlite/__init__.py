"""SQLite for asyncio: every connection has a thread, and a statement costs one trip to it."""

from storage.sqlite.engine import create_engine

__all__ = ["create_engine"]
