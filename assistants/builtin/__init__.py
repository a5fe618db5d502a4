"""The assistant that needs no model: it understands by rules, reads the catalogue by tools and answers in templates."""
