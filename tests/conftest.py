"""People and an endpoint that tests of all kinds share."""

import signal
from collections.abc import Iterator

import pytest
from django.core.cache import cache

from describer.desk.presets import write_built_in
from describer.engine.queue.lease import Pulse
from describer.engine.queue.process import process
from describer.ledger.prices import prices
from describer.models import Endpoint, User
from describer.ops.monitoring.checks import FLIGHTS
from tests.endpoint import ScriptedEndpoint

PASSWORD = "correct-horse"


if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # Started in the background by a shell: what a test starts would inherit it, and never hear of a SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:  # started by nohup
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def media(settings, tmp_path) -> Iterator[None]:
    """Uploaded files of a test lie in a folder of its own."""
    storages = settings.STORAGES
    options = {"location": tmp_path / "media", "base_url": None}
    settings.STORAGES = storages | {"default": storages["default"] | {"OPTIONS": options}}
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def pulse() -> None:
    """No heartbeat of a test before has been written, or missed."""
    process.pulse = Pulse()


@pytest.fixture(autouse=True)
def no_prices() -> None:
    """No price of a test before is known: its number is given again where the test's transaction was undone."""
    prices.forget()


@pytest.fixture(autouse=True)
def flights() -> None:
    """No look at what the site stands on, begun in a test before, is awaited: it waited for that test's transaction."""
    for flight in FLIGHTS.values():
        flight.awaited = None


@pytest.fixture
def sandbox(db) -> Endpoint:
    """The endpoint of a site without a key."""
    return Endpoint.from_environment()


@pytest.fixture
def presets(db) -> None:
    """The site's presets, as a start writes them."""
    write_built_in()


@pytest.fixture
def alice(db) -> User:
    """Who owns things."""
    return User.objects.create_user("alice", password=PASSWORD)


@pytest.fixture
def bob(db) -> User:
    """A stranger to Alice's things."""
    return User.objects.create_user("bob", password=PASSWORD)


@pytest.fixture
def boss(db) -> User:
    """An admin."""
    return User.objects.create_superuser("boss", password=PASSWORD)


@pytest.fixture
def endpoint() -> Iterator[ScriptedEndpoint]:
    """A scripted endpoint on a loopback socket of its own."""
    with ScriptedEndpoint() as scripted:
        yield scripted
