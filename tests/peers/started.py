"""Other people's programs, in processes and an environment of their own (`make .venv/peers/done .venv/strands/done` installs it)."""

import json
import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.site import ROOT, until

BIN = ROOT / ".venv" / "peers" / "bin"
APART = {"ask_strands.py": ROOT / ".venv" / "strands" / "bin"}  # wants what others cannot live with
SCRIPTS = Path(__file__).resolve().parent
PROXY_KEY = "sk-of-the-proxy-0123456789"
START_SECONDS = 90  # LiteLLM's proxy imports for twelve seconds on a quiet machine
QUIET = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MODE": "PRODUCTION"}  # it asks nobody for prices


@dataclass(frozen=True)
class Proxy:
    """A LiteLLM proxy: `url` is its base URL, it takes PROXY_KEY, and knows one model, "m"."""

    url: str
    pid: int


def environment(**variables: str) -> dict[str, str]:
    """Ours, without what the programs would take for their own settings."""
    theirs = ("OPENAI_", "LITELLM_", "LLM_", "LANGCHAIN_", "LANGSMITH_", "DATABASE_URL", "REDIS_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
    return kept | QUIET | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"} | variables


def saw(script: str, given: dict[str, Any], seconds: float = 120) -> dict[str, Any]:
    """What a script of this folder saw at its peer's hands, case by case; it is handed `given` as JSON."""
    with tempfile.TemporaryDirectory(prefix="describer-peer-") as folder:
        done = subprocess.run(
            command_of(script),
            cwd=BIN.parent,
            env=environment(HOME=folder, PYTHONPATH=str(ROOT)),
            input=json.dumps(given),
            capture_output=True,
            text=True,
            timeout=seconds,
        )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def command_of(script: str) -> list[str]:
    name, _, kind = script.partition(".")
    if kind == "py":
        return [str(APART.get(script, BIN) / "python"), "-m", f"tests.peers.{name}"]
    # As text: Node looks for packages beside a file, and ours lie with the other peers', where it runs.
    return [str(BIN / "node"), "--input-type=module", "--eval", (SCRIPTS / script).read_text()]


@contextmanager
def litellm_proxy(upstream: str) -> Iterator[Proxy]:
    """A LiteLLM proxy that records nothing, before an endpoint."""
    asked = {"model": "openai/scripted-model", "api_base": upstream, "api_key": "sk-scripted"}
    settings = {
        "model_list": [{"model_name": "m", "litellm_params": asked}],
        "general_settings": {"master_key": PROXY_KEY},
        "router_settings": {"num_retries": 0},
    }
    with tempfile.TemporaryDirectory(prefix="describer-litellm-") as folder:
        config = Path(folder) / "config.yaml"
        config.write_text(json.dumps(settings))
        port = free_port()
        command = [str(BIN / "litellm"), "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
        with (Path(folder) / "log").open("w+") as log:
            process = subprocess.Popen(
                [*command, "--telemetry", "False"],
                cwd=folder,
                env=environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            try:
                url = f"http://127.0.0.1:{port}"
                until(lambda: lives(url, process), "the LiteLLM proxy lives", START_SECONDS, 0.1)
                yield Proxy(f"{url}/v1", process.pid)
            finally:
                process.terminate()
                process.wait(20)


def lives(url: str, process: "subprocess.Popen[bytes]") -> bool:
    assert process.poll() is None, "the LiteLLM proxy ended"
    try:
        return requests.get(f"{url}/health/liveliness", timeout=5).ok
    except requests.ConnectionError:
        return False


def free_port() -> int:
    """For a program that cannot say which port it was given."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
