"""The apps stand in one line and each imports only those to its left, inside functions too."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINE = ["tenants", "catalog", "agenda", "assistants", "messaging", "analytics", "config"]


def imported(source: str) -> set[str]:
    """The apps that a module imports, by statement anywhere in it or by a dotted path given to import_module."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "import_module":
            found |= {str(part.value).split(".")[0] for part in node.args if isinstance(part, ast.Constant)}
    return found & set(LINE)


def modules() -> list[Path]:
    return sorted(path for app in LINE for path in (ROOT / app).rglob("*.py"))


def test_every_module_imports_only_to_the_left():
    found = {}
    for path in modules():
        name = path.relative_to(ROOT)
        to_the_right = imported(path.read_text()) - set(LINE[: LINE.index(name.parts[0]) + 1])
        if to_the_right:
            found[str(name)] = to_the_right
    assert found == {}


def test_the_check_sees_imports_inside_functions():
    assert imported("def f():\n    from config.urls import urlpatterns\n") == {"config"}
    assert imported("import_module('messaging.models')") == {"messaging"}


def test_no_room_is_called_after_nothing():
    vague = {"utils", "helpers", "services", "common", "misc"}
    assert [path for path in modules() if vague & {part.removesuffix(".py") for part in path.parts}] == []


def test_no_two_parts_share_an_advisory_lock():
    """Its number is all that tells one from another: whoever makes a backup would keep others from their work."""
    found = Counter(number for path in modules() for number in re.findall(r"\b7_231_\d{3}\b", path.read_text()))
    assert len(found) > 5
    assert [number for number, times in found.items() if times > 1] == []


def test_all_tenants_is_opened_in_listed_modules_only():
    """`all_tenants()` is the greppable exception; each module that opens it is listed with its reason."""
    allowed = {
        "tenants/scope.py",  # where it is defined
        "tenants/oversight.py",  # pages of the superadmin's site: around each view, once it is known who asks
        "tenants/retention.py",  # who keeps which months of the log; each tenant's rows go in their own scope
        "tenants/idempotency.py",  # removes answers that nobody is given again
        "tenants/exchange/export_sweeping.py",  # which exports wait, and which files nobody may fetch any more
        "tenants/exchange/running.py",  # which imports nobody works on any more; each goes on in its tenant's scope
        "tenants/exchange/keeping.py",  # whose imports are old; each tenant's go in their own scope
        "tenants/months.py",  # moves what lies in the log's rest into the month that is made
        "agenda/claiming.py",  # which reminders are sent next is decided among those of all tenants
        "agenda/housekeeping.py",  # removes what can be undone no more
        "agenda/series.py",  # which series want to be continued; each is continued in its tenant's scope
        "messaging/claims.py",  # who is answered next is decided among all tenants' pending messages
        "messaging/dispatch.py",  # which message goes out next is decided among those of all tenants
        "messaging/webhooks/claiming.py",  # which telling goes out next is decided among those of all tenants
        "messaging/mail/claiming.py",  # which letter goes out next, the same
        "messaging/mail/sending.py",  # letters to superadmins are no tenant's
        "messaging/mail/outbox.py",  # removes texts and letters that are old
        "messaging/bell.py",  # removes what was read long ago
        "messaging/inbound.py",  # of an update it is not known whose it is before it is taken in
        "messaging/retention.py",  # who lets conversations go; each tenant's go in their own scope
        "messaging/media.py",  # which files were never fetched; each is fetched in its tenant's scope
        "messaging/answering.py",  # removes texts in course that are over
        "messaging/strangers.py",  # what is said to those who belong to no tenant
        "messaging/whatsapp/health.py",  # which numbers want to be asked about today; each in its tenant's scope
        "messaging/whatsapp/linking.py",  # removes codes that are long over
        "analytics/rolling.py",  # whose days want to be kept; each tenant's are counted in their own scope
        "config/numbers.py",  # counts for the superadmin; reads no tenant's text
        "messaging/whatsapp/arrivals.py",  # whose a body is, is known once it is compared with everybody's secrets
        "messaging/whatsapp/replays.py",  # the same, when a body is gone through again
        "messaging/whatsapp/webhook.py",  # the handshake names a verify token, and that names the number
        "config/chaos/ledger.py",  # counts on data of its own
        "config/chaos/answers.py",  # the same
        "config/benchmarks/reminders.py",  # the same
        "config/erasing.py",  # what WhatsApp sent for a tenant, and the account itself, are no tenant's rows
        "config/forgetting.py",  # the same, of what one customer sent
        "config/figures.py",  # counts for the superadmin; reads no tenant's text
        "config/gauges.py",  # counts for whoever watches the system; reads no tenant's text
        "config/findings.py",  # whether keys open and events have their month, for the doctor
        "config/restoring.py",  # nothing that waited may go out twice after a backup is restored
    }
    users = {
        str(path.relative_to(ROOT))
        for path in modules()
        if any(name in path.read_text() for name in ("all_tenants(", "scopes_disabled("))
    }
    assert users <= allowed


def test_a_scope_is_lent_in_listed_modules_only():
    """Writing another's row along with one's own work is an exception, too."""
    allowed = {
        "tenants/scope.py",  # where it is defined
        "messaging/mail/storing.py",  # a letter is a row of whoever it goes to, in the transaction that it tells of
    }
    assert {str(path.relative_to(ROOT)) for path in modules() if "lent_scope(" in path.read_text()} <= allowed
