"""The doctor: each finding on a line, how to mend what is wrong, and an exit status that says whether all is well."""

import os
import re
import subprocess
import sys

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db.migrations.recorder import MigrationRecorder

from describer import upkeep
from describer.models import Endpoint
from tests.endpoint import error
from tests.rows import make_image
from tests.site import ROOT

pytestmark = pytest.mark.django_db(transaction=True)
SECRETS = ("pw-of-postgres", "pw-of-redis", "sk-secret-of-the-endpoint", "token-of-metrics", "pw-of-admin")


@pytest.fixture(autouse=True)
def hosts(settings):
    """Those of a site on one machine; Django's test runner adds its own."""
    settings.ALLOWED_HOSTS = settings.LOOPBACK_HOSTS


@pytest.fixture
def doctor(capsys):
    """What the doctor finds: (status, lines by what they are about)."""

    def examined(*arguments):
        try:
            call_command("doctor", *arguments)
            status = 0
        except SystemExit as end:
            status = end.code
        return status, by_part(capsys.readouterr().out)

    return examined


def by_part(printed):
    lines = [re.fullmatch(r"(ok|note|wrong) +(\w+): (.+)", line) for line in printed.splitlines()]
    assert all(lines), printed
    found = {}
    for line in lines:
        found.setdefault(line[2], []).append(f"{line[1]}: {line[3]}")
    return found


def test_of_a_site_that_is_well_all_is_ok(doctor, sandbox):
    upkeep.beat()
    status, found = doctor()
    assert status == 0
    assert all(line.startswith("ok: ") for name, lines in found.items() for line in lines)
    assert set(found) == {
        *(
            "settings",
            "database",
            "broker",
            "storage",
            "endpoint",
            "certificates",
            "workers",
            "clock",
            "search",
            "pictures",
        )
    }


def test_a_site_that_does_not_run_is_no_fault(doctor, sandbox):
    status, found = doctor()
    assert (status, found["workers"]) == (
        0,
        ["note: none: the site does not run - start it by `manage.py up`"],
    )


