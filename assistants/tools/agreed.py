"""Making the calls that the person has agreed to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction

from assistants.tools.base import InvalidArguments, Tool, ToolContext, ToolError, check_arguments

ROWS = ("appointments", "tasks", "changes", "products", "visits", "tells")


def execute(calls: Sequence[Mapping[str, Any]], *, context: ToolContext, tools: Sequence[Tool]) -> dict[str, Any]:
    """Make ``calls`` ({tool, arguments, sealed?}), in the caller's transaction. What fails is told, the rest done.

    A tool that this person does not have is not run, whoever asked for it in the thread before.
    """
    by_name = {tool.spec.name: tool for tool in tools}
    results, failed, reasons = [], [], []
    for call in calls:
        try:
            with transaction.atomic():
                tool = by_name.get(call["tool"])
                if tool is None:
                    raise ToolError("there is no such tool")
                arguments = check_arguments(spec=tool.spec, arguments=call["arguments"])
                results.append(tool.run(replace(context, sealed=call.get("sealed") or {}), arguments))
        except (ToolError, InvalidArguments) as fault:
            failed.append(str(fault))
            if isinstance(fault, ToolError) and fault.details:
                reasons.append(fault.details)
    acts = {result["act"] for result in results}
    rows = {name: [row for result in results for row in result.get(name, [])] for name in ROWS}
    rows["appointments"] += [result["appointment"] for result in results if "appointment" in result]
    undo = [entry for result in results for entry in result.get("undo", [])]
    return {
        "done": bool(results),
        "act": acts.pop() if len(acts) == 1 else "several",
        "said": " ".join(result["said"] for result in results),
        "failed": failed,
        "reasons": reasons,
        **{name: found for name, found in rows.items() if found or name in ("appointments", "tasks", "changes")},
        **({"undo": undo} if undo else {}),
    }
