"""Tasks and appointments as rows of a table and as iCalendar files: imported, and exported to be imported again."""
