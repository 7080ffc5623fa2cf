"""The program `llm`, as people type it: a model of our own in its YAML file, a picture attached."""

import json
import re
from pathlib import Path
from typing import Any

import llm
from click.testing import CliRunner
from llm.cli import cli

from tests.peers.told import GIVEN, tell

MODEL = {
    "model_id": "describer",
    "model_name": "m",
    "api_base": GIVEN["url"],
    "api_key_name": "describer",
    "vision": True,
}
folder = llm.user_dir()
Path(folder, "extra-openai-models.yaml").write_text(json.dumps([MODEL]))
Path(folder, "keys.json").write_text(json.dumps({"describer": GIVEN["key"]}))


def run(case: str, *options: str) -> dict[str, Any]:
    command = ["-m", "describer", f"llm {case}", "-a", GIVEN["file"], "-u", *options]
    done = CliRunner().invoke(cli, command, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    used = re.search(r"([\d,]+) input, ([\d,]+) output", done.stderr)
    assert used, done.stderr
    given, made = (int(number.replace(",", "")) for number in used.groups())
    return {"texts": [done.stdout.strip()], "usage": [given, made, given + made]}


def vision() -> Any:
    return run("vision", "--no-stream")


def streamed() -> Any:
    return run("streamed")


tell(vision, streamed)
