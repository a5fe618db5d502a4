import sys

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    default_site = "config.admin.SuperadminSite"


class ProjectConfig(AppConfig):
    """The project itself, so that its management commands and checks are found."""

    name = "config"
    verbose_name = "Recado"

    def ready(self) -> None:
        from django_q.signals import post_execute_in_worker, pre_execute

        # Checks are registered, and the pages of oversight join the superadmin's site.
        from config import checks, logs, oversight  # noqa: F401
        from config.demo import checks as demo_checks  # noqa: F401

        pre_execute.connect(logs.begin_task, dispatch_uid="config.logs")
        post_execute_in_worker.connect(logs.end_task, dispatch_uid="config.logs")

        if sys.argv[1:2] == ["qcluster"]:  # it forks the workers; nobody else gains
            from config.preload import preload_tasks

            preload_tasks()
