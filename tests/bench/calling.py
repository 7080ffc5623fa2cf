"""Our own endpoint, as scripts call it, beside straight calls and a LiteLLM proxy in the same run (G4 to G6, G17).

The same picture of 200 kB in each call but where a row says otherwise; everything is recorded by us, nothing by LiteLLM.
"""

import base64
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.bench.caller import Target
from tests.bench.resting import resident_mib
from tests.bench.started import endpoint, site, straight
from tests.bench.table import Row
from tests.images.pictures import saved, scene
from tests.outside.process import megabytes
from tests.peers.started import BIN, PROXY_KEY, litellm_proxy
from tests.site import ROOT, Site

BEFORE = (
    '{"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, '
    '{"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,'
)
AFTER = '"}}]}]}'
STREAMED = '"}}]}], "stream": true, "stream_options": {"include_usage": true}}'
ALONE, ROUNDS = 150, 5
BARE = (
    "import base64, pathlib, requests, sys;"
    "text = base64.b64encode(pathlib.Path(sys.argv[2]).read_bytes()).decode();"
    "print(requests.post(sys.argv[1] + '/chat/completions', json={'model': 'm', 'messages': [{'role': 'user',"
    " 'content': text}]}).json()['choices'][0]['message']['content'])"
)


def rows() -> Iterator[Row]:
    """An endpoint that answers at once, then one that takes a second."""
    picture = saved(scene(1600, 1200, 7), "JPEG", quality=48)
    texts = [base64.b64encode(picture).decode()]
    with ExitStack() as stack:
        url = stack.enter_context(endpoint(0))
        ours = stack.enter_context(site(url))
        targets = {"straight": Target(url=url, key="sk-bench"), "ours": at(ours)}
        if (BIN / "litellm").exists():
            proxy = stack.enter_context(litellm_proxy(url))
            targets["LiteLLM"] = Target(url=proxy.url, key=PROXY_KEY)
        script = straight(url, texts[0], ALONE, 1) / ALONE * 1000
        yield from alone(targets, texts, script)
        yield from new_pictures(targets, picture)
        yield from sixteen(targets, texts)
        if "LiteLLM" in targets:
            yield Row("-", "memory of LiteLLM's proxy", resident_mib(proxy.pid), "MiB")
        yield from describing(ours, url, picture)
    with endpoint(1) as url, site(url) as ours:
        yield from second_long(ours, texts)


def at(running: Site) -> Target:
    assert running.bearer
    return Target(url=f"{running.url}/v1", key=running.key)


def measured(
    targets: dict[str, Target], texts: list[str], count: int, at_once: int = 1, after: str = AFTER
) -> Any:
    """What the caller measured, by target."""
    orders = {
        "targets": targets,
        "before": BEFORE,
        "texts": texts,
        "after": after,
        "count": count,
        "at_once": at_once,
    }
    command = [sys.executable, "-m", "tests.bench.caller"]
    done = subprocess.run(
        command, cwd=ROOT, input=json.dumps(orders), stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout)


def alone(targets: dict[str, Target], texts: list[str], script: float) -> Iterator[Row]:
    """G4 and G5: one at a time, the targets in turn."""
    measured(targets, texts, 20)
    whole = measured(targets, texts, ALONE)
    bare = median(whole["straight"]["spans"])
    added = {name: median(one["spans"]) - bare for name, one in whole.items()}
    slowest = statistics.quantiles(whole["ours"]["spans"], n=20)[-1] * 1000 - bare
    yield Row(
        "G4",
        "JSON, one at a time: added, p50 (ideal: a script's ask)",
        added["ours"],
        "ms",
        script,
        "<= 5 ms, <= 2.5 x",
    )
    yield Row("G4", "JSON, one at a time: added, p95", slowest, "ms", limit="<= 9 ms")
    if "LiteLLM" in added:
        yield Row("-", "JSON, one at a time: added by LiteLLM, p50", added["LiteLLM"], "ms", script)
    streamed = measured(targets, texts, ALONE, after=STREAMED)
    bare = median(streamed["straight"]["spans"])
    added = {name: median(one["spans"]) - bare for name, one in streamed.items()}
    yield Row("G5", "streamed: added, p50 (ideal: a script's ask)", added["ours"], "ms", script, "<= 6 ms")
    if "LiteLLM" in added:
        yield Row("-", "streamed: added by LiteLLM, p50", added["LiteLLM"], "ms", script)
    for name, goal, limit in (("ours", "G5", "<= 3 ms"), ("LiteLLM", "-", "")):
        if name in streamed:
            first = median([lags[0] for lags in streamed[name]["lags"]])
            yield Row(goal, f"streamed: first word from endpoint to caller, {name}", first, "ms", limit=limit)


