"""What the operation of the system needs to remember. Nothing here belongs to a tenant."""

from django.db import models


class Heartbeat(models.Model):
    """When a part of the system last showed that it lives. One row for each part."""

    name = models.CharField(max_length=40, primary_key=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.beat_at:%Y-%m-%d %H:%M:%S}"
