"""Catalogues, numbers, dates and lists in every language, in the form of each reader's locale.

It depends on no other package of this repository.
"""
