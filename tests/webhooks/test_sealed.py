"""A webhook's secret lies sealed in its row: whoever searches or reads the table has nothing."""

import pytest
from django.apps import apps
from django.core.exceptions import FieldError
from django.db import connection
from django.utils.module_loading import import_string

from describer.models import Webhook
from tests.rows import make_description
from tests.site import until
from tests.webhooks.conftest import is_signed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sandbox")]


def in_the_row(webhook):
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM describer_webhook WHERE id = %s", [webhook.pk])
        return cursor.fetchone()[0]


def laid_open(webhook, secret):
    """As an older version wrote it."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE describer_webhook SET secret = %s WHERE id = %s", [secret, webhook.pk])


def told(postman, receiver, webhook):
    """The call of a delivery, now."""
    assert make_description(webhook.owner).cancel()
    return until(lambda: (postman.deliver(), receiver.calls)[1], "it is told")[-1]


def test_fe03_the_row_holds_no_letter_of_the_secret_and_the_receiver_knows_it(webhook, postman, receiver):
    assert webhook.secret.startswith("whsec_")
    assert "whsec" not in in_the_row(webhook)
    assert Webhook.objects.get().secret == webhook.secret
    assert is_signed(told(postman, receiver, webhook), webhook.secret)


@pytest.mark.parametrize(
    "how", ["exact", "startswith", "contains", "regex", "gt", "lt", "in", "iexact", "length"]
)
def test_fe03_nothing_can_be_looked_up_by_it(webhook, how):
    with pytest.raises(FieldError):
        list(Webhook.objects.filter(**{f"secret__{how}": webhook.secret}))


def test_fe03_a_secret_of_before_goes_on_and_is_sealed_by_the_migration(webhook, postman, receiver):
    laid_open(webhook, "whsec_of_before")
    assert Webhook.objects.get().secret == "whsec_of_before"
    import_string("describer.migrations.0008_sealed_secrets.seal")(apps, None)
    assert "of_before" not in in_the_row(webhook)
    assert is_signed(told(postman, receiver, webhook), "whsec_of_before")
    with connection.schema_editor() as editor:
        import_string("describer.migrations.0008_sealed_secrets.unseal")(apps, editor)
    assert in_the_row(webhook) == "whsec_of_before"


def test_fe03_with_another_secret_key_nothing_is_sent_with_a_wrong_signature(
    webhook, postman, receiver, settings
):
    settings.SECRET_KEY = "another"
    delivery = webhook.test()
    assert make_description(webhook.owner).cancel()
    until(
        lambda: (postman.deliver(), not webhook.deliveries.filter(state="pending").exists())[1], "all settled"
    )
    webhook.refresh_from_db()
    delivery.refresh_from_db()
    assert receiver.calls == []
    assert webhook.paused
    assert "SECRET_KEY" in webhook.why and "SECRET_KEY" in delivery.error
