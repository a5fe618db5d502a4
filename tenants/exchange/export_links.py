"""The private address of an exported file: whoever knows it gets that file, for a day, without signing in.

Nothing is kept for it: the address says which export it is and is signed, and the row says until when.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from tenants.exchange.export_jobs import ExportJob
from tenants.models import User
from tenants.scope import tenant_scope

_signer = Signer(salt="recado.exports.link")


def address_of(job: ExportJob) -> str:
    """Where the file of ``job`` is, with the site's own name."""
    token = _signer.sign_object([job.user_id, job.pk])
    return f"{settings.SITE_URL}{reverse('export-file', args=[token])}"


def find(*, token: str, now: datetime) -> tuple[User, ExportJob] | None:
    """Whose file is behind ``token``, while there is one and its owner's account is active. In no scope."""
    try:
        user_id, job_id = _signer.unsign_object(token)
    except (BadSignature, ValueError, TypeError):
        return None
    user = User.objects.tenants().filter(pk=user_id, is_active=True).first()
    if user is None:
        return None
    with tenant_scope(user):
        job = ExportJob.objects.filter(pk=job_id, status=ExportJob.Status.DONE, expires_at__gt=now).first()
    return (user, job) if job is not None else None
