"""All tools of the personal assistant."""

from __future__ import annotations

from assistants.tools.agenda_appointments import APPOINTMENT_TOOLS
from assistants.tools.agenda_changes import CHANGE_TOOLS
from assistants.tools.agenda_reading import READING_TOOLS
from assistants.tools.agenda_tasks import TASK_TOOLS
from assistants.tools.base import Tool

AGENDA_TOOLS: tuple[Tool, ...] = (*READING_TOOLS, *APPOINTMENT_TOOLS, *TASK_TOOLS, *CHANGE_TOOLS)
