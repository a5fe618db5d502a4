"""What the agenda refuses, as a tool's error for the model: it names arguments, and nobody else's rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError

from agenda.models import Appointment, Task
from agenda.undoing import ChangedSince, NothingToUndo
from assistants.tools.base import ToolContext, ToolError
from tenants.models import StaleVersion


@contextmanager
def named_faults(context: ToolContext) -> Iterator[None]:
    """Turn the agenda's errors into ToolError."""
    try:
        yield
    except ValidationError as fault:
        told = fault.message_dict if hasattr(fault, "error_dict") else {"": fault.messages}
        raise ToolError("; ".join(f"{name} {' '.join(texts)}".strip() for name, texts in told.items())) from fault
    except Appointment.DoesNotExist as fault:
        raise ToolError("there is no such appointment") from fault
    except Task.DoesNotExist as fault:
        raise ToolError("there is no such task") from fault
    except StaleVersion as fault:
        raise ToolError("it was changed meanwhile: read it again") from fault
    except NothingToUndo as fault:
        raise ToolError("there is nothing to undo") from fault
    except ChangedSince as fault:
        raise ToolError("it was changed again since, so it cannot be undone") from fault
