"""News: the notices that people get.

`kinds.py` has one row for each kind. Each family of kinds has a file of its name here, and in each package that loads
or renders news.
"""
