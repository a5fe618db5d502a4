"""The settings of the system that the browser's tests look at: the ordinary ones, with passwords that cost nothing.

Argon2 is slow on purpose, and every test makes a person. That people get it is checked in tests/tenants, and that one
signs in with it to a whole system in tests/config/test_backup.py.
"""

from config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
