from django.db import migrations


def fill(apps, schema_editor):
    """Contacts from before are found by their number too; of two spellings of one number, the older contact is."""
    from tenants.phones import match_key

    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT set_config('recado.all_tenants', 'on', true)")
    Contact = apps.get_model("tenants", "Contact")
    seen = set()
    for contact in Contact._base_manager.exclude(phone="").filter(whatsapp_key="").order_by("user_id", "pk"):
        key = match_key(contact.phone)
        if key and (contact.user_id, key) not in seen:
            seen.add((contact.user_id, key))
            Contact._base_manager.filter(pk=contact.pk).update(whatsapp_key=key)


class Migration(migrations.Migration):
    dependencies = [("tenants", "0005_contacts_on_whatsapp")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
