"""A picture from a link, past the guard: the rows A1 to A18, with servers and names of the tests' own."""

import gzip
import socket
import ssl
import time
from dataclasses import replace

import pytest

from describer.images import ImageError, fetched
from tests.endpoint import close_silently, drip, hang, html, redirect, reply, reset_midway, short_body
from tests.gallery import (
    CONNECTIONS,
    INSIDE,
    Gallery,
    Names,
    certificate,
    dripping_heads,
    endless,
    guarded_client,
    picture,
)
from tests.images.pictures import photo, png

PHOTO = photo(64, 48)
MOST = 200_000
NO_LINK = ("invalid_image_url", 400)
NOT_FETCHED = ("image_download_failed", 400)
PAGE = "This link shows a web page, not a picture. Open the picture itself and copy its address."


@pytest.fixture(scope="module")
def gallery():
    with Gallery() as opened:
        yield opened


@pytest.fixture(scope="module")
def inside(gallery):
    """A server at the same port of an address that nobody trusts."""
    with Gallery(INSIDE, gallery.port) as opened:
        opened.shows("/", picture(PHOTO))
        yield opened


def fetch(url, through, **limits):
    with fetched(url, through, **({"most": MOST} | limits)) as found:
        return found.file.read(), found.name


def refused(url, through, **limits):
    """The error, and that nothing was connected to."""
    with CONNECTIONS as connected, pytest.raises(ImageError) as caught:
        fetch(url, through, **limits)
    assert connected == []
    assert (caught.value.code, caught.value.status) == NO_LINK
    return caught.value.message


def failed(url, through, **limits):
    with pytest.raises(ImageError) as caught:
        fetch(url, through, **limits)
    return caught.value


def led_to(address, gallery):
    """What a name at that address, and the address itself, are refused with: the same."""
    names = Names(pictures_example=[[address]])
    said = {refused(gallery.at("/", "pictures.example"), guarded_client(gallery, resolve=names))}
    literal = f"[{address}]" if ":" in address else address
    return said | {refused(gallery.at("/", literal), guarded_client(gallery, trusted=""))}


def test_a_picture_is_fetched_with_its_name_and_without_anything_of_ours(gallery, monkeypatch, tmp_path):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    url = gallery.shows("/a/b%C3%B6at.jpg", picture(PHOTO, **{"Set-Cookie": "a=b"}))
    assert fetch(url + "?size=large#top", guarded_client(gallery)) == (PHOTO, "böat.jpg")
    assert fetch(url, guarded_client(gallery))[0] == PHOTO
    for call in gallery.calls[-2:]:
        assert set(call.headers) == {"host", "user-agent", "accept", "accept-encoding", "connection"}
        assert call.headers["host"] == f"127.0.0.1:{gallery.port}"


LOOPBACKS = ("127.0.0.1", "127.0.0.53", "127.255.255.254", "127.1", "localhost", "LOCALHOST", "0.0.0.0", "0")


