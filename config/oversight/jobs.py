"""Exports and erasures: asking for one, watching it, taking the file."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from config import data_jobs
from config.models import DataJob
from config.oversight.pages import WatchAdmin
from tenants.audit import audit
from tenants.models import Contact, User
from tenants.phones import match_key
from tenants.scope import tenant_scope
from tenants.sessions import proof_required


class AskForm(forms.Form):
    """What to do with whose data, and why."""

    kind = forms.ChoiceField(label=gettext_lazy("Qué"), choices=DataJob.Kind, widget=forms.RadioSelect)
    account = forms.CharField(label=gettext_lazy("Cuenta"), max_length=60, help_text=gettext_lazy("El usuario."))
    contact = forms.CharField(
        label=gettext_lazy("Cliente"),
        max_length=60,
        required=False,
        help_text=gettext_lazy(
            "Solo para borrar a un cliente: su teléfono con el código del país, o su número de fila."
        ),
    )
    typed_name = forms.CharField(
        label=gettext_lazy("Escribe otra vez el usuario"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Solo para borrar una cuenta: no se puede deshacer."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Motivo"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}), min_length=5
    )

    def clean_account(self) -> User:
        user = User.objects.filter(username__iexact=self.cleaned_data["account"].strip()).first()
        if user is None:
            raise ValidationError(_("No hay ninguna cuenta con ese usuario."))
        return user

    def ask(self, *, by: User) -> DataJob | None:
        """The job, or None with the form's errors written."""
        data = self.cleaned_data
        wants_contact = data["kind"] == DataJob.Kind.ERASE_CONTACT
        try:
            return data_jobs.ask(
                kind=data["kind"],
                user=data["account"],
                by=by,
                reason=data["reason"],
                typed_name=data["typed_name"],
                contact_id=_find_contact(data["account"], data["contact"]) if wants_contact else None,
            )
        except ValidationError as fault:
            self.add_error(None, fault)
            return None


@admin.register(DataJob)
class DataJobAdmin(WatchAdmin):
    list_display = ("__str__", "state", "progress", "asked_by", "created_at", "finished_at", "expires_at")
    list_filter = ("kind", "state", "created_at")
    search_fields = ("account_name__iexact",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return True

    @admin.display(description=gettext_lazy("hecho"))
    def progress(self, job: DataJob) -> str:
        return f"{job.share} %"

    def get_more_urls(self) -> list[URLPattern]:
        site = self.admin_site
        return [
            path("<int:pk>/file/", site.admin_view(self.file_view), name="config_datajob_file"),
            path("<int:pk>/cancel/", site.admin_view(require_POST(self.cancel_view)), name="config_datajob_cancel"),
        ]

    @proof_required
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        given = {name: request.GET[name] for name in ("account", "kind") if name in request.GET}
        form = AskForm(request.POST if request.method == "POST" else None, initial={"kind": "export", **given})
        if request.method == "POST" and form.is_valid() and (job := form.ask(by=cast(User, request.user))):
            self.message_user(request, _("Pedido. Aquí se ve cómo avanza."))
            return HttpResponseRedirect(reverse("admin:config_datajob_change", args=[job.pk]))
        title = _("Exportar o borrar los datos de una persona")
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "form": form}
        return TemplateResponse(request, "config/admin_job_add.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """How it does, and what came of it; the page brings itself up to date."""
        job = get_object_or_404(DataJob, pk=object_id) if object_id.isascii() and object_id.isdigit() else None
        if job is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": str(job),
            "opts": self.opts,
            "job": job,
            "rows": sorted(job.report.get("rows", {}).items()),
            "can_cancel": job.state == DataJob.State.WAITING
            or (job.state == DataJob.State.RUNNING and job.kind == DataJob.Kind.EXPORT),
        }
        is_part = request.GET.get("part") == "job"
        return TemplateResponse(request, "config/admin_job_part.html" if is_part else "config/admin_job.html", context)

    @proof_required
    def file_view(self, request: HttpRequest, pk: int) -> Any:
        """The export. Each taking is audited."""
        job = get_object_or_404(DataJob.objects.exclude(file=""), pk=pk)
        file = data_jobs.path_of(job)
        if not file.is_file():
            self.message_user(request, _("El archivo ya no está en esta máquina."), messages.ERROR)
            return HttpResponseRedirect(reverse("admin:config_datajob_change", args=[pk]))
        audit(actor=cast(User, request.user), action="export_downloaded", target=job, reason=job.reason)
        answer = FileResponse(file.open("rb"), as_attachment=True, filename=f"recado-{job.account_name}.zip")
        answer["Cache-Control"] = "no-store"
        return answer

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        job = get_object_or_404(DataJob, pk=pk)
        if data_jobs.cancel(job=job, by=cast(User, request.user), now=timezone.now()):
            self.message_user(request, _("Cancelado."))
        else:
            self.message_user(request, _("Ya no se puede cancelar."), messages.WARNING)
        return HttpResponseRedirect(reverse("admin:config_datajob_change", args=[pk]))


def _find_contact(user: User, given: str) -> int | None:
    """The id of the one customer whom a phone or an id means; None when it is nobody."""
    given = given.strip()
    if not user.is_tenant or not given:
        return None
    with tenant_scope(user):
        if key := match_key(given) if given.startswith("+") else "":
            found = Contact.objects.filter(whatsapp_key=key) | Contact.objects.filter(phone=given)
            return found.values_list("pk", flat=True).first()
        return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None
