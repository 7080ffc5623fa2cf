"""URLs that hold passwords: what can be taken apart in one way alone is; all else is refused, and nothing of it is shown."""

import os
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.views.debug import get_default_exception_reporter_filter
from hypothesis import given
from hypothesis import strategies as st

from tests.site import OURS, ROOT
from vision_site.environment import database_settings, env_address, env_redis

PASSWORD = "Hunter2-of-tests"
PARTS = ("Hunter2", "of-tests")


def refused(read, *arguments):
    with pytest.raises(ImproperlyConfigured) as caught:
        read(*arguments)
    assert caught.value.__cause__ is None
    return str(caught.value)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("a@b", "a@b"),
        ("a%23b%2Fc%3Fd%25", "a#b/c?d%"),
        ("100%", "100%"),
        ("a:b", "a:b"),
        ("a=b&c+d", "a=b&c+d"),
        ("p%C3%A4ss", "päss"),
    ],
)
def test_fe15_a_password_that_can_be_meant_in_one_way_is_taken(written, sent, monkeypatch):
    found = database_settings(f"postgres://someone:{written}@db.example.org:5433/site?sslmode=require")
    wanted = ("someone", sent, "db.example.org", 5433, "site", {"sslmode": "require"})
    assert tuple(found[name] for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME", "OPTIONS")) == wanted
    monkeypatch.setenv("REDIS_URL", f"redis://:{written}@db.example.org:6379/3")
    assert env_redis("REDIS_URL")


@pytest.mark.parametrize(
    "mark", ["#", "?", "/", "%00", "%0a", " ", "\n", "@h/x?", "@h#", "@h/", "1#", "1?a=b", "]", "["]
)
@pytest.mark.parametrize("kind", ["postgres", "redis"])
def test_fe15_a_password_that_breaks_its_url_is_refused_and_not_shown(mark, kind, monkeypatch):
    url = f"{kind}://someone:Hunter2{mark}of-tests@db.example.org/1"
    if kind == "postgres":
        said = refused(database_settings, url)
    else:
        monkeypatch.setenv("REDIS_URL", url)
        said = refused(env_redis, "REDIS_URL")
    assert not [part for part in PARTS if part in said]
    assert "%" in said


@pytest.mark.parametrize(
    "url",
    [
        PASSWORD,
        f"mysql://u:{PASSWORD}@h/d",
        f"{PASSWORD}://h/d",
        f"postgres://u:{PASSWORD}@h:abc/d",
        f"postgres://u:{PASSWORD}@h:99999/d",
        f"postgres://u:{PASSWORD}@[::1/d",
        f"postgres://u:{PASSWORD}@h",
        f"postgres://u:{PASSWORD}@h/",
        f"postgres://u:{PASSWORD}@h/a/b",
        f"postgres://u:{PASSWORD}@h/d?{PASSWORD}",
        f"postgres://u:{PASSWORD}@h/d?nonsense={PASSWORD}",
        f"postgres:u:{PASSWORD}@h/d",
        f"sqlite:///{PASSWORD}",
        "://",
        "postgres://",
    ],
)
def test_fe15_what_is_no_databases_url_is_refused_and_not_shown(url):
    assert PASSWORD not in refused(database_settings, url)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_fe15_whatever_a_password_holds_it_is_sent_as_it_is_or_refused_in_words(password):
    url = f"postgres://someone:{password}@db.example.org/site"
    try:
        found = database_settings(url)
    except ImproperlyConfigured as error:
        assert "DATABASE_URL" in str(error)
        return
    assert (found["USER"], found["HOST"], found["NAME"]) == ("someone", "db.example.org", "site")
    assert "%" in password or found["PASSWORD"] == password


@pytest.mark.parametrize(
    "address", ["http://[::1", "https://h:abc/v1", "http://h h/", f"http://k:{PASSWORD}@h/"]
)
def test_fe15_an_address_that_is_none_is_refused(address, monkeypatch):
    monkeypatch.setenv("S3_ENDPOINT", address)
    assert PASSWORD not in refused(env_address, "S3_ENDPOINT")


def test_fe15_a_page_of_debug_shows_no_url_of_a_server(settings):
    settings.DATABASE_URL = settings.REDIS_URL = settings.CELERY_BROKER_URL = f"redis://:{PASSWORD}@h/0"
    settings.SECRETS = [PASSWORD]
    hiding = get_default_exception_reporter_filter()
    cache = hiding.cleanse_setting("CACHES", {"default": {"LOCATION": settings.REDIS_URL}})
    assert PASSWORD not in f"{hiding.get_safe_settings()} {cache}"


@pytest.mark.process
@pytest.mark.parametrize(
    "command",
    [["manage.py", "up"], ["manage.py", "doctor"], ["-m", "celery", "-A", "vision_site", "worker"]],
    ids=str,
)
def test_fe15_every_program_says_so_in_a_sentence(command, tmp_path):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    wrong = {
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": "postgres://u:Hunter2#of-tests@h/d",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "DJANGO_SETTINGS_MODULE": "vision_site.settings",
    }
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=clean | wrong, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "write # as %23" in done.stderr
    assert not [part for part in PARTS if part in done.stdout + done.stderr]
