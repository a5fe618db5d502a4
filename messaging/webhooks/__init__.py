"""Telling other systems what happened: signed requests to addresses that a tenant names."""
