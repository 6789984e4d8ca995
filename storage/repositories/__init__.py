"""SQL by noun: each class adds read or write operations to the unit of work."""
