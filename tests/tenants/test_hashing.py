from __future__ import annotations

import threading

from django.contrib.auth.hashers import check_password, make_password

from config.settings import PASSWORD_HASHERS
from tenants.hashing import AT_ONCE, SharedArgon2PasswordHasher


def test_a_hash_costs_what_many_people_at_once_can_be_given(settings):
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    assert make_password("jacaranda-lila-31").startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_hash_of_the_former_cost_still_opens_and_is_renewed(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    former = make_password("jacaranda-lila-31")
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    renewed = []
    assert check_password("jacaranda-lila-31", former, renewed.append)
    assert renewed == ["jacaranda-lila-31"]


def test_few_are_hashed_at_the_same_time(settings):
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    done = threading.Event()
    places = SharedArgon2PasswordHasher._places
    for _ in range(AT_ONCE):
        places.acquire()
    try:
        waiting = threading.Thread(target=lambda: (make_password("x"), done.set()))
        waiting.start()
        assert not done.wait(0.5)
    finally:
        for _ in range(AT_ONCE):
            places.release()
    assert done.wait(20)
    waiting.join()
