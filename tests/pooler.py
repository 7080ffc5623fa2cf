"""A PgBouncer of the tests' own: the pooler that most people put between a program and a PostgreSQL."""

import os
import pwd
from typing import Any

from tests.servers import Postgres, Server


class PgBouncer(Server):
    """Pools connections to all databases of a PostgreSQL, by transactions; it refuses to run as root.

    Each transaction of a client gets another of the server's connections than the one before (`server_round_robin`), of four
    that are there from the beginning: what is kept in a session is not found again.
    """

    def __init__(self, behind: Postgres, **settings: Any) -> None:
        super().__init__("pgbouncer")
        self.behind = behind
        theirs = {
            "listen_addr": "127.0.0.1",
            "listen_port": self.port,
            "unix_socket_dir": "",
            "auth_type": "any",
            "pool_mode": "transaction",
            "min_pool_size": 4,
            "server_round_robin": 1,
            "max_client_conn": 500,
        }
        lines = "".join(f"{name} = {value}\n" for name, value in (theirs | settings).items())
        databases = f"* = host=127.0.0.1 port={behind.port} user=describer"
        (self.folder / "pgbouncer.ini").write_text(f"[databases]\n{databases}\n[pgbouncer]\n{lines}")
        if os.geteuid() == 0:
            self.user = {"user": "postgres"}
            for path in (self.folder, self.folder / "pgbouncer.ini"):
                os.chown(path, pwd.getpwnam("postgres").pw_uid, -1)

    def command(self) -> list[Any]:
        return ["pgbouncer", self.folder / "pgbouncer.ini"]

    def url(self, database: str) -> str:
        return f"postgres://describer@127.0.0.1:{self.port}/{database}"
