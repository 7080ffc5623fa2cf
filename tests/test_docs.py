"""The documentation says what the code does: every variable, command and route has its place in it."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import URLPattern, get_resolver

from describer.web.examples import examples

ROOT = Path(__file__).resolve().parent.parent
DOCS = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")}
README = (ROOT / "README.md").read_text(encoding="utf-8")
READERS = re.compile(r'env_\w+\(\s*"([A-Z0-9_]+)"')


def variables():
    return set(READERS.findall((ROOT / "vision_site" / "settings.py").read_text(encoding="utf-8")))


def test_every_variable_is_in_the_configuration_and_no_other():
    documented = set(re.findall(r"^\| `([A-Z0-9_]+)`", DOCS["configuration.md"], re.MULTILINE))
    assert documented == variables()


@pytest.mark.parametrize("name", [name for name, app in get_commands().items() if app == "describer"])
def test_every_command_is_documented(name):
    assert f"manage.py {name}" in README + "".join(DOCS.values())


def test_every_route_is_documented():
    named = [
        one for one in get_resolver("describer.urls").url_patterns if isinstance(one, URLPattern) and one.name
    ]
    assert len(named) > 10
    missing = [one.name for one in named if shown(one) not in DOCS["routes.md"]]
    assert missing == []


def shown(pattern):
    return "`/" + re.sub(r"<\w+:(\w+)>", r"<\1>", str(pattern.pattern)) + "`"


def test_the_examples_of_the_account_page_are_documented():
    shown = {one.name: one.text for one in examples("http://127.0.0.1:8000/v1", "", "sandbox")}
    for name in ("requests", "openai"):
        assert f"```python\n{shown[name]}```" in DOCS["endpoint.md"]


def test_every_make_target_that_is_named_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8") + "".join(DOCS.values())
    named = {word for words in re.findall(r"`make ([a-z ]+)`", text) for word in words.split()}
    assert named <= targets


def test_the_readme_is_short():
    assert README.count("\n") < 120


def test_links_within_the_documentation_lead_somewhere():
    for name, text in {"README.md": README, **{f"docs/{name}": text for name, text in DOCS.items()}}.items():
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
            assert (ROOT / name).parent.joinpath(target).exists(), f"{name}: {target}"


@pytest.mark.parametrize("word", ["TODO", "FIXME"])
def test_nothing_is_left_unfinished(word):
    files = [*ROOT.glob("describer/**/*.py"), *ROOT.glob("vision_site/**/*.py"), *ROOT.glob("static/js/*.js")]
    assert [path.name for path in files if re.search(rf"\b{word}\b", path.read_text(encoding="utf-8"))] == []
