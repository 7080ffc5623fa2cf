"""A Redis and a PostgreSQL of the tests' own, on free ports, in folders of their own."""

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
from typing import Any


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
