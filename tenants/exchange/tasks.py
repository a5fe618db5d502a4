"""Background work of imports."""

from __future__ import annotations

from tenants.exchange import running
from tenants.jobs import tenant_task
from tenants.models import User


@tenant_task
def run_import(user: User, job_id: int) -> str:
    """Carry out an import of the tenant's, or take it back. Running twice, or at the same time, does it once."""
    return running.run(user=user, job_id=job_id)
