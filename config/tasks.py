"""What the queue calls."""

from __future__ import annotations

from config import data_jobs


def run_data_job(job_id: int) -> str:
    """Work on the export or the erasure of a person's data for a while. Running twice changes nothing."""
    return data_jobs.run(job_id=job_id)
