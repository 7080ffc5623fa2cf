"""`manage.py describe`: pictures in, answers out, each in the history and in the ledger."""

import json
import logging
import os
import signal
import sys
import threading
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client

from describer.desk.trash import trash
from describer.engine.queue import hand_all_back, process
from describer.management.describe.report import DescribeReport
from describer.management.progress import Progress
from describer.models import ApiKey, Attempt, Description, Endpoint, Image, User
from tests.endpoint import answer, error, held
from tests.images.pictures import photo
from tests.site import until

pytestmark = pytest.mark.django_db(transaction=True)


class Terminal(StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def asked_endpoint(settings, endpoint):
    settings.VISION_BASE_URL, settings.VISION_MODEL = endpoint.url, "scripted-model"
    return Endpoint.from_environment()


@pytest.fixture(autouse=True)
def quiet_process():
    """The command makes the log of its process quieter, and its heartbeat lasts as long as that does."""
    level = logging.getLogger().level
    yield
    logging.getLogger().setLevel(level)
    if heartbeat := process.rounds.pop("leases", None):
        heartbeat.ended.set()
        heartbeat.join(10)


@pytest.fixture
def photos(tmp_path):
    """A folder: four pictures, one of them hidden and one deeper, and a text."""
    folder = tmp_path / "photos"
    (folder / "deeper").mkdir(parents=True)
    for number, name in enumerate(("b.jpg", "A.JPG", ".hidden.jpg", "deeper/c.jpg"), 1):
        (folder / name).write_bytes(photo(60 + number, 48))
    (folder / "notes.txt").write_text("No picture.")
    return folder


def run(*arguments, out=None, question="What is it?"):
    """Its exit status, what it prints, and what it says beside."""
    out, err = out or StringIO(), StringIO()
    status = 0
    try:
        call_command("describe", *map(str, arguments), "--question", question, stdout=out, stderr=err)
    except SystemExit as ended:
        status = ended.code
    return status, out.getvalue(), err.getvalue()


def lines(*arguments, **options):
    """The JSON lines of a run without a fault."""
    status, shown, beside = run(*arguments, **options)
    assert status == 0, beside
    return [json.loads(line) for line in shown.splitlines()]


def paths(*arguments, base):
    return sorted(os.path.relpath(line["path"], base) for line in lines(*arguments))


def test_each_picture_is_a_json_line_as_the_interface_has_it(boss, photos, endpoint):
    endpoint.default = answer("Two boats.", usage=(100, 20, 120))
    [line] = lines(photos / "b.jpg", "--temperature", "0.2", "--system-prompt", "Be brief.")
    assert line.pop("path") == str(photos / "b.jpg")
    assert (line["status"], line["via"], line["owner"]) == ("done", "shell", "boss")
    assert line["choices"][0]["content"] == "Two boats."
    assert line["usage"]["total_tokens"] == Attempt.objects.get().total_tokens == 120
    key = {"Authorization": f"Bearer {ApiKey.issue(boss, 'x')[1]}"}
    assert Client().get(f"/api/descriptions/{line['id']}", headers=key).json() == line
    sent = endpoint.calls[0].body
    assert (sent["temperature"], sent["messages"][0]["content"]) == (0.2, "Be brief.")


def test_a_folder_gives_its_pictures_in_order_and_folders_within_only_when_told(boss, photos):
    _, shown, beside = run(photos, "--jobs", 1)
    found = [json.loads(line)["path"] for line in shown.splitlines()]
    assert [os.path.basename(path) for path in found] == ["A.JPG", "b.jpg"]
    assert "1 folders within were left out; --recursive" in beside
    assert paths(photos, "--recursive", base=photos) == ["A.JPG", "b.jpg", "deeper/c.jpg"]


def test_patterns_and_standard_input_are_paths_too_and_each_is_asked_once(boss, photos, monkeypatch):
    monkeypatch.setattr(sys, "stdin", StringIO(f"{photos}/b.jpg\n\n{photos}/A.JPG\r\n"))
    found = paths(f"{photos}/**/*.jpg", "-", photos / "b.jpg", base=photos)
    assert found == ["A.JPG", "b.jpg", "deeper/c.jpg"]


def test_what_is_no_picture_is_said_and_counted_and_the_others_go_on(boss, photos):
    status, shown, beside = run(photos / "notes.txt", photos / "gone.jpg", "/dev/null", photos / "b.jpg")
    assert (status, len(shown.splitlines())) == (1, 1)
    assert "notes.txt: notes.txt is text." in beside
    assert "gone.jpg: There is no such file." in beside
    assert "/dev/null: It is no file." in beside
    assert "1 done, 0 failed, 3 not taken" in beside


def test_together_is_one_ask_about_all(boss, photos, endpoint):
    [line] = lines(photos, "--together", "--recursive")
    assert [os.path.basename(path) for path in line["paths"]] == ["A.JPG", "b.jpg", "c.jpg"]
    assert [image["name"] for image in line["images"]] == ["A.JPG", "b.jpg", "c.jpg"]
    assert len(endpoint.calls) == 1


def test_what_was_described_is_skipped_by_its_bytes_and_by_all_that_was_asked(boss, bob, photos, endpoint):
    lines(photos / "b.jpg", "--n", 2, "--seed", 1)
    (photos / "copy.jpg").write_bytes((photos / "b.jpg").read_bytes())
    again = (photos / "copy.jpg", "--skip-described")
    assert lines(*again, "--seed", 1, "--n", 2) == []
    assert "1 skipped" in run(*again, "--seed", 1, "--n", 2)[2]
    assert len(endpoint.calls) == 1
    assert len(lines(*again, "--seed", 2, "--n", 2)) == 1
    assert len(lines(*again, "--seed", 1, "--n", 2, question="Else?")) == 1
    assert len(lines(*again, "--seed", 1, "--n", 2, "--user", "bob")) == 1
    assert len(lines(photos, "--together", "--skip-described")) == 1
    assert lines(photos, "--together", "--skip-described") == []


def test_what_lies_in_the_trash_counts_as_not_described(boss, photos, endpoint):
    lines(photos / "b.jpg")
    assert lines(photos / "b.jpg", "--skip-described") == []
    trash(Description.objects.all())
    assert len(lines(photos / "b.jpg", "--skip-described")) == 1


def test_a_run_that_was_broken_off_goes_on_where_it_was(boss, photos, endpoint):
    endpoint.then(answer("x"), error(400, "No."))
    assert run(photos, "--jobs", 1)[0] == 1
    [line] = lines(photos, "--skip-described")
    assert line["path"] == str(photos / "b.jpg")


def test_a_failed_ask_is_told_with_its_reason(boss, photos, endpoint):
    endpoint.then(error(400, "Not this one."))
    status, shown, beside = run(photos, "--jobs", 1)
    first, second = map(json.loads, shown.splitlines())
    assert (status, first["status"], first["error"]["code"]) == (1, "failed", "bad_request")
    assert second["status"] == "done"
    assert f"{photos}/A.JPG: " in beside
    assert "Not this one." in beside
    assert "1 done, 1 failed" in beside


def test_a_terminal_is_shown_text_that_cannot_drive_it(boss, photos, endpoint):
    endpoint.default = answer("Two \x1b[2Jboats.\nAnd a dog.", usage=(1284, 31, 1315), n=2)
    shown = run(photos / "b.jpg", "--n", 2, out=Terminal())[1]
    assert shown.splitlines() == [
        str(photos / "b.jpg"),
        "[1] Two \ufffd[2Jboats.",
        "And a dog.",
        "[2] Two \ufffd[2Jboats.",
        "And a dog.",
        "(1,284 tokens in, 31 out)",
        "",
    ]
    assert run(photos / "b.jpg", "--text")[1].startswith(str(photos))
    assert run(photos / "b.jpg", "--jsonl", out=Terminal())[1].startswith('{"path"')


def test_progress_is_one_line_on_a_terminal_and_none_elsewhere(boss, photos):
    terminal, plain = Terminal(), StringIO()
    for stream in (terminal, plain):
        with Progress(stream) as bar:
            outcome = DescribeReport(StringIO(), StringIO(), bar, as_text=True)
            outcome.all = 4
            outcome.unfit("x", "No.")
    assert "[#####...............] 0 done, 0 failed, 1 not taken, 3 left" in terminal.getvalue()
    assert "\n" not in terminal.getvalue()
    assert plain.getvalue() == ""


def test_never_more_are_begun_than_may_run_at_once(boss, tmp_path, endpoint):
    for number in range(12):
        (tmp_path / f"{number}.jpg").write_bytes(photo(48, 48, quality=40 + number))
    born = []
    endpoint.rule(lambda call: born.append(Description.objects.count()))
    endpoint.default = answer("x", delay=0.02)
    assert len(lines(tmp_path, "--jobs", 3)) == 12
    assert endpoint.max_in_flight <= 3
    assert all(count <= number + 3 for number, count in enumerate(born))


def test_a_paused_endpoint_is_tried_and_opened_again(boss, photos):
    Endpoint.objects.update(paused_code="bad_key")
    assert lines(photos / "b.jpg")[0]["status"] == "done"
    assert Endpoint.objects.get().paused_code == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_begins_no_more_and_ends_what_is_under_way(boss, photos, endpoint, number):
    gate = threading.Event()
    endpoint.default = held(gate, answer("Still told.", usage=(10, 2, 12)))

    def interrupt():
        endpoint.wait_for_calls(1)
        os.kill(os.getpid(), number)
        gate.set()

    thread = threading.Thread(target=interrupt)
    thread.start()
    status, shown, beside = run(photos, "--jobs", 1)
    thread.join()
    [line] = map(json.loads, shown.splitlines())
    assert (status, line["status"], line["usage"]["total_tokens"]) == (128 + number, "done", 12)
    assert "1 done, 0 failed, 1 left" in beside
    assert Description.objects.count() == 1


def test_a_site_that_starts_meanwhile_leaves_a_living_shell_its_asks(boss, photos, endpoint):
    gate = threading.Event()
    endpoint.default = held(gate, answer("Told all the same."))

    def start():
        endpoint.wait_for_calls(1)
        assert hand_all_back()() == 0
        connections.close_all()
        gate.set()

    thread = threading.Thread(target=start)
    thread.start()
    assert lines(photos / "b.jpg")[0]["attempts"][0]["state"] == "answered"
    thread.join()


def test_a_key_that_is_refused_ends_the_run_before_all_others_fail(boss, photos, endpoint):
    endpoint.default = error(401, "Incorrect API key provided.")
    status, shown, beside = run(photos, "--jobs", 1)
    assert (status, json.loads(shown)["error"]["code"]) == (1, "bad_key")
    assert "0 done, 1 failed, 1 left" in beside


def test_what_waits_for_another_try_is_not_waited_for_after_a_signal(boss, photos, endpoint):
    endpoint.default = error(503, "Later.", headers={"Retry-After": "60"})

    def interrupt():
        until(Description.objects.filter(status="waiting").exists, "it waits for another try")
        os.kill(os.getpid(), signal.SIGINT)
        connections.close_all()

    thread = threading.Thread(target=interrupt)
    thread.start()
    assert run(photos / "b.jpg")[0] == 130
    thread.join()
    assert Description.objects.get().status == "failed"
    assert Attempt.objects.get().state == "refused"


def test_a_reader_who_has_gone_ends_the_run(boss, photos, endpoint):
    class Gone(StringIO):
        def flush(self):
            raise BrokenPipeError

    assert run(photos, "--jobs", 1, out=Gone())[0] == 1
    assert len(endpoint.calls) == 1
    assert Description.objects.get().status == "done"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--model", "gpt-0"], "gpt-0 is not offered by endpoint."),
        (["--temperature", "9"], "temperature: Temperature goes from 0 to 2."),
        (["--parameter", "max_tokens=0"], "max_tokens: At least 1 token."),
        (["--parameter", "temprature=1"], "There is no parameter 'temprature'; did you mean temperature?"),
        (["--parameter", "stream=true"], "There is no parameter 'stream'."),
        (["--parameter", "n"], "--parameter is NAME=VALUE, not 'n'."),
        (["--jobs", "0"], "--jobs is a whole number from 1 to 256, not '0'."),
        (["--user", "nobody"], "There is no user 'nobody'."),
        (["--question", " "], "Write a question."),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_sentence_before_anything_is_stored(
    boss, photos, endpoint, arguments, words
):
    Endpoint.objects.update(model_names=["scripted-model"])
    with pytest.raises(CommandError, match=words) as refused:
        call_command(
            "describe", str(photos), *(["-q", "x"] if "--question" not in arguments else []), *arguments
        )
    assert refused.value.returncode == 2
    assert (endpoint.calls, Image.objects.count()) == ([], 0)


def refusal(*arguments):
    with pytest.raises(CommandError) as refused:
        run(*arguments)
    return str(refused.value)


def test_without_exactly_one_admin_it_must_be_told_whose_asks_these_are(alice, photos):
    assert "There is no admin yet; say with --user NAME" in refusal(photos)
    for name in ("boss", "chief"):
        User.objects.create_superuser(name)
    assert "There are several admins; say with --user NAME" in refusal(photos)
    assert lines(photos / "b.jpg", "--user", "alice")[0]["owner"] == "alice"


def test_an_endpoint_without_a_model_is_said(boss, photos):
    Endpoint.objects.update(default_model="", model_names=[])
    assert "set VISION_MODEL" in refusal(photos)


def test_another_environment_than_the_sites_asks_nothing(boss, photos, settings, endpoint):
    settings.VISION_BASE_URL = "http://127.0.0.1:9/v1"
    assert f"The site asks {endpoint.url}, this shell's environment names" in refusal(photos)


def test_more_than_an_ask_may_show_together_is_refused(boss, photos, settings):
    settings.IMAGES_PER_ASK = 1
    assert "At most 1 pictures together; these are 2." in refusal(photos, "--together")


def test_an_empty_folder_holds_nothing_to_ask_about(boss, tmp_path):
    assert "no picture" in refusal(tmp_path)


def test_a_preset_is_a_question_by_its_name(boss, photos, endpoint, presets):
    call_command("describe", str(photos / "b.jpg"), "--preset", "alt-text", stdout=StringIO())
    assert "alt text" in Description.objects.get().question
