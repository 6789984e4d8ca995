"""How each family of news is loaded and what it says now, one file per family."""
