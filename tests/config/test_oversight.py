"""What the superadmin may look at: masked, without words, and with a reason; the queue, which runs nothing new."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.contrib import admin
from django.utils import timezone
from django_q.models import Failure, OrmQ, Schedule, Success, Task
from django_q.signing import SignedPackage

from config import data_jobs
from config.models import DataJob
from config.oversight.conversations import opened_until
from messaging.models import InboundUpdate, SharedNumber, WebhookBody
from messaging.whatsapp import arrivals
from messaging.whatsapp.signatures import sign
from tenants.events import Event
from tenants.jobs import enqueue
from tenants.models import AuditEntry, User
from tenants.scope import all_tenants, tenant_scope
from tests import factories

pytestmark = pytest.mark.django_db

LISTS = [
    *("messaging/delivery", "messaging/webhookbody", "messaging/inboundupdate", "messaging/conversation"),
    *("messaging/notification", "messaging/sharednumber", "assistants/turnusage", "messaging/webhookendpoint"),
    *("django_q/ormq", "django_q/failure", "django_q/schedule", "config/datajob"),
]


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def talk(alice):
    """A conversation with words in every place that has room for some."""
    with tenant_scope(alice):
        contact = factories.contact(alice, name="Carla Ruiz", phone="+573009998877")
        conversation = factories.conversation(
            alice, title="Soy Carla Ruiz", channel="whatsapp", audience="customer", contact=contact
        )
        message = factories.message(alice, conversation=conversation, content="Soy Carla Ruiz, ¿tienen botas?")
        refused = {"status": "failed", "code": 131047}
        factories.delivery(alice, recipient="573009998877", text="Hola Carla Ruiz", message=message, **refused)
        factories.notification(alice, title="Carla Ruiz te escribió")
        factories.turn_usage(alice)
        factories.webhook_endpoint(alice, url="https://example.com/de/Carla?botas=1", description="De Carla Ruiz")
    SharedNumber.objects.create(phone_number_id="106540352242922")
    body = json.dumps(
        {"object": "x", "entry": [{"changes": [{"value": {"text": {"body": "Soy Carla Ruiz"}}}]}]}
    ).encode()
    with all_tenants():
        kept = WebhookBody.objects.create(body=body, digest=b"1" * 32)
        InboundUpdate.objects.create(
            body=kept, kind="message", key="wamid.HBgM", sender="573009998877", data=body, tenant_id=alice.pk,
            status="failed", note="ValueError", attempts=5,
        )  # fmt: skip
    return conversation


@pytest.mark.parametrize("path", LISTS)
def test_lists_show_what_happens_and_nobodys_words(path, talk, root, browse):
    enqueue("messaging.tasks.answer")
    page = browse(root).get(f"/admin/{path}/")
    assert page.status_code == 200
    text = page.content.decode()
    for word in ("Carla", "botas", "573009998877", "3009998877", "wamid.HBgM"):
        assert word not in text, f"{word} in {path}"
    if path not in {"django_q/failure", "django_q/schedule", "config/datajob"}:
        assert "action-checkbox" in text or "results" in text


@pytest.mark.parametrize("path", LISTS)
def test_nothing_is_added_changed_or_deleted_there(path, talk, root, browse):
    client = browse(root)
    model = next(model for model in admin.site._registry if f"{model._meta.app_label}/{model._meta.model_name}" == path)
    with all_tenants():
        row = model._base_manager.first()
    if path != "config/datajob":
        assert client.get(f"/admin/{path}/add/").status_code == 403
    if row is not None:
        assert client.get(f"/admin/{path}/{row.pk}/delete/").status_code == 403
        assert client.post(f"/admin/{path}/{row.pk}/change/", {"status": "done"}).status_code in {302, 403}
    for person in (talk.user,):
        assert browse(person).get(f"/admin/{path}/")["Location"] == "/user/dashboard"


def test_a_delivery_is_told_with_its_reason_and_a_masked_person(talk, root, browse):
    with all_tenants():
        from messaging.models import Delivery

        delivery = Delivery.objects.get(text="Hola Carla Ruiz")
    page = browse(root).get(f"/admin/messaging/delivery/{delivery.pk}/change/").content.decode()
    assert "57 ••••• 77" in page
    assert "Pasaron más de 24 horas" in page
    assert "Carla" not in page
    assert browse(root).get("/admin/messaging/delivery/?q=alice").content.decode().count("57 ••••• 77") == 1
    assert "57 •••••" not in browse(root).get("/admin/messaging/delivery/?q=bob").content.decode()


def test_a_body_is_shown_by_its_shape(talk, root, browse):
    with all_tenants():
        body = WebhookBody.objects.get()
    page = browse(root).get(f"/admin/messaging/webhookbody/{body.pk}/change/").content.decode()
    assert "entry" in page
    assert "‹14›" in page
    assert "Carla" not in page


def prove(client):
    """As after the password was given once more."""
    session = client.session
    session["proved_at"] = int(timezone.now().timestamp())
    session.save()
    return client


def act(client, path: str, action: str, pk: object):
    return client.post(f"/admin/{path}/", {"action": action, "_selected_action": [str(pk)]}, follow=True)


def test_a_failed_update_is_retried_and_that_is_audited(talk, root, browse):
    with all_tenants():
        update = InboundUpdate.objects.get()
    answer = act(browse(root), "messaging/inboundupdate", "retry", update.pk)
    assert "Se reintenta 1 novedad" in answer.content.decode()
    with all_tenants():
        update.refresh_from_db()
    assert (update.status, update.attempts) == ("pending", 0)
    assert OrmQ.objects.count() == 1
    entry = AuditEntry.objects.get(action="update_retried")
    assert (entry.actor_name, entry.target_id) == ("root", str(update.pk))
    assert "Carla" not in json.dumps(entry.changes)
    act(browse(root), "messaging/inboundupdate", "retry", update.pk)  # which is failed no more
    assert AuditEntry.objects.filter(action="update_retried").count() == 1


def test_a_body_is_replayed_and_that_is_audited(root, browse, settings):
    settings.WHATSAPP = settings.WHATSAPP | {"PHONE_NUMBER_ID": "106540352242922", "APP_SECRET": "sesame"}
    from tests.messaging import bodies

    raw = bodies.written(bodies.wrap(bodies.value(bodies.message(), number="106540352242922")))
    body_id = arrivals.receive(body=raw, signature=sign(raw, secret="sesame"), now=timezone.now())
    with all_tenants():
        InboundUpdate.objects.update(status="failed")
    answer = act(browse(root), "messaging/webhookbody", "replay", body_id)
    assert "Vuelven a esperar: 1." in answer.content.decode()
    with all_tenants():
        assert InboundUpdate.objects.get().status == "pending"
    assert AuditEntry.objects.get(action="body_replayed").changes["again"] == [None, 1]


def test_words_are_read_only_after_a_stated_reason_for_half_an_hour(talk, root, browse):
    other = User.objects.create_superuser("rita", "rita@example.com", "una-clave-larga-7")
    path = f"/admin/messaging/conversation/{talk.pk}/messages/"
    client = browse(root)
    asked = client.get(path).content.decode()
    assert "botas" not in asked
    assert "Carla" not in asked
    assert "botas" not in client.post(path, {"reason": "porque"}).content.decode()  # too short
    assert not AuditEntry.objects.filter(action="conversation_opened").exists()
    opened = client.post(path, {"reason": "La dueña pide ayuda con una respuesta"}, follow=True).content.decode()
    assert "¿tienen botas?" in opened
    entry = AuditEntry.objects.get(action="conversation_opened")
    assert (entry.actor_name, entry.reason) == ("root", "La dueña pide ayuda con una respuesta")
    assert "Carla" not in entry.target_name
    with tenant_scope(talk.user):
        event = Event.objects.get(name="account_viewed")
    assert (event.actor, event.actor_id) == ("superadmin", root.pk)
    assert event.data["reason"] == "La dueña pide ayuda con una respuesta"
    assert "botas" in client.get(path).content.decode()
    assert "botas" not in browse(other).get(path).content.decode()  # each for themselves
    with tenant_scope(talk.user):
        second = factories.message(talk.user, content="Otra de botas").conversation
    assert "botas" not in client.get(f"/admin/messaging/conversation/{second.pk}/messages/").content.decode()
    late = timezone.now() + timedelta(minutes=31)
    assert opened_until(conversation=talk, by=root, now=late) is None
    assert client.get("/admin/messaging/conversation/999999/messages/").status_code == 404
    assert browse(talk.user).get(path)["Location"] == "/user/dashboard"


def test_what_customers_write_is_text_on_the_page(talk, root, browse):
    with tenant_scope(talk.user):
        factories.message(talk.user, conversation=talk, content="<script>alert(1)</script>")
    client = browse(root)
    path = f"/admin/messaging/conversation/{talk.pk}/messages/"
    page = client.post(path, {"reason": "Reporte de seguridad"}, follow=True).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_django_q_s_own_pages_that_run_anything_are_gone():
    assert not admin.site.is_registered(Success)
    for model in (OrmQ, Failure, Schedule):
        assert type(admin.site._registry[model]).__module__ == "config.oversight.queue"


def fail(func: str, *args, result: str = "", kwargs=None) -> Task:
    now = timezone.now()
    return Task.objects.create(
        id=f"{Task.objects.count():032}", name="x", func=func, args=args, kwargs=kwargs or {}, success=False,
        started=now, stopped=now, attempt_count=5, result=result,
    )  # fmt: skip


def test_a_failed_task_is_queued_again_as_it_was(root, browse):
    failed = fail("messaging.tasks.replan", 7, result="no such person 'Carla Ruiz' : Traceback\nValueError: Carla Ruiz")
    client = browse(root)
    page = client.get("/admin/django_q/failure/").content.decode()
    assert "messaging.tasks.replan" in page
    assert "ValueError" in page
    assert "Carla" not in page
    act(client, "django_q/failure", "retry", failed.pk)
    assert not Failure.objects.exists()
    (row,) = OrmQ.objects.all()
    package = SignedPackage.loads(row.payload)
    assert (package["func"], package["args"]) == ("messaging.tasks.replan", (7,))
    assert AuditEntry.objects.get(action="task_retried").changes == {"func": ["messaging.tasks.replan", None]}


@pytest.mark.parametrize(
    ("func", "args"),
    [("os.system", ("rm -rf /",)), ("os.system", ()), ("messaging.tasks.replan", ("7",)), ("config.admin.x", (1,))],
)
def test_what_is_no_task_of_ours_with_ids_is_never_run(func, args, root, browse):
    failed = fail(func, *args)
    page = act(browse(root), "django_q/failure", "retry", failed.pk).content.decode()
    assert "no se repite desde aquí" in page
    assert not OrmQ.objects.exists()
    assert Failure.objects.exists()


def test_tasks_are_discarded_and_that_is_audited(root, browse):
    failed = fail("messaging.tasks.replan", 7)
    enqueue("messaging.tasks.answer")
    client = browse(root)
    act(client, "django_q/failure", "discard", failed.pk)
    act(client, "django_q/ormq", "discard", OrmQ.objects.get().pk)
    assert not Failure.objects.exists()
    assert not OrmQ.objects.exists()
    assert sorted(e.changes["func"][0] for e in AuditEntry.objects.filter(action="task_discarded")) == [
        "messaging.tasks.answer",
        "messaging.tasks.replan",
    ]


def test_a_task_of_a_worker_that_is_gone_is_free_again(root, browse):
    enqueue("messaging.tasks.answer")
    OrmQ.objects.update(lock=timezone.now() + timedelta(seconds=500))
    act(browse(root), "django_q/ormq", "retry", OrmQ.objects.get().pk)
    assert OrmQ.objects.get().lock <= timezone.now()


def test_a_task_that_cannot_be_read_breaks_no_list(root, browse):
    OrmQ.objects.create(key="recado", payload="not signed by us", lock=timezone.now())
    assert "no se puede leer" in browse(root).get("/admin/django_q/ormq/").content.decode()


def test_an_export_is_asked_for_watched_and_taken(alice, root, browse):
    assert "/admin/config" not in browse(root).get("/admin/config/datajob/add/")["Location"].split("?")[0]
    client = prove(browse(root))
    form = {"kind": "export", "account": "Alice", "reason": "Lo pidió por carta"}
    page = client.post("/admin/config/datajob/add/", form, follow=True).content.decode()
    job = DataJob.objects.get()
    assert "En espera" in page
    while data_jobs.run(job_id=job.pk) == "goes on":
        pass
    page = client.get(f"/admin/config/datajob/{job.pk}/change/?part=job").content.decode()
    assert "Terminado" in page
    assert "<html" not in page
    answer = client.get(f"/admin/config/datajob/{job.pk}/file/")
    assert answer["Content-Disposition"] == 'attachment; filename="recado-alice.zip"'
    assert b"".join(answer.streaming_content).startswith(b"PK")
    assert AuditEntry.objects.get(action="export_downloaded").actor_name == "root"
    assert AuditEntry.objects.get(action="job_asked").reason == "Lo pidió por carta"
    assert browse(alice).get(f"/admin/config/datajob/{job.pk}/file/")["Location"] == "/user/dashboard"
    job.refresh_from_db()
    data_jobs.path_of(job).unlink()
    gone = client.get(f"/admin/config/datajob/{job.pk}/file/", follow=True).content.decode()
    assert "ya no está en esta máquina" in gone


@pytest.mark.parametrize(
    "form",
    [
        {"kind": "erase", "account": "alice", "reason": "Lo pidió por carta"},
        {"kind": "erase", "account": "alice", "reason": "Lo pidió por carta", "typed_name": "bob"},
        {"kind": "erase", "account": "nadie", "reason": "Lo pidió por carta", "typed_name": "nadie"},
        {"kind": "erase", "account": "root", "reason": "Lo pidió por carta", "typed_name": "root"},
        {"kind": "erase", "account": "alice", "typed_name": "alice"},
        {"kind": "erase_contact", "account": "alice", "reason": "Lo pidió por carta", "contact": "+573001112233"},
        {"kind": "erase_contact", "account": "alice", "reason": "Lo pidió por carta", "contact": "9" * 30},
        {"kind": "drop", "account": "alice", "reason": "Lo pidió por carta"},
    ],
)
def test_what_is_asked_for_wrongly_is_refused_in_words(form, alice, root, browse):
    answer = prove(browse(root)).post("/admin/config/datajob/add/", form)
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not DataJob.objects.exists()


def test_a_customer_is_named_by_their_phone(alice, root, browse):
    with tenant_scope(alice):
        contact = factories.contact(alice, phone="+573001112233")
    form = {"kind": "erase_contact", "account": "alice", "reason": "Lo pidió por carta", "contact": "+573001112233"}
    prove(browse(root)).post("/admin/config/datajob/add/", form)
    job = DataJob.objects.get()
    assert (job.kind, job.contact_id) == ("erase_contact", contact.pk)
    browse(root).post(f"/admin/config/datajob/{job.pk}/cancel/")
    job.refresh_from_db()
    assert job.state == "cancelled"
