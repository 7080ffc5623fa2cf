"""A site that has no account yet, behind proxies as people write them in a hurry: strangers make none, its owner does."""

import pytest
import requests

from tests.outside.first_account import ANN, begin
from tests.servers import bare_nginx, free_port
from tests.site import Site

pytestmark = pytest.mark.site
WAYS = {
    "nothing": "",
    "the Host as it came": "proxy_set_header Host $http_host;",
    "a Host of this machine": "proxy_set_header Host localhost;",
    "X-Real-IP": "proxy_set_header X-Real-IP $remote_addr;",
    "Via": 'proxy_set_header Via "1.1 somewhere";',
    "CF-Connecting-IP": "proxy_set_header CF-Connecting-IP $remote_addr;",
    "X-Forwarded-For": "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    port = free_port()
    with Site(tmp_path_factory.mktemp("first"), admin=False, PORT=str(port)) as started:
        yield started


@pytest.fixture(scope="module")
def addresses(site, tmp_path_factory):
    behind = site.url.removeprefix("http://")
    with bare_nginx(tmp_path_factory.mktemp("bare"), behind, WAYS) as outer:
        yield outer


@pytest.mark.parametrize("way", WAYS)
def test_fe18_behind_a_hasty_proxy_a_stranger_makes_no_account_and_sees_no_figures(site, addresses, way):
    assert begin(addresses[way], "").status_code in (403, 429)
    assert begin(addresses[way], "AAAA-AAAA-AAAA-AAAA").status_code in (403, 429)
    figures = requests.get(f"{addresses[way]}/metrics", timeout=10)
    assert figures.status_code == 403
    assert "describer_" not in figures.text


def test_fe18_its_owner_reads_the_code_and_begins_through_a_proxy(site, addresses):
    code = site.first_code
    path = site.data / "first_visit_code"
    assert path.read_text().strip() == code
    assert path.stat().st_mode & 0o777 == 0o600
    answer = begin(addresses["nothing"], code)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert not path.exists()
    assert site.login(ANN["username"], ANN["password1"])
    late = requests.get(f"{site.url}/first-visit/", timeout=10, allow_redirects=False)
    assert late.headers["Location"] == "/login/"
