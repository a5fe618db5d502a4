"""Rows for the superadmin's lists, written in the running system by the ``console``."""

from __future__ import annotations

from tenants.models import User
from tenants.scope import tenant_scope
from tests import factories


def make_a_crowd() -> None:
    """People with the longest of names, one of them with a row of every kind; once."""
    if User.objects.filter(username__startswith="una.cuenta.de.nombre").exists():
        return
    for n in range(12):
        name = f"una.cuenta.de.nombre.bastante.largo.como.pocas.{n}"
        user = User.objects.create_user(name, f"{name}@correo.de.la.ferreteria.example", "una-clave-larga-7")
        with tenant_scope(user):
            business = f"Ferretería y Distribuidora El Tornillo Feliz de la Calle Larga {n}"
            factories.Preferences.objects.update_or_create(user=user, defaults={"business_name": business})
            if n == 0:
                for label, make in factories.ROWS.items():
                    if label != "tenants.Preferences":
                        make(user)
