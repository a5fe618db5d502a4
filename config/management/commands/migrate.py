"""Django's own, made quicker: of an empty database most of the time goes into models that nobody looks at.

Between two operations Django makes the classes of all models anew that are related to the one that has changed, and
here all are related through the person. For an index or a constraint it need not: the class that is there is told.
"""

from __future__ import annotations

import gc
from typing import Any

from django.core.management.commands import migrate
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState

# The classes that were made anew wait in circles to be thrown away; looking for them as often as usual is a fifth of
# the time, and more seldom costs 40 MB.
GARBAGE = (50_000, 20, 100)
TOLD = {"indexes", "constraints"}  # no class is made otherwise for these


class State(ProjectState):
    """The models as they are between two operations."""

    def clone(self) -> State:
        made = super().clone()
        made.__class__ = State
        return made  # type: ignore[return-value]

    def _append_option(self, app_label: str, model_name: str, option_name: str, obj: Any) -> None:
        options = self.models[app_label, model_name].options
        self._tell(app_label, model_name, option_name, [*options[option_name], obj])

    def _remove_option(self, app_label: str, model_name: str, option_name: str, obj_name: str) -> None:
        options = self.models[app_label, model_name].options
        self._tell(app_label, model_name, option_name, [obj for obj in options[option_name] if obj.name != obj_name])

    def _tell(self, app_label: str, model_name: str, option_name: str, value: list[Any]) -> None:
        self.models[app_label, model_name].options[option_name] = value
        if option_name not in TOLD:
            self.reload_model(app_label, model_name, delay=True)
        elif "apps" in self.__dict__:  # as Django asks whether there are classes yet
            meta = self.apps.get_model(app_label, model_name)._meta
            setattr(meta, option_name, list(value))
            meta.__dict__.pop("total_unique_constraints", None)  # what it keeps of the constraints


class Executor(MigrationExecutor):
    """Runs migrations, with such a state."""

    def _create_project_state(self, with_applied_migrations: bool = False) -> ProjectState:
        made: ProjectState = super()._create_project_state(with_applied_migrations)  # type: ignore[misc]
        made.__class__ = State
        return made


migrate.MigrationExecutor = Executor  # type: ignore[attr-defined]  # the command asks nobody which one to take


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        before = gc.get_threshold()
        gc.set_threshold(*GARBAGE)
        try:
            super().handle(*args, **options)
        finally:
            gc.set_threshold(*before)
