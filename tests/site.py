"""The site in a process group of its own, as `manage.py up` starts it, driven from outside over its socket."""

import atexit
import os
import queue
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any, Self

import requests

ROOT = Path(__file__).resolve().parent.parent
ADMIN = {"username": "admin", "password": "admin-of-tests"}
START_SECONDS = 60
OURS = (
    "VISION_",
    "S3_",
    "DJANGO_SUPERUSER_",
    "REDIS_URL",
    "DATABASE_URL",
    "DATA_DIR",
    "HOST",
    "PORT",
    "SECRET_KEY",
    "METRICS_TOKEN",
    "LOG_",
)


class Site:
    """`with Site(tmp_path, VISION_BASE_URL=endpoint.url) as site:` starts it on a free port; the end stops it.

    Its first start is copied from one that was made before, unless the test is about first starts: `begun=False`.
    """

    def __init__(self, data: Path, *, admin: bool = True, begun: bool = True, **variables: Any) -> None:
        self.data = data
        self.begun = begun and admin
        clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        people = {f"DJANGO_SUPERUSER_{name.upper()}": value for name, value in ADMIN.items()} if admin else {}
        self.environment = clean | people | {"DATA_DIR": str(data), "PORT": "0"} | variables
        self.environment |= {"DJANGO_SETTINGS_MODULE": "vision_site.settings", "PYTHONWARNINGS": "default"}
        self.within: list[str] = []  # a command that starts the site's, and becomes it
        self.session = requests.Session()
        self.key = ""
        self.log: list[str] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()
        self.session.close()

    def start(self, *, healthy: bool = True) -> None:
        """Start it and wait until it says its address and, if it shall be healthy, answers there."""
        self.begin()
        self.heard()
        if healthy:
            until(lambda: self._answers(), "the site answers /healthz")

    def begin(self) -> None:
        """Start it and wait for nothing."""
        if self.begun and not (self.data.exists() and any(self.data.iterdir())):
            _begin(self.data, with_rows="DATABASE_URL" not in self.environment)
        self.process = subprocess.Popen(
            [*self.within, sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.addresses: queue.Queue[str] = queue.Queue()
        self.reader = threading.Thread(target=self._read, args=(self.process,), daemon=True)
        self.reader.start()

    def heard(self) -> None:
        """Wait until it says its address."""
        self.url = self.addresses.get(timeout=START_SECONDS)
        if not self.url:
            raise RuntimeError("the site did not start:\n" + "".join(self.log))

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout
        for line in process.stdout:
            self.log.append(line)
            if found := re.search(r"Describer is at (http://\S+?)/?\s", line):
                self.addresses.put(found[1])
        self.addresses.put("")

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/healthz", timeout=5).ok
        except requests.RequestException:
            return False

    def signal(self, number: signal.Signals) -> None:
        """To the whole process group."""
        os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """kill -9 of the whole process group."""
        self.signal(signal.SIGKILL)
        self.gone(10)

    def stop(self, seconds: float = 40) -> int:
        """SIGTERM, and its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.gone(seconds)

    def gone(self, seconds: float) -> int:
        """Its exit status, once it is gone."""
        status = self.process.wait(seconds)
        self.reader.join(5)
        assert self.process.stdout
        self.process.stdout.close()
        return status

    def manage(self, *arguments: str) -> str:
        """What a management command prints, run beside the site."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True)
        if done.returncode:
            print(done.stderr)  # else the exception alone would say that it failed, and not why
        done.check_returncode()
        return done.stdout

    @property
    def first_code(self) -> str:
        """The code that it printed for whoever makes the first account."""
        printed = until(lambda: re.search(r"needs this code: (\S+)", "".join(self.log)), "it prints the code")
        return str(printed[1])

    @property
    def bearer(self) -> dict[str, str]:
        """An Authorization header with a key of the admin's, made at the first use."""
        if not self.key:
            self.key = self.new_key()
        return {"Authorization": f"Bearer {self.key}"}

    def new_key(self, name: str = "tests", **limits: Any) -> str:
        """From the page: a command in a process of its own takes two seconds."""
        with self.login() as person:
            fields = {"name": name, "csrfmiddlewaretoken": person.cookies["csrftoken"], **limits}
            page = person.post(
                f"{self.url}/account/keys/", data=fields, headers={"Referer": self.url}, timeout=30
            )
        found = re.search(r'id="secret"[^>]*>([^<]+)<', page.text)
        assert found, page.text
        return found[1]

    def ask(self, picture: bytes, question: str = "What is it?", **fields: Any) -> dict[str, Any]:
        """Submit one ask through the API; answers its JSON."""
        response = self.session.post(
            f"{self.url}/api/descriptions",
            headers=self.bearer | fields.pop("headers", {}),
            files={"image": ("picture.jpg", picture)},
            data={"question": question, **fields},
            timeout=30,
        )
        assert response.status_code == 202, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def description(self, number: int) -> dict[str, Any]:
        """A description's JSON."""
        response = self.session.get(f"{self.url}/api/descriptions/{number}", headers=self.bearer, timeout=30)
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer

    def finished(self, number: int, seconds: float = 30) -> dict[str, Any]:
        """A description's JSON once it is at its end."""

        def ended() -> dict[str, Any] | None:
            answer = self.description(number)
            return answer if answer["status"] in ("done", "failed", "cancelled") else None

        answer: dict[str, Any] = until(ended, f"description {number} ends", seconds)
        return answer

    def login(self, username: str = ADMIN["username"], password: str = ADMIN["password"]) -> requests.Session:
        """A session of a person at the pages."""
        session = requests.Session()
        session.get(f"{self.url}/login/", timeout=10)
        fields = {
            "username": username,
            "password": password,
            "csrfmiddlewaretoken": session.cookies["csrftoken"],
        }
        response = session.post(f"{self.url}/login/", data=fields, headers={"Referer": self.url}, timeout=10)
        assert response.ok, response.text
        return session


def until(condition: Callable[[], Any], what: str, seconds: float = 30, step: float | None = None) -> Any:
    """Wait for a condition, never for seconds; answers what it answered.

    Without a `step` it is looked at ever more seldom, from 20 ms to 0.2 s: a question to a site takes its processor time.
    """
    deadline = time.monotonic() + seconds
    pause = step or 0.02
    while time.monotonic() < deadline:
        if result := condition():
            return result
        threading.Event().wait(pause)
        if step is None:
            pause = min(pause * 1.3, 0.2)
    raise AssertionError(f"not within {seconds} s: {what}")


class Worker:
    """A Celery worker process of a site."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.environment = dict(site.environment)
        self.log: list[str] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "vision_site", "worker"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout
        with process.stdout as lines:
            self.log.extend(lines)

    def signal(self, number: signal.Signals) -> None:
        """To the whole process group."""
        os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """kill -9 of the whole process group."""
        self.signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self, seconds: float = 40) -> int:
        """SIGTERM, and its exit status."""
        self.process.terminate()
        return self.process.wait(seconds)

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.kill()


@cache
def _begun_folder() -> Path:
    """A data folder as a first start leaves it, made once by a real one: no endpoint is in it yet."""
    root = Path(tempfile.mkdtemp(prefix="describer-begun-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    folder = root / "data"
    with Site(folder, begun=False) as site:
        assert site.stop() == 0
    with closing(sqlite3.connect(folder / "describer.sqlite3")) as database, database:
        database.execute("DELETE FROM describer_endpoint")
        database.execute("DELETE FROM sqlite_sequence WHERE name = 'describer_endpoint'")
    with closing(sqlite3.connect(folder / "describer.sqlite3")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


def _begin(folder: Path, *, with_rows: bool) -> None:
    """Make of an empty folder what a first start would; without rows, where these lie in a PostgreSQL."""
    begun = _begun_folder()
    shutil.copytree(begun / "static", folder / "static", copy_function=os.link)
    shutil.copy2(begun / "secret_key", folder / "secret_key")
    if with_rows:
        shutil.copy2(begun / "describer.sqlite3", folder / "describer.sqlite3")
