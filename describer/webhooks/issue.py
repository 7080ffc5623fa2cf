"""A new webhook, or why not."""

from django.conf import settings
from django.db import transaction

from describer.errors import Refusal
from describer.lib.guard import AddressRefused
from describer.models import ApiKey, User, Webhook
from describer.webhooks.post import guarded_client


def make_webhook(owner: User, url: str, key: ApiKey | None = None) -> Webhook:
    """Make a webhook that posts to this address; one made with a key hears what that may read, and ends with it.

    Raises Refusal for what is no address, and for one too many. No name is looked up: each delivery is judged
    anew.
    """
    try:
        guarded_client().link(url)
    except AddressRefused as error:
        raise Refusal(error.message, code="invalid_webhook_url", param="url") from error
    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=owner.pk)
        if person.webhooks.count() >= settings.WEBHOOKS_PER_PERSON:
            message = f"At most {settings.WEBHOOKS_PER_PERSON} webhooks; remove one first."
            raise Refusal(message, code="too_many_webhooks", status=409)
        return Webhook.issue(person, url.strip(), key)
