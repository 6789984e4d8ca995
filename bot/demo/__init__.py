"""The demo and the tour: bot and playground together, on a throw-away database, with sample data."""
