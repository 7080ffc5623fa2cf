from typing import Any

from django.db import migrations

import describer.models.sealed


def seal(apps: Any, schema_editor: Any) -> None:
    """Write each secret once more: the field seals what it writes."""
    for webhook in list(apps.get_model("describer", "Webhook").objects.only("secret")):
        webhook.save(update_fields=["secret"])


def unseal(apps: Any, schema_editor: Any) -> None:
    """Lay the secrets in the clear again, for an older version."""
    for webhook in list(apps.get_model("describer", "Webhook").objects.only("secret")):
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(
                "UPDATE describer_webhook SET secret = %s WHERE id = %s", [webhook.secret, webhook.pk]
            )


class Migration(migrations.Migration):

    dependencies = [
        ("describer", "0007_limits_of_keys"),
    ]

    operations = [
        migrations.AlterField(
            model_name="webhook",
            name="secret",
            field=describer.models.sealed.SealedField(editable=False, max_length=255),
        ),
        migrations.RunPython(seal, unseal),
    ]
