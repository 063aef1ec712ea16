import gzip
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cogitate.errors import ToolFailure
from cogitate.runs.context import RunContext, running
from cogitate.tools import html_text
from cogitate.tools.base import effect_of, timeout_of
from cogitate.tools.fetch import MOST_BYTES, _is_public, fetch_page
from cogitate.tools.html_text import html_to_text
from cogitate.tools.observe import observe

PAGE = """<!doctype html><html><head><title>The
 Title</title><style>p {color: red}</style><script>var hidden = "<p>no</p>";</script></head>
<body><nav><a href="/">Home</a></nav><h1>First</h1><p>Some <b>bold</b>
text with <a href="/x">a link</a>.</p><ul><li>one<li>two</ul>
<table><tr><th>City</th><th>Number</th></tr><tr><td>上海</td><td>7</td></tr></table>
<pre>a = 1
b = 2</pre><p>&lt;tag&gt; &amp; more</p></body></html>"""

TEXT = """# First
Some bold text with a link.
- one
- two
City | Number
上海 | 7
a = 1
b = 2
<tag> & more"""


class Site(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        status, headers, body = self.server.pages.get(self.path, (404, {}, b"none"))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def site(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.pages, server.asked = {}, []
    server.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def allowed(monkeypatch):
    monkeypatch.setenv("COGITATE_ALLOW_PRIVATE_HOSTS", "1")


@pytest.fixture
def workspace(tmp_path):
    with running(RunContext(run_id="r", workspace=tmp_path)):
        yield tmp_path


def html(text, **headers):
    return 200, {"Content-Type": "text/html; charset=utf-8", **headers}, text.encode()


async def fetch(url):
    return await fetch_page.ainvoke({"url": url})


async def refusal(url):
    with pytest.raises(ToolFailure) as failure:
        await fetch(url)
    return str(failure.value)


async def test_a_page_gives_its_title_address_and_text(site, allowed, workspace):
    site.pages["/"] = html(PAGE)
    text = await fetch(f"{site.base}/")
    assert text == f"Title: The Title\nAddress: {site.base}/\n\n{TEXT}"


async def test_a_loopback_address_is_refused_unless_allowed(site, workspace, monkeypatch):
    monkeypatch.delenv("COGITATE_ALLOW_PRIVATE_HOSTS", raising=False)
    for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"):
        message = await refusal(f"http://{host}:{site.server_port}/")
        assert "not a public address" in message, host
    assert site.asked == []


async def test_a_page_reached_by_a_proxy_that_redirects_inside_is_refused(
    site, workspace, monkeypatch
):
    # The site plays a proxy: it is asked for the whole address and redirects to loopback.
    monkeypatch.setenv("HTTP_PROXY", site.base)
    monkeypatch.delenv("COGITATE_ALLOW_PRIVATE_HOSTS", raising=False)
    site.pages["http://example.org/"] = (302, {"Location": f"{site.base}/secret"}, b"")
    message = await refusal("http://example.org/")
    assert "not a public address" in message
    assert site.asked == ["http://example.org/"]


@pytest.mark.parametrize("host", ["127.1", "10.0.0.1", "localhost", "router.local", "0x7f000001"])
async def test_behind_a_proxy_what_shows_itself_as_private_is_refused(
    site, workspace, monkeypatch, host
):
    monkeypatch.setenv("HTTP_PROXY", site.base)
    monkeypatch.delenv("COGITATE_ALLOW_PRIVATE_HOSTS", raising=False)
    assert "not a public address" in await refusal(f"http://{host}/")
    assert site.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.100.100.200",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fc00::1",
        "fec0::1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "ff02::1",
    ],
)
def test_an_address_of_no_public_host_is_not_public(address):
    assert not _is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f::1", "64:ff9b::5db8:d70e"])
