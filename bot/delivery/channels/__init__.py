"""Ways to reach people; `channel.py` says what each can do."""
