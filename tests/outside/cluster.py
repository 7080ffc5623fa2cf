"""Sites on a real Redis and a real PostgreSQL, each with a database of its own."""

import itertools
from pathlib import Path
from typing import Any

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

    def site(self, folder: Path, endpoint: ScriptedEndpoint | str, **variables: Any) -> Site:
        """A site, not yet started, that only serves pages; start a Worker beside it."""
        number = next(numbers)
        places = {
            "REDIS_URL": self.redis.url(number % 16),
            "DATABASE_URL": self.postgres.new_database(f"site{number}"),
        }
        return Site(folder, **(QUICK | places | asking(endpoint) | variables))
