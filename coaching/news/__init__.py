"""News: what people are told. `kinds.py` has one row for each kind, each family a file of its name here and wherever news
is loaded or put into words."""
