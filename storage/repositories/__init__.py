"""SQL by noun: each class adds its reads or writes to the unit of work."""
