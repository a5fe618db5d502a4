"""The demo: three shops of different trades and a superadmin, so that a fresh installation has something to show."""