def new_pictures(targets: dict[str, Target], picture: bytes) -> Iterator[Row]:
    """Each call with a picture that was never seen: checked, decoded and stored while its caller waits."""
    texts = [base64.b64encode(marked(picture, number)).decode() for number in range(60)]
    found = measured({name: targets[name] for name in ("straight", "ours")}, texts, len(texts))
    added = median(found["ours"]["spans"]) - median(found["straight"]["spans"])
    yield Row("-", "JSON, a new picture each: added, p50", added, "ms")


def sixteen(targets: dict[str, Target], texts: list[str]) -> Iterator[Row]:
    """G6: the rate of many callers at once."""
    for what, after, goal in (("JSON calls", AFTER, ">= 180 /s"), ("streams", STREAMED, ">= 150 /s")):
        ours = rate({"ours": targets["ours"]}, texts, 800, after)
        theirs = rate({"LiteLLM": targets["LiteLLM"]}, texts, 160, after) if "LiteLLM" in targets else None
        yield Row("G6", f"{what}, 16 at once (ideal: LiteLLM)", ours, "/s", theirs, f"{goal} or 3 x")


def rate(target: dict[str, Target], texts: list[str], count: int, after: str) -> float:
    (found,) = measured(target, texts, count, 16, after).values()
    return count / float(found["seconds"])


def second_long(ours: Site, texts: list[str]) -> Iterator[Row]:
    """G6: many callers that wait for a second each, and the memory that they take."""
    yield Row("G6", "320 JSON calls of 1 s, 64 at once", waited(ours, texts, 320, 64), "s", 5.0, "<= 1.20 x")
    yield Row("G6", "memory of our process, at most", megabytes(ours, "VmHWM"), "MiB", limit="<= 260 MiB")
    yield Row("-", "400 JSON calls of 1 s, 200 at once", waited(ours, texts, 400, 200), "s", 2.0)
    yield Row("-", "400 streams of 1 s, 200 at once", waited(ours, texts, 400, 200, STREAMED), "s", 2.0)
    yield Row("-", "memory of our process, at most, after 200 at once", megabytes(ours, "VmHWM"), "MiB")


def waited(ours: Site, texts: list[str], count: int, at_once: int, after: str = AFTER) -> float:
    """Seconds until all were answered."""
    return float(measured({"ours": at(ours)}, texts, count, at_once, after)["ours"]["seconds"])


def describing(running: Site, url: str, picture: bytes) -> Iterator[Row]:
    """G17, beside the running site."""
    if not (ROOT / "describer/management/commands/describe.py").exists():
        return
    with tempfile.TemporaryDirectory(prefix="describer-bench-") as folder:
        file = Path(folder) / "picture.jpg"
        file.write_bytes(picture)
        bare = timed([sys.executable, "-c", BARE, url, str(file)], running)
        ours = timed(
            [sys.executable, "manage.py", "describe", str(file), "--question", "What is it?"], running
        )
    yield Row("G17", "manage.py describe of one picture (ideal: script)", ours, "s", bare, "<= 0.9 s")


def timed(command: list[str], running: Site) -> float:
    spans = []
    environment = running.environment | {
        "DJANGO_SETTINGS_MODULE": "vision_site.shell"
    }  # as manage.py chooses
    for _ in range(ROUNDS):
        began = time.perf_counter()
        subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)
        spans.append(time.perf_counter() - began)
    return statistics.median(spans)


def marked(picture: bytes, number: int) -> bytes:
    """The same JPEG with a comment, so that it is another file."""
    return picture[:2] + b"\xff\xfe\x00\x06%04d" % number + picture[2:]


def median(seconds: list[float]) -> float:
    """In milliseconds."""
    return statistics.median(seconds) * 1000
