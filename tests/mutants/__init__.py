"""Planted faults: small changes to rules and predicates, each of which some test must notice (`make mutants`)."""
