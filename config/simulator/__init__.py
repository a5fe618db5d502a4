"""A stand-in for WhatsApp's Graph API on this machine, and the phones that talk through it."""