def test_an_address_of_a_public_host_is_public(address):
    assert _is_public(address)


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("ftp://example.org/x", "not an http or https address"),
        ("file:///etc/passwd", "not an http or https address"),
        ("javascript:alert(1)", "not an http or https address"),
        ("", "not an http or https address"),
        ("http://", "not an http or https address"),
        ("http://me:secret@example.org/", "user name or password"),
        ("http://example.org:999999/", "not an address"),
        ("https://example.org/" + "x" * 3000, "too long"),
        ("https://no-such-host.invalid/", "no such host, or no network"),
        ("no-such-host.invalid/page", "no such host, or no network"),
    ],
)
async def test_a_bad_address_is_refused_in_words(site, workspace, url, named):
    assert named in await refusal(url)


async def test_redirects_are_followed_five_times_and_no_more(site, allowed, workspace):
    for number in range(9):
        site.pages[f"/{number}"] = (302, {"Location": f"/{number + 1}"}, b"")
    site.pages["/5"] = html("<p>there</p>")
    assert (await fetch(f"{site.base}/0")).endswith("there")
    site.pages["/5"] = (302, {"Location": "/6"}, b"")
    assert "redirects more than 5 times" in await refusal(f"{site.base}/0")


@pytest.mark.parametrize(
    ("location", "named"),
    [
        ("file:///etc/passwd", "not an http or https address"),
        ("http://x:y@h/", "user name or password"),
        ("http://h:port/", "cannot reach 127.0.0.1: Invalid URL in location header"),
    ],
)
async def test_a_redirect_to_what_is_no_page_is_refused(site, allowed, workspace, location, named):
    site.pages["/"] = (302, {"Location": location}, b"")
    assert named in await refusal(f"{site.base}/")


async def test_a_site_that_trickles_is_given_up_on(site, allowed, workspace):
    release = threading.Event()

    class Trickle(Site):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            release.wait(30)

    site.RequestHandlerClass = Trickle
    call = {"name": "fetch_page", "args": {"url": f"{site.base}/"}, "id": "1", "type": "tool_call"}
    seen = await observe(call, [fetch_page], seconds_left=0.5)
    assert (seen.ok, seen.status) == (False, "timeout")
    release.set()


async def test_a_page_that_is_not_there_says_so(site, allowed, workspace):
    assert "answered HTTP 404" in await refusal(f"{site.base}/none")


async def test_a_closed_port_says_that_it_cannot_be_reached(allowed, workspace):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert "cannot reach 127.0.0.1" in await refusal(f"http://127.0.0.1:{port}/")


async def test_an_offline_run_does_not_fetch(site, allowed, tmp_path):
    with running(RunContext(run_id="r", workspace=tmp_path, offline=True)):
        assert "this run is offline" in await refusal(f"{site.base}/")
    assert site.asked == []


async def test_a_page_that_never_ends_runs_out_of_size(site, allowed, workspace):
    site.pages["/"] = html("x" * (MOST_BYTES + 1))
    assert "larger than 2 MB" in await refusal(f"{site.base}/")


async def test_a_page_that_says_it_is_large_is_not_read(site, allowed, workspace):
    site.pages["/"] = (200, {"Content-Type": "text/plain", "Content-Length": "99999999"}, b"x")
    assert "larger than 2 MB" in await refusal(f"{site.base}/")


async def test_a_decompression_bomb_is_stopped_at_the_limit(site, allowed, workspace):
    bomb = gzip.compress(b"\0" * 300_000_000, compresslevel=1)
    headers = {"Content-Type": "text/html", "Content-Encoding": "gzip"}
    site.pages["/"] = (200, headers, bomb)
    start = time.monotonic()
    assert "larger than 2 MB" in await refusal(f"{site.base}/")
    assert time.monotonic() - start < 5


async def test_a_bomb_within_a_bomb_is_refused(site, allowed, workspace):
    headers = {"Content-Type": "text/html", "Content-Encoding": "gzip, gzip"}
    site.pages["/"] = (200, headers, b"x")
    assert "not asked for" in await refusal(f"{site.base}/")


