"""`manage.py up`: migrate, first admin, static files, serve. Embedded (without REDIS_URL): with the worker inside."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from describer.checks import TAG
from describer.engine import queue
from describer.engine.recover import recover
from describer.management.up.serve import Shutdown, serve
from describer.management.up.start import (
    collect_static,
    hand_back_beside_the_work,
    how_to_begin,
    listening_socket,
    only_one,
    prepare_database,
)
from describer.models import WebhookDelivery


class Command(BaseCommand):
    help = "Starts the site. HOST, PORT and DATA_DIR say where; docs/configuration.md lists all variables."
    requires_system_checks = ()
    requires_migrations_checks = False

    def handle(self, *args: Any, **options: Any) -> None:
        stop = Shutdown()
        settings.DATA_FOLDER.refuse_unusable()
        self.check(tags=[TAG])
        embedded = not settings.REDIS_URL
        if embedded:
            # Held to the end of the process: a second site on the same folder ends here.
            self.lock = only_one(settings.DATA_DIR)
        listener = listening_socket(settings.HOST, settings.PORT)
        endpoint = prepare_database()
        # A new start is a new chance for a paused endpoint: its key or its bill may have been mended meanwhile.
        queue.open_endpoint(endpoint)
        collect_static()
        if embedded:
            recover()
            hand_back_beside_the_work(queue.hand_all_back())
            WebhookDelivery.objects.hand_back()
        port = listener.getsockname()[1]
        address = f"http://{settings.HOST}:{port}/"
        self.stdout.write("\n".join([f"Describer is at {address}", *how_to_begin(address)]))
        self.stdout.flush()
        serve(listener, stop, embedded=embedded)
