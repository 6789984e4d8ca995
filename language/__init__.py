"""The words of every language: catalogues, figures and lists as each reader's locale writes them. Knows nothing of ours."""
