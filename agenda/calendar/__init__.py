"""The agenda as other programs read and write it: iCalendar (RFC 5545)."""
