"""The bounds on foreign words stand in one module, and docs/limits.md tells all of them as they are."""

import re
from pathlib import Path

from describer.lib import limits

ROOT = Path(__file__).resolve().parent.parent
ROW = re.compile(r"^\| `([A-Z_0-9]+)` \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
UNITS = ("KIB", "MIB")


def bounds():
    return {
        name: value
        for name, value in vars(limits).items()
        if name.isupper() and isinstance(value, int | float)
    }


def as_told(value):
    for unit, size in (("MiB", limits.MIB), ("KiB", limits.KIB)):
        if value >= size and value % size == 0:
            return f"{value // size} {unit}"
    return f"{value:,}"


def test_every_bound_is_in_the_docs_with_its_value_and_no_other():
    told = {name: value for name, value, _ in ROW.findall((ROOT / "docs" / "limits.md").read_text())}
    assert told == {name: as_told(value) for name, value in bounds().items() if name not in UNITS}


def test_every_bound_says_why():
    text = Path(limits.__file__).read_text()
    for name in bounds().keys() - set(UNITS):
        assert re.search(rf'^{name} = .+\n"""[^"]+"""$', text, re.MULTILINE), name
