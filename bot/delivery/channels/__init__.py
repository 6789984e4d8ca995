"""Channels: the ways to reach people. `channel.py` says what each one can do."""
