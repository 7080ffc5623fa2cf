"""A Caddy of the tests' own, with the two lines that people write."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers import accepts, free_port


@contextmanager
def caddy_server(folder: Path, behind: str) -> Iterator[str]:
    """A Caddy before the site at `behind`; yields its address. It hands bodies on as they come, in chunks."""
    port = free_port()
    (folder / "Caddyfile").write_text(
        f"{{\n admin off\n auto_https off\n}}\nhttp://127.0.0.1:{port} {{\n bind 127.0.0.1\n reverse_proxy {behind}\n}}\n"
    )
    places = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "caddy.log").open("w") as log:
        process = subprocess.Popen(
            ["caddy", "run", "--config", folder / "Caddyfile", "--adapter", "caddyfile"],
            cwd=folder,
            env=os.environ | places,
            stdout=log,
            stderr=log,
        )
        try:
            accepts(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)
