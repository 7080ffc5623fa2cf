"""`python -m tests.bench.pages`: the statements behind history and usage of a filled site, in the database of the environment.

Prints JSON: by address, how many statements the list itself takes and how many milliseconds they come to, each at its median
of several runs with all its rows read. Gives the first person a password, too, so that pages can be asked for.
"""

import json
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any
from urllib.parse import urlencode

import django

PERSON = {"username": "person-0001", "password": "person-of-bench"}
USAGE = "/usage/?period=year"
RUNS = 9
# Common words, several, one that nobody wrote, a phrase, a beginning, what is not there, names of files.
SEARCHES = (
    "boat",
    "the harbour",
    "boat harbour light",
    "submarine",
    '"the boat"',
    "ha",
    "-boat",
    "file:scan",
)
BEGINNING = "ha"
# The frame's, and the one for links of what is not done.
FRAMES = ("django_session", "describer_user", "describer_endpoint", "describer_descriptionlink")


def measure() -> dict[str, Any]:
    from describer.models import Description, User  # noqa: PLC0415  Django comes first

    person = User.objects.get(username=PERSON["username"])
    person.set_password(PERSON["password"])
    person.save()
    admin = User.objects.filter(is_superuser=True).first() or User.objects.create_superuser("bench")
    addresses = ["/history/", *(f"/history/?{urlencode(mix)}" for mix in mixes(person))]
    found = {address: statements_of(person, address) for address in dict.fromkeys(addresses)}
    return {
        "history": found,
        "searches": {
            query: statements_of(person, f"/history/?{urlencode({'q': query})}") for query in SEARCHES
        },
        "usage": statements_of(admin, f"{USAGE}&of=everybody"),
        "own_usage": statements_of(person, USAGE),
        "rows": Description.objects.filter(owner=person).count(),
    }


def mixes(person: Any) -> Iterator[dict[str, Any]]:
    """Filters in any mix: each state with each of what else narrows a list, of common and of rare words."""
    rows = person.descriptions
    numbers = rows.order_by("id").values_list("id", flat=True)
    models = ["claude-sonnet-4-20250514", "llava:13b", "never-asked"]
    others: list[dict[str, Any]] = [
        {},
        *({"model": model} for model in models),
        {"favourite": 1},
        {"tag": "harbour"},
        {"tag": "nowhere"},
        {"preset": "keywords"},
        {"key": person.api_keys.get(name="filled").pk},
        {"q": "harbour"},
        {"q": "boat", "flag": "cut_off"},
        {"before": numbers[numbers.count() // 2]},
        {"favourite": 1, "tag": "invoice", "preset": "read", "model": models[1]},
        {"favourite": 1, "key": person.api_keys.get(name="filled").pk, "tag": "harbour"},
    ]
    for state, other in product(("", "done", "open", "failed", "cancelled"), others):
        mix = other
        if state:
            mix = {"state": state, **other}
        if mix:
            yield mix


def statements_of(person: Any, address: str) -> dict[str, float]:
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    taken: list[tuple[str, Any]] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        taken.append((sql, params))
        return execute(sql, params, many, context)

    browser = Client(SERVER_NAME="127.0.0.1")
    browser.force_login(person)
    with connection.execute_wrapper(note):
        assert browser.get(address).status_code == 200, address
    of_list = [
        one
        for one in taken
        if one[0].startswith("SELECT") and not any(f'FROM "{name}' in one[0] for name in FRAMES)
    ]
    spans = [statistics.median(milliseconds(*one) for _ in range(RUNS)) for one in of_list]
    return {"count": len(spans), "ms": sum(spans)}


def milliseconds(sql: str, params: Any) -> float:
    from django.db import connection  # noqa: PLC0415

    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        cursor.fetchall()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    django.setup()
    print(json.dumps(measure()))