@pytest.mark.parametrize("host", [*LOOPBACKS, "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "%31%32%37.0.0.1"])
def test_a01_loopback_in_any_spelling_is_refused(host):
    with Gallery("0.0.0.0") as everywhere:
        refused(everywhere.at("/", host), guarded_client(everywhere, trusted=""))
        assert everywhere.connections == 0


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12::1"]
)
def test_a02_private_addresses_are_refused(address, gallery):
    assert len(led_to(address, gallery)) == 1


METADATA = ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192")


@pytest.mark.parametrize("address", ["169.254.0.1", "fe80::1", "fe80::1%lo", *METADATA])
def test_a03_link_local_and_metadata_addresses_are_refused(address, gallery):
    names = Names(metadata_google_internal=[[address]])
    refused(gallery.at("/", "metadata.google.internal"), guarded_client(gallery, resolve=names))
    assert led_to(address.partition("%")[0], gallery)


SPECIAL = ("100.64.0.1", "198.18.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1")
SPECIAL_6 = ("2001:db8::1", "3fff::1", "ff02::1", "100::1", "2001:2::1", "5f00::1", "fec0::1", "4000::1")


@pytest.mark.parametrize("address", [*SPECIAL, "240.0.0.1", "255.255.255.255", "192.88.99.1", *SPECIAL_6])
def test_a04_addresses_that_are_nobodys_are_refused(address, gallery):
    assert len(led_to(address, gallery)) == 1


INNER = {
    "mapped": "::ffff:10.0.0.1",
    "compatible": "::10.0.0.1",
    "translated": "::ffff:0:10.0.0.1",
    "6to4": "2002:a00:1::1",
    "teredo server": "2001:0:a00:1::1",
    "teredo client": "2001:0:808:808::f5ff:fffe",
    "nat64": "64:ff9b::10.0.0.1",
    "nat64 of one's own": "64:ff9b:1::10.0.0.1",
}


@pytest.mark.parametrize("address", INNER.values(), ids=INNER)
def test_a05_ipv4_within_ipv6_is_judged_by_the_inner_address(address, gallery):
    assert len(led_to(address, gallery)) == 1


@pytest.mark.parametrize(
    "host", ["2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "0xa9.254.43518", "10.1", "0xA000001"]
)
def test_a06_numbers_are_judged_by_what_the_resolver_makes_of_them(host, gallery):
    refused(gallery.at("/", host), guarded_client(gallery))


@pytest.mark.parametrize(
    "answers", [["127.0.0.1", INSIDE], [INSIDE, "127.0.0.1"], ["127.0.0.1", "127.0.0.1", "::1"], []]
)
def test_a07_all_answers_of_a_name_are_looked_at(answers, gallery, inside):
    before = gallery.connections
    refused(gallery.at("/", "two.example"), guarded_client(gallery, resolve=Names(two_example=[answers])))
    assert (gallery.connections, inside.connections) == (before, 0)


def test_a08_a_name_that_turns_inside_after_the_check_is_asked_at_the_checked_address(gallery, inside):
    names = Names(turning_example=[["127.0.0.1"], [INSIDE]])
    gallery.shows("/turning", picture(PHOTO))
    with CONNECTIONS as connected:
        fetch(gallery.at("/turning", "turning.example"), guarded_client(gallery, resolve=names))
    assert connected == [("127.0.0.1", gallery.port)]
    assert (names.asked, inside.connections) == (["turning.example"], 0)
    assert gallery.calls[-1].headers["host"] == f"turning.example:{gallery.port}"


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """A gallery with a certificate for pictures.example alone; `asked_for` are the TLS names that came."""
    path = certificate(tmp_path_factory.mktemp("tls"), "pictures.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    asked_for = []
    context.sni_callback = lambda connection, name, context: asked_for.append(name)
    with Gallery(tls=context) as opened:
        opened.ca_file, opened.asked_for = str(path), asked_for
        opened.shows("/", picture(PHOTO))
        yield opened


def test_a08_the_tls_name_stays_the_links(secure):
    names = Names(pictures_example=[["127.0.0.1"]])
    through = guarded_client(secure, resolve=names, ca_file=secure.ca_file)
    assert fetch(secure.at("/", "pictures.example"), through)[0] == PHOTO
    assert secure.asked_for[-1] == "pictures.example"


def test_a08_a_certificate_for_another_name_is_not_taken(secure):
    names = Names(other_example=[["127.0.0.1"]])
    error = failed(
        secure.at("/", "other.example"), guarded_client(secure, resolve=names, ca_file=secure.ca_file)
    )
    assert error.code == "image_download_failed"
    assert "The certificate of other.example" in error.message


def test_a08_a_certificate_that_nobody_signed_is_not_taken(secure):
    error = failed(
        secure.at("/", "pictures.example"),
        guarded_client(secure, resolve=Names(pictures_example=[["127.0.0.1"]])),
    )
    assert "self-signed" in error.message


BAD_TURNS = (
    "http://127.0.0.2:{port}/",
    "//127.0.0.2:{port}/",
    "http://inside.example:{port}/",
    "http://10.0.0.1/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.2]:{port}/",
    "http://2130706434:{port}/",
    "http://me:secret@127.0.0.1:{port}/",
    "http://127.0.0.1:6379/",
    "file:///etc/passwd",
    "ftp://127.0.0.1/",
    "gopher://127.0.0.1:{port}/",
    "data:image/png;base64,AAAA",
    "http://[/",
)


@pytest.mark.parametrize("location", BAD_TURNS)
@pytest.mark.parametrize("hops", [1, 2])
def test_a09_a_redirect_is_a_new_link_with_all_checks(location, hops, gallery, inside):
    end = gallery.shows("/turn", redirect(location.format(port=gallery.port), 302))
    start = gallery.shows("/start", redirect(end, 301)) if hops == 2 else end
    names = Names(inside_example=[[INSIDE]])
    with CONNECTIONS as connected:
        error = failed(start, guarded_client(gallery, resolve=names))
    assert (error.code, error.status) == NO_LINK
    assert connected == [("127.0.0.1", gallery.port)] * hops
    assert inside.connections == 0


def test_a09_every_refusal_says_the_same(gallery):
    names = Names(inside_example=[[INSIDE]])
    end = gallery.shows("/turn", redirect(gallery.at("/", "inside.example")))
    through = guarded_client(gallery, resolve=names)
    said = {
        refused(url, through) for url in (gallery.at("/", "inside.example"), "http://10.0.0.1/", "ftp://a/")
    }
    assert said == {failed(end, through).message, refused("no link", through)}


def test_a09_a_name_that_nobody_knows_is_refused_like_one_that_leads_inside(gallery):
    def unknown(host, port):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    through = guarded_client(gallery, resolve=unknown)
    assert refused(gallery.at("/", "nobody.example"), through) == refused(
        "http://10.0.0.1/", guarded_client(gallery)
    )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a10_three_redirects_are_followed_and_relative_ones_too(status, gallery):
    gallery.shows("/end.jpg", picture(PHOTO))
    gallery.shows("/3", redirect("/end.jpg", status))
    gallery.shows("/2", redirect("3", status))
    start = gallery.shows("/1", redirect(gallery.at("/2"), status))
    assert fetch(start, guarded_client(gallery))[0] == PHOTO
    error = failed(gallery.shows("/0", redirect("/1")), guarded_client(gallery))
    assert (error.code, error.status) == NOT_FETCHED
    assert "redirects too often" in error.message


def test_a10_a_loop_ends(gallery):
    start = gallery.shows("/loop", redirect("/loop"))
    before = len(gallery.calls)
    assert "redirects too often" in failed(start, guarded_client(gallery)).message
    assert len(gallery.calls) - before == 4


@pytest.mark.parametrize("login", ["me:secret@", "me@", ":secret@", "127.0.0.1@", "pictures.example%2f@"])
def test_a11_a_link_with_a_login_is_refused(login, gallery):
    refused(f"http://{login}127.0.0.1:{gallery.port}/", guarded_client(gallery))


SCHEMES: tuple[str, ...] = (
    "file:///etc/passwd",
    "ftp://127.0.0.1/",
    "gopher://127.0.0.1/",
    "data:image/png;base64,AAAA",
)
SCHEMES += (
    "javascript:alert(1)",
    "blob:http://127.0.0.1/1",
    "ws://127.0.0.1/",
    "unix:/run/x",
    "//127.0.0.1/",
)
NO_LINKS = (
    "",
    "boat.jpg",
    "http://",
    "http:///boat.jpg",
    "http://a b/",
    "http://a\\@b/",
    "http://a\nb/",
    "http://[::1",
)


@pytest.mark.parametrize(
    "url", [*SCHEMES, *NO_LINKS, "http://127.0.0.1/" + "a" * 8000, "http://" + "a." * 150]
)
def test_a12_what_is_no_http_link_is_refused(url, gallery):
    refused(url, guarded_client(gallery))


@pytest.mark.parametrize("port", [0, 22, 25, 5432, 6379, 8000, 65535])
def test_a13_ports_that_no_setting_adds_are_refused(port, gallery):
    refused(f"http://127.0.0.1:{port}/", guarded_client(gallery))


def test_a14_a_length_that_is_too_large_is_not_even_read(gallery):
    url = gallery.shows("/large", reply(200, b"\xff\xd8\xff" * 100_000))
    error = failed(url, guarded_client(gallery))
    assert (error.code, error.status) == ("image_too_large", 413)
    assert "127.0.0.1" in error.message


def test_a14_an_endless_body_is_stopped_at_the_limit(gallery):
    error = failed(gallery.shows("/endless", endless()), guarded_client(gallery))
    assert (error.code, error.status) == ("image_too_large", 413)


def slow(url, through):
    """The words for a fetch that had half a second, and that it took no more than that and a little."""
    started = time.monotonic()
    error = failed(url, through, seconds=0.5)
    assert time.monotonic() - started < 2
    assert (error.code, error.status) == NOT_FETCHED
    return error.message


SLOW = {"silent": hang(30), "heads drip": dripping_heads(), "a body drips": drip(PHOTO, 0.05)}


@pytest.mark.parametrize("step", SLOW.values(), ids=SLOW)
def test_a15_the_whole_fetch_has_a_time(step, gallery):
    assert "took too long" in slow(gallery.shows("/slow", step), guarded_client(gallery))


def test_a15_redirects_share_the_time(gallery):
    end = gallery.shows("/silent", hang(30))
    assert "took too long" in slow(gallery.shows("/turn", redirect(end)), guarded_client(gallery))


def test_a15_a_name_that_is_looked_up_for_ever_takes_no_longer(gallery):
    def slowly(host, port):
        gallery.closing.wait(5)
        return ["127.0.0.1"]

    assert "took too long" in slow(gallery.at("/", "slow.example"), guarded_client(gallery, resolve=slowly))


def test_a15_a_handshake_that_never_comes_takes_no_longer(gallery):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        through = guarded_client(gallery).__class__(
            ports=frozenset([silent.getsockname()[1]]), trusted=guarded_client(gallery).trusted
        )
        assert "took too long" in slow(f"https://127.0.0.1:{silent.getsockname()[1]}/", through)


PAGES = {
    "a page": html(200, "Boats"),
    "a page that says it is a picture": picture(b"<!DOCTYPE html><html>" + b"<p>boat</p>" * 900),
    "words that say they are a page": reply(200, "Just words.", {"Content-Type": "text/html; charset=utf-8"}),
    "an endless page": endless(b"<html>" * 1000),
}


@pytest.mark.parametrize("step", PAGES.values(), ids=PAGES)
def test_a16_a_web_page_is_told(step, gallery):
    error = failed(gallery.shows("/page", step), guarded_client(gallery))
    assert (error.code, error.status, error.message) == (*NOT_FETCHED, PAGE)


def test_a16_a_login_page_after_a_redirect_is_told(gallery):
    login = gallery.shows("/login", html(200, "Log in"))
    assert (
        failed(gallery.shows("/private.jpg", redirect(login, 302)), guarded_client(gallery)).message == PAGE
    )


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429, 500, 503, 304, 302])
def test_a16_e17_an_error_is_told_with_its_status(status, gallery):
    error = failed(gallery.shows("/no", html(status)), guarded_client(gallery))
    assert (error.code, error.status) == NOT_FETCHED
    assert f"127.0.0.1 answered {status}" in error.message


@pytest.mark.parametrize("kind", ["text/html", "text/plain", "application/octet-stream", "image/jpeg", ""])
def test_a16_bytes_that_are_a_picture_are_one_whatever_they_are_called(kind, gallery):
    data = png(64, 48)
    assert fetch(gallery.shows("/misnamed", picture(data, kind)), guarded_client(gallery))[0] == data


def test_a17_a_packed_body_is_counted_unpacked(gallery):
    bomb = gzip.compress(PHOTO + bytes(50_000_000), 9)
    error = failed(
        gallery.shows("/bomb", picture(bomb, **{"Content-Encoding": "gzip"})), guarded_client(gallery)
    )
    assert len(bomb) < MOST
    assert (error.code, error.status) == ("image_too_large", 413)
    packed = picture(gzip.compress(PHOTO), **{"Content-Encoding": "gzip"})
    assert fetch(gallery.shows("/packed", packed), guarded_client(gallery))[0] == PHOTO


@pytest.mark.parametrize("step", [close_silently(), short_body(), reset_midway()], ids=lambda step: step.name)
def test_e17_a_reply_that_breaks_off_is_told(step, gallery):
    error = failed(gallery.shows("/broken", step), guarded_client(gallery))
    assert (error.code, error.status) == NOT_FETCHED
    assert "127.0.0.1" in error.message


def test_e17_nobody_listens(gallery):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    through = guarded_client(gallery).__class__(
        ports=frozenset([port]), trusted=guarded_client(gallery).trusted
    )
    assert (
        failed(f"http://127.0.0.1:{port}/", through).message == "127.0.0.1 cannot be reached, or broke off."
    )


def test_the_next_address_is_tried_where_one_does_not_answer(gallery):
    gallery.shows("/second", picture(PHOTO))
    names = Names(two_example=[["::1", "127.0.0.1"]])
    both = guarded_client(gallery).trusted + guarded_client(gallery, trusted="::1/128").trusted
    through = guarded_client(gallery).__class__(ports=frozenset([gallery.port]), trusted=both, resolve=names)
    assert fetch(gallery.at("/second", "two.example"), through)[0] == PHOTO


# As links are: what storages sign, and what people paste.


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("/a%2fb%2Fc.jpg?X-Sig=a%2fb+c%20d", "/a%2fb%2Fc.jpg?X-Sig=a%2fb+c%20d"),
        ("/my boat.jpg", "/my%20boat.jpg"),
        ("/a/./b/../c.jpg", "/a/./b/../c.jpg"),
        ("/schön.jpg?é", "/sch%C3%B6n.jpg?%C3%A9"),
        ("?only=query", "/?only=query"),
        ("/a.jpg#part", "/a.jpg"),
        ("/a%zz[1]{2}|'.jpg", "/a%zz[1]{2}|'.jpg"),
        ("/" + "s" * 7000, "/" + "s" * 7000),
    ],
)
def test_fc09_a_link_is_asked_for_letter_by_letter(gallery, given, asked):
    gallery.shows(asked.partition("?")[0], picture(PHOTO))
    assert fetch(gallery.at(given), guarded_client(gallery))[0] == PHOTO
    assert gallery.calls[-1].path == asked  # letter by letter


def test_fc09_a_blank_in_a_redirect_is_followed(gallery):
    gallery.shows("/my%20boat.jpg", picture(PHOTO))
    moved = gallery.shows("/moved", redirect(gallery.at("/my boat.jpg"), 302))
    assert fetch(moved, guarded_client(gallery))[0] == PHOTO


@pytest.mark.parametrize("status", [403, 429])
def test_fc08_a_host_that_refuses_programs_is_told_and_what_helps(status, gallery):
    message = failed(gallery.shows("/no", html(status)), guarded_client(gallery)).message
    assert message.endswith("this host refuses programs; save the picture and drop it here.")


def test_fc08_hosts_are_told_how_to_reach_somebody(gallery):
    client = guarded_client(gallery)
    where = gallery.shows("/a.jpg", picture(PHOTO))
    for contact, agent in (
        ("", "(a self-hosted site)"),
        ("https://a.example/bot", "(+https://a.example/bot)"),
    ):
        fetch(where, replace(client, contact=contact))
        sent = gallery.calls[-1].headers["user-agent"]
        assert sent.startswith("Describer/") and sent.endswith(agent)
