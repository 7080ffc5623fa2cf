"""A disk that is full when an upload or a reply comes (U71, P16): a small file system, which takes root to mount."""

import os
import subprocess
import threading
from contextlib import suppress

import pytest
import requests

from tests.endpoint import answer, held
from tests.images.pictures import photo
from tests.outside.cluster import QUICK, asking
from tests.outside.database import Database
from tests.outside.people import post
from tests.site import Site, until

pytestmark = pytest.mark.site
MIB = 2**20
WORDS = "The site's disk is full; tell its admin"


class Disk:
    """A mounted file system of `size` MiB that can be filled."""

    def __init__(self, folder, size):
        self.folder = folder
        self.filling = folder / "filling"
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}m", "tmpfs", folder], check=True, capture_output=True
        )

    def fill_up_to(self, left):
        """Leave so many bytes free, or fewer, if the site writes meanwhile."""
        now = os.statvfs(self.folder)
        with suppress(OSError), self.filling.open("ab", buffering=0) as file:
            file.write(bytes(max(0, now.f_bavail * now.f_frsize - left)))

    def clear(self):
        self.filling.unlink(missing_ok=True)

    def unmount(self):
        subprocess.run(["umount", self.folder], check=True)


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    mounted = Disk(tmp_path_factory.mktemp("disk"), 80)
    yield mounted
    mounted.unmount()


@pytest.fixture(scope="module")
def site(disk):
    (disk.folder / "tmp").mkdir()
    with Site(disk.folder / "data", begun=False, TMPDIR=str(disk.folder / "tmp")) as started:
        # Python takes another folder for temporary files when this one is full at the first use.
        assert started.ask(photo(63, 48) + bytes(3 * MIB))
        yield started


@pytest.fixture(scope="module")
def owner(site):
    return site.login()


@pytest.fixture(autouse=True)
def room_again(disk):
    yield
    disk.clear()


def kept(site, disk):
    """Every picture's file and every temporary one."""
    folders = (site.data / "media", disk.folder / "tmp")
    return [str(path) for folder in folders for path in folder.rglob("*") if path.is_file()]


def listed(site):
    answer = requests.get(f"{site.url}/api/descriptions", headers=site.bearer, timeout=10)
    return [one["id"] for one in answer.json()["items"]]


@pytest.mark.parametrize("left", [0, 100_000, 4 * MIB, 7 * MIB])
def test_u71_a_full_disk_is_said_in_words_wherever_it_is_met(site, owner, disk, left):
    # It lies there three times: as it arrives, as a file of its form, as what is kept.
    picture = photo(64, 48) + left.to_bytes(4) + bytes(3 * MIB)
    before = kept(site, disk), listed(site)
    disk.fill_up_to(left)
    files = {"image": ("full.jpg", picture)}
    answer = requests.post(
        f"{site.url}/api/descriptions",
        headers=site.bearer,
        files=files,
        data={"question": "Room?"},
        timeout=30,
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (507, "disk_full")
    assert WORDS in answer.json()["error"]["message"]
    assert post(site, owner, "/images/", files=files).json()["error"]["code"] == "disk_full"
    page = post(site, owner, "/", data={"question": "Room?"}, files=files)
    assert page.status_code == 507
    assert "disk is full" in page.text
    assert (kept(site, disk), listed(site)) == before
    disk.fill_up_to(left)  # the database may have given some back meanwhile
    assert requests.get(f"{site.url}/readyz", timeout=10).json()["problems"] == {"disk": "is full"}


def test_u71_once_there_is_room_again_all_is_well(site, disk):
    disk.fill_up_to(0)
    assert requests.get(f"{site.url}/readyz", timeout=10).status_code == 503
    disk.clear()
    until(lambda: requests.get(f"{site.url}/readyz", timeout=10).ok, "it is ready again")
    assert site.finished(site.ask(photo(65, 48))["id"])["status"] == "done"


def test_p16_a_reply_that_the_full_disk_does_not_take_is_held_and_no_more_is_asked_meanwhile(disk, endpoint):
    gates = threading.Event(), threading.Event()
    texts = "A long answer. " * 300_000, "A short one."
    endpoint.then(*(held(gate, answer(text)) for gate, text in zip(gates, texts, strict=True)))
    with Site(
        disk.folder / "paying", begun=False, WORKER_CONCURRENCY="2", **(QUICK | asking(endpoint))
    ) as site:
        asks = [site.ask(photo(64, 48), question=f"Number {number}?")["id"] for number in range(3)]
        until(lambda: endpoint.in_flight == 2, "two are asked, and one waits for a slot")
        disk.fill_up_to(0)
        gates[0].set()
        until(lambda: any("a reply is held" in line for line in site.log), "the long reply is held")
        gates[1].set()
        until(lambda: endpoint.in_flight == 0, "the short one is written")
        ready = requests.get(f"{site.url}/readyz", timeout=10)
        assert (ready.status_code, ready.json()["problems"]["disk"]) == (503, "is full")
        assert site.description(asks[2])["status"] == "queued"
        assert len(endpoint.calls) == 2
        disk.clear()
        assert [site.finished(one)["status"] for one in asks] == ["done"] * 3
        assert Database(site).attempts() == {one: ["answered"] for one in asks}
        assert len(endpoint.calls) == 3
