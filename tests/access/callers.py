"""Each kind of caller at a site where one person owns one of everything."""

import re
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import get_resolver

from describer.models import ApiKey, Preset, Price, Repricing, SavedView, Share, User, Webhook
from tests.outside.routes import routes
from tests.rows import make_attempt, make_comparison, make_description, make_usage_day

KINDS = ("stranger", "person", "other", "ask", "read", "revoked", "disabled", "staff", "admin")
SCRIPTS = ("/api", "/v1", "/chat")
OWNED = {
    "images": "image",
    "keys": "apikey",
    "webhooks": "webhook",
    "shares": "share",
    "comparisons": "comparison",
    "views": "savedview",
}
HOLE = re.compile(r"\{(\w+)\}")


@dataclass
class Caller:
    """Somebody: on routes for scripts by their key, on pages by their session, where they have one."""

    key: str = ""
    user: User | None = None
    session: str = ""

    def got(self, method: str, path: str) -> str:
        """What a call comes to, in a word: its status, or `login`. Nothing of it stays."""
        headers = {}
        if self.key and (self.user is None or path.startswith(SCRIPTS)):
            headers["authorization"] = f"Bearer {self.key}"
        client = Client(raise_request_exception=False)  # a new one: some routes take its cookies
        if self.session:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.session
        call = partial(client.generic, method, path, *_body(method, path), headers=headers)
        if path.startswith("/v1"):  # its threads have connections of their own
            return _word(call())
        with transaction.atomic():
            answer = call()
            transaction.set_rollback(True)
        return _word(answer)


def _body(method: str, path: str) -> tuple[str, str]:
    """What is sent: forms without fields, objects without members."""
    if (
        method == "POST"
        and path.startswith(("/v1", "/api/webhooks", "/api/presets"))
        or (method == "POST" and path.endswith("/share"))
    ):
        return "{}", "application/json"
    return "", "application/x-www-form-urlencoded"


def _word(answer: HttpResponseBase) -> str:
    answer.close()
    where = answer.headers.get("Location", "")
    if where.startswith(("/login/", "/admin/login/")) and "next=" in where:
        return "login"
    return str(answer.status_code)


def the_owner(name: str = "ann") -> tuple[User, dict[str, Any]]:
    """A person and one of everything that is hers, by the names of the holes in routes."""
    owner = User.objects.create_user(name)
    comparison = make_comparison(owner)
    row = make_description(owner, "A boat.", comparison=comparison)
    image = row.shown_pictures[0].image
    attempt = make_attempt(row, state="answered")
    day = make_usage_day(owner, 21, day=date(2026, 1, 1), endpoint="sandbox", model="m")
    webhook = Webhook.issue(owner, "https://receiver.example/")
    delivery = webhook.deliveries.create(description=row.pk)
    key = ApiKey.issue(owner, "hers")[0]
    preset = Preset.objects.create(owner=owner, name="m", label="Mine", question="What?")
    share = Share.issue(row, None)[0]
    numbers = {
        "preset": preset,
        "share": share,
        "comparison": comparison,
        "savedview": SavedView.objects.create(owner=owner, name="m", folded="m", query="tag=m"),
        "description": row,
        "image": image,
        "attempt": attempt,
        "usageday": day,
        "webhook": webhook,
        "price": Price.objects.create(model="m"),
        "repricing": Repricing.objects.create(begins=row.created, day=row.created, calls=1),
    }
    numbers |= {"webhookdelivery": delivery, "apikey": key, "user": owner, "endpoint": row.endpoint}
    return owner, {name: one.pk for name, one in numbers.items()} | {
        "group": Group.objects.create(name="g").pk
    }


def callers(owner: User) -> dict[str, Caller]:
    """One caller of each kind, by name; `other` is a stranger to what is the owner's."""
    other, disabled = (User.objects.create_user(name) for name in ("ben", "cleo"))
    staff = User.objects.create_user("stella", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    people = {"person": owner, "other": other, "disabled": disabled, "staff": staff}
    people["admin"] = User.objects.create_superuser("boss")
    found = {name: Caller(ApiKey.issue(user, "all")[1], user) for name, user in people.items()}
    found |= {name: Caller(ApiKey.issue(owner, name, scopes=[name])[1]) for name in ("ask", "read")}
    key, secret = ApiKey.issue(owner, "revoked")
    key.revoke()
    found |= {"revoked": Caller(secret), "stranger": Caller()}
    for one in found.values():
        if one.user:
            client = Client()
            client.force_login(one.user)
            one.session = client.cookies[settings.SESSION_COOKIE_NAME].value
    User.objects.filter(pk=disabled.pk).update(is_active=False)
    return {name: found[name] for name in KINDS}


def all_calls() -> list[str]:
    """`METHOD path` of all that the site answers, from its own list of routes, what varies in the path as {its name}."""
    paths = {path for _, path in routes(get_resolver("vision_site.urls").url_patterns, "/")}
    # Scripts may write a slash more.
    ours = {path for path in paths if not (path.startswith(SCRIPTS) and path[:-1] in paths)}
    return [f"{method} {path}" for path in sorted(ours) for method in _methods(path)]


def _methods(path: str) -> tuple[str, ...]:
    if path.startswith(SCRIPTS):
        return ("GET", "POST", "DELETE")
    return ("GET", "POST")


def filled(path: str, numbers: dict[str, Any]) -> str:
    """The path to what is the owner's."""
    model = next((name for name in OWNED if name in path), "description")
    if path.startswith("/admin/"):
        model = next((name for name in numbers if f"/{name}/" in path), "user")
    fixed = {
        "position": 0,
        "index": 0,
        "variant": 0,
        "part": "question",
        "app_label": "describer",
        "name": "m",
        "content_type_id": 1,
        "token": "never",
        "kind": "csv",
    }
    values = fixed | {"rest": "nothing", "url": "nothing", "id": numbers["user"], "share": numbers["share"]}
    return HOLE.sub(lambda hole: str(values.get(hole[1], numbers[OWNED.get(model, model)])), path)
