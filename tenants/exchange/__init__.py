"""Spreadsheets in and out: what a shop keeps in them, read into its tables and written from them."""
