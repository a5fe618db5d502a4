"""A forgotten password: one letter with a link that works once."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from tenants import accounts, limits, mail
from tenants.jobs import enqueue
from tenants.models import User


def ask(*, email: str, address: str) -> None:
    """Queue the letter for the person with this e-mail, if there is one. The caller cannot tell whether there is.

    Raises limits.TooMany when ``address`` asks too often. A person who was written to often enough gets no more.
    """
    limits.hit(limit=accounts.RESETS_BY_ADDRESS, who=address)
    user = User.objects.let_in().filter(email__iexact=email).exclude(email="").first()
    # One that was made unusable on purpose, when an address was taken back, waits for this very letter.
    if user is None or not (user.has_usable_password() or user.must_change_password):
        return
    try:
        limits.hit(limit=accounts.RESETS_BY_ACCOUNT, who=str(user.pk))
    except limits.TooMany:
        return  # saying so would tell that the account exists
    enqueue("tenants.tasks.send_reset_letter", user.pk)


def write(*, user: User) -> None:
    """Put the letter to ``user`` into the outbox. The link names ``SITE_URL``, never a request's Host."""
    path = reverse(
        "password-reset-confirm",
        args=[urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)],
    )
    context = {"link": settings.SITE_URL + path, "hours": settings.PASSWORD_RESET_TIMEOUT // 3600}
    mail.post(user=user, kind=mail.Kind.PASSWORD_RESET, template="password_reset", context=context)
