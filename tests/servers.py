"""A Redis, a PostgreSQL and an S3 of the tests' own, on free ports, in folders of their own."""

import glob
import os
import pwd
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
