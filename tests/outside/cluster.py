"""Sites on a real Redis and a real PostgreSQL, each with a database of its own."""

import itertools
from pathlib import Path
from typing import Any

import psycopg

from tests.endpoint import ScriptedEndpoint
from tests.servers import Postgres, Redis
from tests.site import Site

QUICK = {"LEASE_SECONDS": "3", "HEARTBEAT_SECONDS": "1"}  # a dead worker is noticed after five seconds
numbers = itertools.count(1)


def asking(endpoint: ScriptedEndpoint | str) -> dict[str, str]:
    """Variables of a site that asks this endpoint, or the one at this URL."""
    url = endpoint if isinstance(endpoint, str) else endpoint.url
    return {"VISION_BASE_URL": url, "VISION_API_KEY": "sk-test", "VISION_MODEL": "scripted-model"}


class Cluster:
    """The servers that sites of the distributed kind share."""

    def __init__(self, redis: Redis, postgres: Postgres) -> None:
        self.redis, self.postgres = redis, postgres
        self.begun = ""

    def site(
        self, folder: Path, endpoint: ScriptedEndpoint | str, *, begun: bool = True, **variables: Any
    ) -> Site:
        """A site, not yet started, that only serves pages; start a Worker beside it. Its database is begun, or empty."""
        number = next(numbers)
        template = self._begun_database(folder.parent / "begun") if begun else "template0"
        places = {
            "REDIS_URL": self.redis.url(number % 16),
            "DATABASE_URL": self.postgres.new_database(f"site{number}", template),
        }
        return Site(folder, begun=begun, **(QUICK | places | asking(endpoint) | variables))

    def _begun_database(self, folder: Path) -> str:
        """A database as a first start leaves it, made once; no endpoint is in it yet."""
        if not self.begun:
            url = self.postgres.new_database("begun")
            with Site(folder, DATABASE_URL=url) as site:
                assert site.stop() == 0
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("DELETE FROM describer_endpoint")
                connection.execute("ALTER SEQUENCE describer_endpoint_id_seq RESTART")
            self.begun = "begun"
        return self.begun
