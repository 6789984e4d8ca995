"""The bot's own web pages for people: calendars to subscribe to, and the way in to sessions without Slack."""
