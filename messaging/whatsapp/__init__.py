"""WhatsApp: the platform's shared number and tenants' own, by Meta's Cloud API."""
