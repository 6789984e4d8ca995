"""Words: what is said in code is found, merged into the catalogues, and checked."""
