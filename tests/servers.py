"""A Redis, a PostgreSQL, an S3 and an nginx of the tests' own, on free ports, in folders of their own."""

import glob
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import boto3
import psycopg
from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with closing(socket.socket()) as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


class Server:
    """A server process that can be stopped, started again on the same port, and made to hang."""

    def __init__(self, name: str) -> None:
        self.port, self.folder = free_port(), Path(tempfile.mkdtemp(prefix=f"describer-{name}-"))
        self.user: dict[str, Any] = {}

    def command(self) -> list[Any]:
        raise NotImplementedError

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def start(self) -> None:
        silent: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(self.command(), cwd=self.folder, **silent, **self.user)
        accepts(self.port)

    def stop(self) -> None:
        """End it; nothing listens any more."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(20)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Nothing listens meanwhile."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """It takes connections and bytes meanwhile, and answers nothing."""
        processes = [self.process.pid, *children(self.process.pid)]
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGCONT)


class Redis(Server):
    """A Redis that keeps nothing on disk."""

    def __init__(self) -> None:
        super().__init__("redis")

    def command(self) -> list[Any]:
        place = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        return ["redis-server", *place, "--save", "", "--appendonly", "no"]

    def url(self, database: int = 0) -> str:
        return f"redis://127.0.0.1:{self.port}/{database}"


class Postgres(Server):
    """A PostgreSQL cluster. It refuses to run as root, so `postgres` runs it."""

    def __init__(self) -> None:
        super().__init__("postgres")
        self.programs = Path(sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1])
        if os.geteuid() == 0:
            self.user = {"user": "postgres"}
            os.chown(self.folder, pwd.getpwnam("postgres").pw_uid, -1)
        how = ["-U", "describer", "--auth", "trust", "--no-sync", "-E", "UTF8"]
        initdb: list[Any] = [self.programs / "initdb", "-D", self.folder / "data", *how]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd=self.folder, **self.user)

    def command(self) -> list[Any]:
        settings = ("listen_addresses=127.0.0.1", f"unix_socket_directories={self.folder}", "fsync=off")
        given = [word for setting in settings for word in ("-c", setting)]
        return [self.programs / "postgres", "-D", self.folder / "data", "-p", str(self.port), *given]

    def start(self) -> None:
        super().start()
        while not self._takes_us():  # it listens before it is ready
            time.sleep(0.02)

    def _takes_us(self) -> bool:
        try:
            psycopg.connect(self.url()).close()
        except psycopg.OperationalError:
            return False
        return True

    def url(self, database: str = "postgres") -> str:
        return f"postgres://describer@127.0.0.1:{self.port}/{database}"

    def new_database(self, name: str, template: str = "template0") -> str:
        """An empty database, or a copy of another; answers its URL."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)


def children(process: int) -> list[int]:
    """Ids of a process's children; a thread that ends while the list is read has none any more."""
    ids: list[int] = []
    for children_of_thread in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):
            ids += map(int, children_of_thread.read_text().split())
    return ids


@contextmanager
def redis_server() -> Iterator[str]:
    """A Redis; yields its URL."""
    with Redis() as server:
        yield server.url()


@contextmanager
def postgres_server() -> Iterator[str]:
    """A PostgreSQL with an empty database; yields its URL."""
    with Postgres() as server:
        yield server.url()


def accepts(port: int, seconds: float = 30) -> None:
    """Wait until something answers there."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with closing(socket.socket()) as asked:
            if asked.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise AssertionError(f"nothing listens on port {port}")


class S3Server:
    """A server that speaks like S3, with an empty bucket `pictures`; it keeps what it holds when it is stopped and started."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.variables = {
            "S3_BUCKET": "pictures",
            "S3_ENDPOINT": self.url,
            "S3_ACCESS_KEY": "key-of-tests",
            "S3_SECRET_KEY": "secret-of-tests",
        }

    def __enter__(self) -> Self:
        self.start()
        self.client = boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="key-of-tests",
            aws_secret_access_key="secret-of-tests",
        )
        self.client.create_bucket(Bucket="pictures")
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.stop()
        s3_backends.reset()

    def start(self) -> None:
        self.server = ThreadedMotoServer("127.0.0.1", self.port, verbose=False)
        self.server.start()

    def stop(self) -> None:
        self.server.stop()

    def names(self) -> list[str]:
        """Names of everything in the bucket."""
        return [one["Key"] for one in self.client.list_objects_v2(Bucket="pictures").get("Contents", [])]


@contextmanager
def nginx_server(folder: Path, behind: str) -> Iterator[str]:
    """An nginx with deploy/nginx.conf, on ports of its own, before the site at `behind`; yields its https address.

    The certificate that it shows is `folder`/site.pem.
    """
    key, shown, port = folder / "site.key", folder / "site.pem", free_port()
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    subprocess.run([*made, *subject, "-keyout", key, "-out", shown], check=True, capture_output=True)
    text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    text = re.sub(r"listen \[::\]:.*", "", text)
    for theirs, ours in {
        "listen 80": f"listen 127.0.0.1:{free_port()}",
        "listen 443": f"listen 127.0.0.1:{port}",
        "127.0.0.1:8000": behind,
        "/etc/letsencrypt/live/describer.example.org/fullchain.pem": str(shown),
        "/etc/letsencrypt/live/describer.example.org/privkey.pem": str(key),
        "describer.example.org": "localhost",
    }.items():
        assert theirs in text
        text = text.replace(theirs, ours)
    with _nginx(folder, text):
        accepts(port)
        yield f"https://localhost:{port}"


@contextmanager
def bare_nginx(folder: Path, behind: str, ways: dict[str, str]) -> Iterator[dict[str, str]]:
    """An nginx as people write it in a hurry: for each way a server of its lines and a `proxy_pass`; yields their addresses."""
    ports = {way: free_port() for way in ways}
    text = "".join(
        f"server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://{behind}; {ways[way]} }} }}\n"
        for way, port in ports.items()
    )
    with _nginx(folder, text):
        for port in ports.values():
            accepts(port)
        yield {way: f"http://127.0.0.1:{port}" for way, port in ports.items()}


@contextmanager
def _nginx(folder: Path, servers: str) -> Iterator[None]:
    places = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "nginx.conf"
    whole.write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/errors warn; user root;"
        f"events {{}} http {{ access_log off; {places}\n{servers}\n}}"
    )
    process = subprocess.Popen(["nginx", "-p", folder, "-c", whole, "-e", folder / "errors"])
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)
