"""Sessions as other calendars read them: iCalendar text (RFC 5545), made from values with the standard library only."""
