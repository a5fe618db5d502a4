"""What the superadmin may look at beside accounts: read-only, masked, and with a reason where people's words are."""

from config.oversight import bodies, conversations, deliveries, jobs, letters, lists, queue, webhooks

__all__ = ["bodies", "conversations", "deliveries", "jobs", "letters", "lists", "queue", "webhooks"]
