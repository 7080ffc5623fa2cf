"""What lies in deploy/ names only what there is: variables, commands, files, times and limits."""

import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.urls import resolve

from tests.test_docs import DOCS, ROOT, variables

DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
OURS = ("web", "worker")
UNITS = sorted(DEPLOY.glob("*.service"))
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
NGINX = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
COMMANDS = ("manage.py up", "celery -A vision_site worker")


def unit(path):
    """A unit as {section: {key: [values]}}; keys may be there more than once."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), {})
        elif "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            section.setdefault(key, []).append(value)
    return found


def known(name):
    return name in variables() or name.removesuffix("_FILE") in variables()


def seconds(text):
    assert text.endswith("s")
    return int(text[:-1])


@pytest.mark.parametrize("name", OURS)
def test_the_composition_sets_variables_that_there_are(name):
    assert [one for one in COMPOSE["services"][name]["environment"] if not known(one)] == []


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_secrets_come_as_files_that_the_service_is_given(name):
    service = COMPOSE["services"][name]
    given = set(service.get("secrets", ()))
    environment = service.get("environment", {})
    files = {Path(value).name for key, value in environment.items() if key.endswith("_FILE")}
    assert files == given
    assert given <= set(COMPOSE["secrets"])
    assert not [
        key
        for key in environment
        if re.search("PASSWORD|KEY|DATABASE_URL", key) and not key.endswith("_FILE")
    ]


def test_secrets_are_kept_out_of_commits_and_images():
    assert "/deploy/secrets/" in (ROOT / ".gitignore").read_text()
    assert all(one["file"].startswith("secrets/") for one in COMPOSE["secrets"].values())
    taken = re.findall("^!(.+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert "deploy/healthy.py" in taken
    assert "deploy/secrets" not in taken


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_a_service_waits_for_others_that_can_say_when_they_are_healthy(name):
    for other, how in COMPOSE["services"][name].get("depends_on", {}).items():
        assert how == {"condition": "service_healthy"}
        checked = COMPOSE["services"][other].get("healthcheck", {})
        assert checked.get("test") or (other == "web" and "HEALTHCHECK" in DOCKERFILE)


@pytest.mark.parametrize("name", OURS)
def test_a_container_gets_more_time_to_stop_than_its_calls_have(name):
    assert seconds(COMPOSE["services"][name]["stop_grace_period"]) > settings.GRACE_SECONDS


def test_the_image_is_made_of_what_there_is():
    built = {(str(one["build"]), one["image"]) for one in map(COMPOSE["services"].get, OURS)}
    assert len(built) == 1
    assert (DEPLOY / COMPOSE["services"]["web"]["build"]["context"] / "deploy" / "Dockerfile").exists()
    allowed = re.findall(r"^!([\w./]+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    missing = [name for name in allowed if not (ROOT / name).exists()]
    assert set(missing) <= {"locale"}
    assert {"manage.py", "requirements.lock", "describer", "vision_site", "templates", "static"} <= set(
        allowed
    )
    for folder in (*settings.TEMPLATES[0]["DIRS"], *settings.STATICFILES_DIRS):
        assert Path(folder).name in allowed
    assert '"manage.py", "up"' in DOCKERFILE
    assert "--require-hashes" in DOCKERFILE
    assert re.search("^USER describer$", DOCKERFILE, re.MULTILINE)
    assert "STOPSIGNAL SIGTERM" in DOCKERFILE
    assert " ".join(COMPOSE["services"]["worker"]["command"]) == COMMANDS[1]
    names = re.findall(r"\b([A-Z_]+)=", re.findall("^ENV (.+)", DOCKERFILE, re.MULTILINE)[0])
    assert [name for name in names if not known(name)] == ["PYTHONUNBUFFERED"]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_what_there_is_and_lets_it_end(path):
    service = unit(path)["Service"]
    assert any(command in service["ExecStart"][0] for command in COMMANDS)
    names = re.findall(r"(\w+)=", " ".join(service["Environment"]))
    assert [name for name in names if not known(name)] == []
    assert int(service["TimeoutStopSec"][0]) > settings.GRACE_SECONDS
    # Only the one process is told, once: the same signal a second time means "leave at once".
    assert service["KillMode"] == ["mixed"]
    assert f"DATA_DIR=/var/lib/{service['StateDirectory'][0]}" in service["Environment"][0]
    assert service["ProtectSystem"] == ["strict"]


def test_nginx_lets_through_what_the_site_takes_and_waits_as_long():
    size = re.search(r"client_max_body_size (\d+)m;", NGINX)
    assert int(size[1]) * 2**20 > settings.UPLOAD_MAX_BYTES
    blocks = dict(re.findall(r"location (?:= )?(\S+) \{(.*?)\}", NGINX, re.DOTALL))
    assert "proxy_buffering off;" in blocks["/live/"]
    assert "proxy_buffering off;" in blocks["/v1/"]
    waits = re.search(r"proxy_read_timeout (\d+)s;", blocks["/v1/"])
    assert int(waits[1]) > settings.VISION_TIMEOUTS["whole_call"]
    assert resolve("/live/")
    assert "X-Forwarded-For $remote_addr;" in NGINX


@pytest.mark.parametrize("path", sorted(DEPLOY.iterdir()), ids=lambda path: path.name)
def test_everything_in_deploy_is_explained(path):
    if path.name != "secrets":
        assert path.name in DOCS["deploy.md"]


def test_what_the_deployment_page_names_is_there():
    page = DOCS["deploy.md"]
    named = set(re.findall(r"\bdeploy/([\w.@-]+\w)", page)) - {"secrets"}
    assert named <= {path.name for path in DEPLOY.iterdir()}
    settings_named = set(re.findall(r"^([A-Z0-9_]{3,})=", page, re.MULTILINE))
    assert [name for name in settings_named if not known(name)] == []
    in_words = set(re.findall(r"`([A-Z0-9]+_[A-Z0-9_]+)`", page))
    assert [name for name in in_words if not known(name)] == []


@pytest.mark.process
def test_the_check_of_a_container_asks_by_a_name_that_is_allowed():
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            allowed = (self.path, self.headers["Host"]) == ("/healthz", "describer.example.org")
            self.send_response(200 if allowed else 400)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        assert health(server.server_port, "describer.example.org,localhost") == 0
        assert health(server.server_port, ".example.org") == 1
        server.shutdown()
    assert health(server.server_port, "describer.example.org") == 1


def health(port, hosts):
    environment = {"PORT": str(port), "ALLOWED_HOSTS": hosts}
    return subprocess.run(
        [sys.executable, DEPLOY / "healthy.py"], env=environment, capture_output=True
    ).returncode
