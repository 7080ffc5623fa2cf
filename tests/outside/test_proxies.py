"""Forms in chunks through the proxies that people put in front: nginx, as in deploy/ and as it comes, and Caddy (FD02)."""

import pytest
import requests

from tests import wire
from tests.caddy import caddy_server
from tests.images.pictures import photo
from tests.servers import bare_nginx, free_port, nginx_server
from tests.site import Site

pytestmark = pytest.mark.site
MIB = 2**20
WAYS = {
    "nginx as it comes": "",
    "nginx that hands on": "proxy_request_buffering off; proxy_http_version 1.1;",
}
PROXIES = (*WAYS, "nginx of deploy", "caddy")


@pytest.fixture(scope="module")
def addresses(tmp_path_factory):
    """The address of each proxy; the site behind them is one."""
    folder, port = tmp_path_factory.mktemp("proxies"), free_port()
    behind = f"127.0.0.1:{port}"
    for name in ("deploy", "bare", "caddy"):
        (folder / name).mkdir()
    with (
        Site(
            folder / "data", PORT=str(port), ALLOWED_HOSTS="localhost,127.0.0.1", TRUSTED_PROXIES="1"
        ) as site,
        nginx_server(folder / "deploy", behind) as deploy,
        bare_nginx(folder / "bare", behind, WAYS) as bare,
        caddy_server(folder / "caddy", behind) as caddy,
    ):
        site.certificate = str(folder / "deploy" / "site.pem")
        yield site, {**bare, "nginx of deploy": deploy, "caddy": caddy}


def posted(addresses, proxy, path, pieces):
    site, by_name = addresses
    headers = site.bearer | {"Content-Type": f"multipart/form-data; boundary={wire.BOUNDARY}"}
    with requests.Session() as session:
        session.trust_env = False
        session.verify = site.certificate
        return session.post(by_name[proxy] + path, data=iter(pieces), headers=headers, timeout=60)


@pytest.mark.parametrize("path", ["/api/descriptions", "/api/descriptions/each"])
@pytest.mark.parametrize("proxy", PROXIES)
def test_fd02_a_form_in_chunks_passes_every_proxy(addresses, proxy, path):
    picture = photo(640, 480)
    halves = [picture[:9000], picture[9000:]]
    pieces = [wire.field("question", proxy), wire.file_head("a.jpg"), *halves, b"\r\n", wire.END]
    answer = posted(addresses, proxy, path, pieces)
    assert answer.status_code == 202, answer.text
    made = answer.json().get("items", [answer.json()])[0]
    assert (made["question"], made["images"][0]["width"]) == (proxy, 640)


@pytest.mark.parametrize("proxy", ["nginx of deploy", "caddy"])
def test_fd02_a_file_in_chunks_that_is_too_large_is_refused_in_words_through_them(addresses, proxy):
    pieces = [wire.file_head("huge.jpg"), *[bytes(MIB)] * 60, b"\r\n", wire.END]
    answer = posted(addresses, proxy, "/api/descriptions", pieces)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "image_too_large")