def test_with_redis_a_missing_worker_is_one(doctor, sandbox, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    status, found = doctor()
    assert status == 1
    assert found["workers"] == [
        "wrong: none has had a heartbeat lately - start `celery -A vision_site worker`"
    ]
    assert found["broker"][0].startswith("wrong: Redis cannot be reached - start it")
    assert found["settings"][0].startswith("note: REDIS_URL is set without DATABASE_URL")


def test_odd_settings_are_named_with_what_to_set(doctor, sandbox, settings):
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = [*settings.LOOPBACK_HOSTS, "describer.example.org"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://other.example.org", "describer.example.org"]
    status, found = doctor()
    said = "\n".join(found["settings"])
    assert status == 1
    for words in (
        "DEBUG is on",
        "ALLOWED_HOSTS does not name its host",
        "write https://describer.example.org",
    ):
        assert words in said
    assert "no https origin is named" in said


def test_what_the_start_refuses_is_wrong_here_too(doctor, sandbox, settings):
    settings.VISION_BASE_URL = "api.example.org/v1"
    status, found = doctor()
    assert status == 1
    assert found["settings"][0].startswith("wrong: VISION_BASE_URL is no http or https address - Write it")


def test_an_endpoint_that_answers_is_named_with_its_model(doctor, sandbox, settings, endpoint):
    settings.VISION_BASE_URL = endpoint.url
    assert doctor()[1]["endpoint"] == [f"ok: {endpoint.url} answers; the model is {endpoint.models[0]}"]


def test_a_model_that_it_does_not_list_is_wrong(doctor, sandbox, settings, endpoint):
    settings.VISION_BASE_URL, settings.VISION_MODEL = endpoint.url, "no-such-model"
    status, found = doctor()
    assert status == 1
    assert "does not list no-such-model; it lists" in found["endpoint"][0]


@pytest.mark.parametrize(
    ("status", "model", "mark"), [(404, "m", "note"), (405, "m", "note"), (404, "", "wrong")]
)
def test_fd08_an_endpoint_without_a_list_of_models_is_told_in_words_of_its_own(
    doctor, sandbox, settings, endpoint, status, model, mark
):
    settings.VISION_BASE_URL, settings.VISION_MODEL = endpoint.url, model
    endpoint.models_step = error(status, "Not found.")
    (line,) = doctor()[1]["endpoint"]
    assert line.startswith(
        f"{mark}: {endpoint.url} answers, and has no list of models (GET /models: {status})"
    )
    assert ("m is asked" in line, "set VISION_MODEL" in line) == (bool(model), not model)


def test_a_refused_key_is_wrong_and_not_shown(doctor, sandbox, settings, endpoint):
    settings.VISION_BASE_URL, settings.VISION_API_KEY = endpoint.url, SECRETS[2]
    settings.SECRETS = [SECRETS[2]]
    endpoint.models_step = error(401, f"Incorrect key {SECRETS[2]}", code="invalid_api_key")
    status, found = doctor()
    assert status == 1
    assert found["endpoint"][0].endswith("- mend VISION_API_KEY")
    assert SECRETS[2] not in str(found)


def test_a_paused_endpoint_says_why(doctor, sandbox):
    Endpoint.objects.update(paused_code="no_credit")
    status, found = doctor()
    assert status == 1
    assert "sandbox is paused: The endpoint's account has no credit left" in found["pauses"][0]


def test_p22_pictures_whose_files_are_gone_are_named(doctor, alice, sandbox):
    images = [make_image(alice) for _ in range(8)]
    assert doctor()[1]["pictures"] == ["ok: no file of the newest 8 is missing"]
    for image in images:
        default_storage.delete(image.original)
    status, found = doctor()
    assert status == 1
    assert f"{images[-1].original} of image {images[-1].pk}" in found["pictures"][0]
    assert "and 3 more files" in found["pictures"][-1]
    assert len(doctor("--files")[1]["pictures"]) == 8


def test_p20_a_missing_migration_is_named_and_rows_are_left_alone(doctor, sandbox):
    row = MigrationRecorder.Migration.objects.create(app="describer", name="9999_later")
    status, found = doctor()
    row.delete()
    assert status == 1
    assert "9999_later, which this version does not know" in found["database"][0]
    assert found["workers"] == ["note: not looked at before the database is well"]


def test_a_ca_file_must_hold_certificates(doctor, sandbox, settings, tmp_path):
    settings.VISION_CA_FILE = str(tmp_path / "ca.pem")
    assert "No such file" in doctor()[1]["certificates"][0]
    (tmp_path / "ca.pem").write_text("nothing")
    assert doctor()[1]["certificates"][0].startswith("wrong: VISION_CA_FILE")


@pytest.fixture(scope="module")
def away(tmp_path_factory):
    """What it prints where database, broker and endpoint are away, and the settings hold secrets."""
    variables = {
        "DATA_DIR": str(tmp_path_factory.mktemp("away")),
        "DATABASE_URL": f"postgres://someone:{SECRETS[0]}@127.0.0.1:1/db",
        "REDIS_URL": f"redis://:{SECRETS[1]}@127.0.0.1:1/0",
        "VISION_BASE_URL": "http://127.0.0.1:1/v1",
        "VISION_API_KEY": SECRETS[2],
        "METRICS_TOKEN": SECRETS[3],
        "DJANGO_SUPERUSER_PASSWORD": SECRETS[4],
        "DJANGO_SETTINGS_MODULE": "vision_site.settings",
    }
    command = [sys.executable, "manage.py", "doctor"]
    return subprocess.run(command, cwd=ROOT, env=os.environ | variables, capture_output=True, text=True)


@pytest.mark.process
def test_a_database_that_is_away_is_said_and_the_rest_looked_at(away):
    found = by_part(away.stdout)
    assert away.returncode == 1
    assert found["database"][0].startswith("wrong: cannot be reached: ")
    assert found["endpoint"][0].startswith("wrong: http://127.0.0.1:1/v1: ")
    assert found["storage"][0].startswith("ok: ")
    assert found["workers"] == ["note: not looked at before the database is well"]


@pytest.mark.process
def test_x29_no_secret_is_printed(away):
    assert not [secret for secret in SECRETS if secret in away.stdout + away.stderr]


@pytest.mark.process
def test_a_setting_that_cannot_be_read_is_one_line(tmp_path):
    variables = {"DATA_DIR": str(tmp_path), "PORT": "abc", "DJANGO_SETTINGS_MODULE": "vision_site.settings"}
    command = [sys.executable, "manage.py", "doctor"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | variables, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (
        1,
        "The settings are not right: PORT is 'abc'; write a whole number.\n",
    )
