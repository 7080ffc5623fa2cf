"""A Redis, a PostgreSQL, an S3 and an nginx of the tests' own, on free ports, in folders of their own."""

import glob
import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

import boto3
from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with closing(socket.socket()) as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


@contextmanager
def redis_server() -> Iterator[str]:
    """A Redis; yields its URL."""
    port, folder = free_port(), tempfile.mkdtemp(prefix="describer-redis-")
    options = [
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        folder,
    ]
    process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
    try:
        accepts(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder)


@contextmanager
def postgres_server() -> Iterator[str]:
    """A PostgreSQL cluster with an empty database; yields its URL. It refuses to run as root, so `postgres` runs it."""
    programs = Path(sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1])
    folder = Path(tempfile.mkdtemp(prefix="describer-postgres-"))
    user: dict[str, Any] = {"user": "postgres"} if os.geteuid() == 0 else {}
    if user:
        os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
    port, data = free_port(), folder / "data"
    initdb: list[Any] = [
        programs / "initdb",
        "-D",
        data,
        "-U",
        "describer",
        "--auth",
        "trust",
        "--no-sync",
        "-E",
        "UTF8",
    ]
    subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd=folder, **user)
    settings: list[Any] = [
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
        f"unix_socket_directories={folder}",
        "-c",
        "fsync=off",
    ]
    serve: list[Any] = [programs / "postgres", "-D", data, "-p", str(port), *settings]
    process = subprocess.Popen(
        serve, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, **user
    )
    try:
        accepts(port)
        yield f"postgres://describer@127.0.0.1:{port}/postgres"
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder)


def accepts(port: int, seconds: float = 30) -> None:
    """Wait until something answers there."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with closing(socket.socket()) as asked:
            if asked.connect_ex(("127.0.0.1", port)) == 0:
                return
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
    places = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "nginx.conf"
    whole.write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/errors warn; user root;"
        f"events {{}} http {{ access_log off; {places}\n{text}\n}}"
    )
    process = subprocess.Popen(["nginx", "-p", folder, "-c", whole, "-e", folder / "errors"])
    try:
        accepts(port)
        yield f"https://localhost:{port}"
    finally:
        process.terminate()
        process.wait(10)
