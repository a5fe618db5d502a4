from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from tenants.fields import EncryptedTextField


def stored(text: str) -> str:
    return EncryptedTextField().get_prep_value(text)


def read(value: str | None) -> str | None:
    return EncryptedTextField().from_db_value(value, None, None)


def test_what_is_stored_does_not_show_the_text():
    assert "sk-ant-123" not in stored("sk-ant-123")
    assert read(stored("sk-ant-123")) == "sk-ant-123"


def test_two_encryptions_of_one_text_differ():
    assert stored("sk-ant-123") != stored("sk-ant-123")


@pytest.mark.parametrize("nothing", ["", None])
def test_nothing_stays_nothing(nothing):
    assert (stored(nothing), read(nothing)) == (nothing, nothing)


def test_keys_can_be_rotated(settings):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [old]
    value = stored("secreto")
    settings.FIELD_ENCRYPTION_KEYS = [new, old]
    assert read(value) == "secreto"
    settings.FIELD_ENCRYPTION_KEYS = [new]
    with pytest.raises(ImproperlyConfigured, match="FIELD_ENCRYPTION_KEYS"):
        read(value)
