"""The documentation says what the code does: every variable, command and route has its place in it."""

import re
import tomllib
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import URLPattern, get_resolver

from describer.web.examples import examples

ROOT = Path(__file__).resolve().parent.parent
DOCS = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")}
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ARCHITECTURE = DOCS["architecture.md"]
ENTRIES = [path for path in (ROOT / "describer").iterdir() if path.suffix == ".py" or any(path.glob("*.py"))]
WINGS = {path.name for path in ENTRIES}
FOLDERS = {"describer", "vision_site", "templates", "static", "deploy", "docs", "tests"}
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
    text = README + CONTRIBUTING + "".join(DOCS.values())
    named = {word for words in re.findall(r"`make ([a-z ]+)`", text) for word in words.split()}
    assert named <= targets


def test_the_readme_is_short():
    assert README.count("\n") < 120


def test_links_within_the_documentation_lead_somewhere():
    for name, text in {"README.md": README, **{f"docs/{name}": text for name, text in DOCS.items()}}.items():
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
            assert (ROOT / name).parent.joinpath(target).exists(), f"{name}: {target}"


@pytest.mark.parametrize("page", [ARCHITECTURE, CONTRIBUTING], ids=["architecture", "contributing"])
def test_paths_that_are_named_exist(page):
    named = paths_in(page)
    assert len(named) > 10
    assert [path for path in named if not is_there(path)] == []


def paths_in(page):
    """Paths in backquotes to modules and folders, of the repository or, by its wings, of describer/."""
    quoted = re.findall(r"`([\w./@-]+(?:\.py|/))`", page)
    return {path for path in quoted if path.partition("/")[0] in FOLDERS | WINGS}


def is_there(path):
    """A path that holds NAME is a pattern: the folder in which the new thing goes exists."""
    folder = path.partition("NAME")[0].rpartition("/")[0] if "NAME" in path else path
    return any((top / folder).exists() for top in (ROOT, ROOT / "describer"))


@pytest.mark.parametrize(
    ("page", "path", "there"),
    [
        ("in `web/ask.py` and", "web/ask.py", True),
        ("in `engine/broker.py`.", "engine/broker.py", False),
        ("in `describer/door/`", "describer/door/", False),
        ("a page `describer/web/NAME.py`", "describer/web/NAME.py", True),
        ("its parts in `describer/commands/NAME/`", "describer/commands/NAME/", False),
    ],
)
def test_a_path_is_found_in_a_page_and_in_the_tree(page, path, there):
    assert paths_in(page) == {path}
    assert is_there(path) is there


def test_what_is_no_path_is_left_alone():
    assert paths_in("`/api/`, `make floors`, `.venv/peers`, `chat`, `thing/other.py`") == set()


def test_every_entry_of_describer_has_a_line_in_the_architecture():
    lines = re.findall(r"^\| `(\w+)(?:/|\.py)` \|", ARCHITECTURE, re.MULTILINE)
    assert sorted(lines) == sorted(entry.removesuffix(".py") for entry in WINGS)


@pytest.mark.parametrize(
    ("heading", "container"),
    [("## The wings", "describer"), ("### The rooms of the engine", "describer.engine")],
)
def test_layers_are_drawn_as_they_are_held(heading, container):
    assert drawn_below(heading) == layers_of(container)


def drawn_below(heading):
    """The lines of the first drawing below a heading, each without the words at its right."""
    section = ARCHITECTURE.partition(f"\n{heading}\n")[2]
    drawing = re.search(r"(?:^ {4}\S.*\n)+", section, re.MULTILINE)[0]
    return [re.split(r" {2,}", line.strip())[0] for line in drawing.splitlines()]


def layers_of(container):
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    return next(contract["layers"] for contract in contracts if contract.get("containers") == [container])


@pytest.mark.parametrize("word", ["TODO", "FIXME"])
def test_nothing_is_left_unfinished(word):
    files = [*ROOT.glob("describer/**/*.py"), *ROOT.glob("vision_site/**/*.py"), *ROOT.glob("static/js/*.js")]
    assert [path.name for path in files if re.search(rf"\b{word}\b", path.read_text(encoding="utf-8"))] == []
