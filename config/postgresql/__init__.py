"""Django's PostgreSQL backend, which starts the embedded server at its first connection when no other is named."""
