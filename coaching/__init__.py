"""The business: sessions, policies, quotes, credits and reminders, on the standard library alone."""
