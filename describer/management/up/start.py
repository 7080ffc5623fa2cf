"""The steps by which the site starts, each done only when there is something to do."""

import fcntl
import os
import socket
import threading
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import IO

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connection

from describer import __version__
from describer.db.connections import closed
from describer.db.migrating import WholeExecutor, one_at_a_time
from describer.db.version import lacks_permissions
from describer.desk.presets import write_built_in
from describer.models import Endpoint
from describer.ops.first_account import drop_code, first_account_code, keep_code


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a bound socket; port 0 asks for any free port. Raises CommandError when a port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host.strip("[]"), port))
    except OSError as error:
        raise CommandError(
            f"Port {port} on {host} cannot be used ({os.strerror(error.errno or 0).lower()}); "
            "end what listens there, or set PORT to another one."
        ) from error
    listener.listen(1024)
    return listener


def only_one(directory: Path) -> IO[str]:
    """Take a data folder's lock for the life of this process; the kernel frees it, also after kill -9."""
    directory.mkdir(parents=True, exist_ok=True)
    file = (directory / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise CommandError(
            f"Another Describer runs on {directory}; end it, or set DATA_DIR to another folder."
        ) from error
    return file


def prepare_database() -> Endpoint:
    """Migrate, and write what the environment names: the first admin, and the endpoint, which is returned.

    Of processes that start at once one does it, and the others find it done.
    """
    with one_at_a_time():
        migrate()
        first_admin()
        write_built_in()
        return Endpoint.from_environment()


def migrate() -> None:
    """Bring the database up to date.

    Looking first is quicker than Django's command when there is nothing to do.
    """
    with one_at_a_time():
        executor = WholeExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()) or lacks_permissions():
            call_command("migrate", interactive=False, verbosity=0)


def first_admin() -> None:
    """Make the admin that the environment names, if there is no user at all."""
    name, password = settings.FIRST_ADMIN["username"], settings.FIRST_ADMIN["password"]
    people = get_user_model().objects
    if name and password and not people.exists():
        people.create_superuser(name, settings.FIRST_ADMIN["email"], password)


def hand_back_beside_the_work(finish: Callable[[], int]) -> None:
    """Hand back what the site ran before, in a thread: 10,000 runs take seconds, and nobody waits for them to open a page."""

    def run() -> None:
        with closed():
            finish()

    threading.Thread(target=run, name="hand-back", daemon=True).start()


def how_to_begin(address: str) -> list[str]:
    """Return the lines that tell the site's owner how to make the first account; none once there is one."""
    if get_user_model().objects.exists():
        drop_code()
        return []
    code, path = first_account_code(), keep_code()
    return [
        f"Nobody has an account yet. The first one, the admin's, needs this code: {code}",
        f"It lies in {path}, and in this link: {address}first-visit/?code={code}",
    ]


def collect_static() -> None:
    """Put static files into DATA_DIR/static, again only when a version or a file of ours changed.

    Web processes that share the folder and start at once would clear it under each other.
    """
    mark = settings.STATIC_ROOT / ".collected"
    now = _static_mark()
    with settings.DATA_FOLDER.locked("static.lock"):
        if mark.exists() and mark.read_text() == now:
            return
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)
        mark.write_text(now)


def _static_mark() -> str:
    """Return what tells one set of static files from another: versions, and the newest of our own."""
    paths = [path for folder in settings.STATICFILES_DIRS for path in Path(folder).rglob("*")]
    files = [path for path in paths if path.is_file()]
    newest = max((path.stat().st_mtime_ns for path in files), default=0)
    packages = ("django", "django-ninja")
    return " ".join([__version__, *map(version, packages), str(len(files)), str(newest)])
