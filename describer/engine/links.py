"""Pictures given by their addresses: read when the ask comes in, fetched by the worker that takes it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import IntegrityError

from describer.db.connections import released
from describer.engine import events
from describer.errors import Refusal
from describer.images import ImageError, MemoryShort, fetched
from describer.lib.guard import PORTS, AddressRefused, GuardedClient
from describer.media.intake import keep_image
from describer.models import Description, DescriptionImage, DescriptionLink

_PARAM = "image_url"


def guarded_client() -> GuardedClient:
    """Return the guarded client with the ports and networks that the admin has set."""
    return GuardedClient(
        ports=PORTS | settings.IMAGE_LINK_PORTS,
        trusted=settings.IMAGE_LINK_NETWORKS,
        contact=settings.CONTACT,
    )


def read_link(text: str) -> str:
    """Return the address as it will be kept; no name is looked up yet. Raises Refusal when it is none."""
    try:
        guarded_client().link(text)
    except AddressRefused as error:
        raise Refusal(error.message, code="invalid_image_url", param=_PARAM) from error
    return text.strip()


def fetch_links(description: Description) -> None:
    """Fetch the pictures of which a description has an address and no more.

    Raises Refusal with the words for the person, or what the site itself cannot do now (OSError, MemoryShort). No
    connection to the database is held meanwhile.
    """
    if not description.shown_links:
        return
    try:
        for link in description.bare_links:
            with released(), _translate_errors():
                _fetch(description, link)
            events.publish(description)  # whoever looks at it sees the picture before the answer
    finally:
        del description.shown_pictures  # links have become pictures


def _fetch(description: Description, link: DescriptionLink) -> None:
    with fetched(link.url, guarded_client(), most=settings.IMAGE_MAX_BYTES) as picture:
        image = keep_image(description.owner, picture.file, picture.name)
    shown = {"image": image, "name": picture.name}
    try:
        # A run that lost its lease may have been here, too: the picture stands there once.
        DescriptionImage.objects.get_or_create(
            description=description, position=link.position, defaults=shown
        )
    except IntegrityError as error:
        raise Refusal("The description was deleted meanwhile.", code="not_found", status=404) from error


@contextmanager
def _translate_errors() -> Iterator[None]:
    try:
        yield
    except MemoryShort:
        raise
    except ImageError as error:
        raise Refusal(error.message, code=error.code, param=_PARAM, status=error.status) from error
    except Refusal as error:
        if isinstance(error.__cause__, OSError | MemoryError | MemoryShort):
            raise error.__cause__ from None  # that will pass: the ask waits
        raise