async def test_a_packed_page_is_unpacked(site, allowed, workspace):
    headers = {"Content-Type": "text/plain; charset=utf-8", "Content-Encoding": "gzip"}
    text = "".join(f"line {n} 上海\n" for n in range(300))
    site.pages["/"] = (200, headers, gzip.compress(text.encode()))
    assert text.strip() in await fetch(f"{site.base}/")
    site.pages["/"] = (200, headers, b"not gzip")
    assert "not packed as gzip" in await refusal(f"{site.base}/")


@pytest.mark.parametrize("kind", ["application/pdf", "image/png", "application/octet-stream"])
async def test_another_type_is_refused_by_its_name(site, allowed, workspace, kind):
    site.pages["/"] = (200, {"Content-Type": kind}, b"\x89PNG")
    assert kind in await refusal(f"{site.base}/")


async def test_a_binary_page_that_says_it_is_text_is_refused(site, allowed, workspace):
    site.pages["/"] = (200, {"Content-Type": "text/html"}, b"\x00\x01\x02\xff" * 500)
    assert "binary data" in await refusal(f"{site.base}/")


@pytest.mark.parametrize("kind", ["application/json", "text/csv", "application/ld+json"])
async def test_json_and_plain_text_come_as_they_are(site, allowed, workspace, kind):
    body = '{"a":  [1,\n 2], "b": "<b>好</b>"}'
    site.pages["/"] = (200, {"Content-Type": kind}, body.encode())
    assert (await fetch(f"{site.base}/")).endswith(f"\n\n{body}")


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("text/html; charset=gb2312", "<p>上海的天气</p>".encode("gbk")),
        ("text/html", '<meta charset="gbk"><p>上海的天气</p>'.encode("gbk")),
        ("text/html", "<p>上海的天气</p>".encode("gbk")),
        ("text/html; charset=zlib", "<p>上海的天气</p>".encode()),
        ("text/html; charset=no-such", b"\xef\xbb\xbf" + "<p>上海的天气</p>".encode()),
        ("text/html; charset=utf-8", "<p>上海的天气</p>".encode("gb18030")),
    ],
)
async def test_chinese_is_read_in_any_of_its_encodings(site, allowed, workspace, header, body):
    site.pages["/"] = (200, {"Content-Type": header}, body)
    assert (await fetch(f"{site.base}/")).endswith("\n\n上海的天气")


async def test_a_long_page_is_cut_once_and_kept_in_a_named_file(site, allowed, workspace):
    site.pages["/"] = html("<title>T</title>" + "".join(f"<p>line {n}</p>" for n in range(2000)))
    call = {"name": "fetch_page", "args": {"url": f"{site.base}/"}, "id": "1", "type": "tool_call"}
    seen = await observe(call, [fetch_page], seconds_left=20)
    assert seen.ok
    assert 6_000 < len(seen.text) < 6_500
    assert "'page-1.txt'" in seen.text
    assert "line 1999" in (workspace / "page-1.txt").read_text(encoding="utf-8")
    assert [path.name for path in workspace.iterdir()] == ["page-1.txt"]


def test_a_page_inside_an_unclosed_nav_is_still_read():
    assert html_to_text("<nav><p>All of it</p>") == ("", "All of it")


@pytest.mark.parametrize(
    "piece", ["<!--", "<a ", "<", "</", "<?", "<!a", "<![", "<a b='", "&#", "<p>"]
)
def test_broken_html_ends_in_a_moment(piece, monkeypatch):
    assert html_text.SECONDS <= 2
    monkeypatch.setattr(html_text, "SECONDS", 0.5)
    start = time.monotonic()
    try:
        html_to_text(piece * (MOST_BYTES // len(piece) // 4))
    except ToolFailure as failure:
        assert "HTML" in str(failure)
    assert time.monotonic() - start < 6.5


def test_it_is_declared_as_read_and_untrusted():
    assert (effect_of(fetch_page), timeout_of(fetch_page)) == ("read", 20)
    assert fetch_page.metadata["untrusted"] is True
