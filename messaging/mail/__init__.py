"""E-mail: every letter of the system as a row, sent once."""
