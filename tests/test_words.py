"""The words and the shape of the code: what a reader learns once holds everywhere, and nothing grows past its size."""

import ast
import re
from collections import defaultdict
from itertools import chain

import pytest

from tests.site import ROOT

MODULES = {
    path.relative_to(ROOT): ast.parse(path.read_text(encoding="utf-8"))
    for path in chain((ROOT / "describer").rglob("*.py"), (ROOT / "vision_site").rglob("*.py"))
    if "migrations" not in path.parts
}
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
ASKED_FOR = {"Command", "DatabaseWrapper"}  # names that Django asks for
PROTOCOL = {"handle", "add_arguments", "main", "save", "delete", "ready", "register"}
SETTINGS = "vision_site/settings.py"
NO_VERB = re.compile(
    r"(A|An|The|What|Whether|How|Why|When|Where|Those|That|It|One|They|Who|All|Each|Its|This|These|None|No|Some|Any"
    r"|For|In|On|With|From|By|As|Of|At|To)\b"
)


def named(kinds, left_out):
    """Modules by the names of what they define at their top."""
    places = defaultdict(list)
    for path, tree in MODULES.items():
        for node in tree.body:
            if isinstance(node, kinds) and node.name not in left_out:
                places[node.name].append(path)
    return places


def functions():
    for path, tree in MODULES.items():
        for node in ast.walk(tree):
            if isinstance(node, FUNCTION):
                yield path, node


def test_a_class_name_has_one_meaning():
    twice = {name: paths for name, paths in named(ast.ClassDef, ASKED_FOR).items() if len(paths) > 1}
    assert twice == {}


def test_a_function_name_stands_in_two_modules_at_most_or_is_the_face_of_one_folder():
    often = {
        name: paths
        for name, paths in named(FUNCTION, PROTOCOL).items()
        if len(paths) > 2 and len({path.parent for path in paths}) > 1
    }
    assert often == {}


def test_docstrings_of_functions_begin_with_a_verb():
    documented = [(path, node, ast.get_docstring(node)) for path, node in functions()]
    wrong = [f"{path}: {node.name}" for path, node, text in documented if text and NO_VERB.match(text)]
    assert wrong == []


def test_no_function_is_longer_than_40_lines():
    long = [f"{path}: {node.name}" for path, node in functions() if node.end_lineno - node.lineno + 1 > 40]
    assert long == []


def test_no_module_is_longer_than_300_lines():
    lengths = {str(path): (ROOT / path).read_text(encoding="utf-8").count("\n") for path in MODULES}
    assert [path for path, length in lengths.items() if length > 300 and path != SETTINGS] == []


def test_choices_stand_on_lines_of_their_own():
    nodes = chain.from_iterable(map(ast.walk, MODULES.values()))
    lines = sum((ROOT / path).read_text(encoding="utf-8").count("\n") for path in MODULES)
    assert sum(isinstance(node, ast.IfExp) for node in nodes) * 1000 < 16 * lines


def test_the_listing_of_the_app_is_short():
    entries = [
        path for path in (ROOT / "describer").iterdir() if path.suffix == ".py" or any(path.glob("*.py"))
    ]
    assert len(entries) <= 30


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_can_be_read(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 80
    assert max(map(len, lines)) <= 160
