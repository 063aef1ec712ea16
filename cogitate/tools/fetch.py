"""`fetch_page`: the text of one web page, from public addresses only.

Each address, also that of every redirect, is resolved and checked before a connection is made
to it, so that a page cannot lead into the person's own network. Behind a proxy the proxy
resolves; then only addresses and names that show themselves as private are refused.
`COGITATE_ALLOW_PRIVATE_HOSTS=1` lifts the check. Page text is marked `untrusted`.
"""

import asyncio
import ipaddress
import os
import re
import socket
import urllib.request
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cogitate.errors import ToolFailure
from cogitate.runs.context import current
from cogitate.tools.base import tool
from cogitate.tools.clip import clip
from cogitate.tools.html_text import html_to_text
from cogitate.tools.threads import in_thread

if TYPE_CHECKING:
    import httpx

ALLOW = "COGITATE_ALLOW_PRIVATE_HOSTS"
MOST_BYTES = 2_000_000
MOST_REDIRECTS = 5
TEXT_LIMIT = 6_000
SECONDS = 17.0
"""For everything together; below the tool's own limit, so that the failure can say what it was."""

HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; cogitate)",
    "Accept": "text/html, text/plain, application/json;q=0.9, */*;q=0.1",
    "Accept-Encoding": "gzip",
}
_CHARSETS = re.compile(r"(utf|us-ascii|ascii|gb|big5|hz|iso-|latin|windows-|shift|euc|koi)", re.I)
_META = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w-]{2,30})", re.I)
_TEXT_TYPES = re.compile(r"text/.+|application/(.+\+)?(json|xml|yaml|javascript|x-ndjson)")


@dataclass(frozen=True, kw_only=True)
class _Page:
    url: str
    kind: str
    charset: str
    body: bytes


@tool(effect="read", timeout=20)
async def fetch_page(url: str) -> str:
    """Return the text of a web page, a text file or JSON at an http or https address.

    Args:
        url: the whole address, for example https://example.org/page
    """
    if current().offline:
        raise ToolFailure("cannot fetch: this run is offline; work with what is at hand")
    try:
        async with asyncio.timeout(SECONDS):
            page = await _fetched(url.strip())
            title, text = await in_thread(lambda: _text_of(page))
    except TimeoutError as error:
        raise ToolFailure(f"{url!r} did not answer in full within {SECONDS:g} seconds") from error
    head = f"Title: {title}\n" if title else ""
    body = text or "(the page holds no text without scripts)"
    return clip(f"{head}Address: {page.url}\n\n{body}", TEXT_LIMIT, "page")


# The text is cut here already, so that the observation need not cut it again.
fetch_page.metadata = {
    **(fetch_page.metadata or {}),
    "untrusted": True,
    "characters": TEXT_LIMIT + 500,
}


async def _fetched(written: str) -> _Page:
    """Return the page, after at most five redirects."""
    import httpx

    where = _checked_url(written)
    for _ in range(MOST_REDIRECTS + 1):
        try:
            answer = await _one(where)
        except httpx.TimeoutException as error:
            raise ToolFailure(f"{where.host} did not answer in time") from error
        except (httpx.HTTPError, ImportError, ValueError) as error:
            raise ToolFailure(
                f"cannot reach {where.host}: {error or type(error).__name__}"
            ) from error
        if isinstance(answer, _Page):
            return answer
        try:
            where = where.join(answer)
        except httpx.InvalidURL as error:
            raise ToolFailure(f"{where} redirects to what is not an address: {error}") from error
        where = _checked_url(str(where))
    raise ToolFailure(f"{written!r} redirects more than {MOST_REDIRECTS} times")


def _checked_url(written: str) -> "httpx.URL":
    import httpx

    if len(written) > 2_000:
        raise ToolFailure(f"{written[:80]!r}... is too long for an address")
    if "://" not in written and re.match(r"[\w.-]+\.\w{2,}(?:[:/?#]|$)", written):
        written = f"https://{written}"
    try:
        url = httpx.URL(written)
    except httpx.InvalidURL as error:
        raise ToolFailure(f"{written[:200]!r} is not an address: {error}") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise ToolFailure(f"{written[:200]!r} is not an http or https address")
    if url.port is not None and url.port > 65_535:
        raise ToolFailure(f"{written[:200]!r} is not an address: there is no port {url.port}")
    if url.userinfo:
        raise ToolFailure("an address with a user name or password in it is not fetched")
    return url


async def _one(url: "httpx.URL") -> "_Page | str":
    """Return the page at `url`, or where it redirects to."""
    import httpx

    proxy = _proxy_for(url)
    if proxy:
        _refuse_shown_private(url.host)
        addresses = [url.host]
    else:
        addresses = await _public_addresses(url.host)
    failure: httpx.HTTPError | None = None
    async with httpx.AsyncClient(proxy=proxy, trust_env=False, timeout=8) as client:
        for address in addresses[:3]:
            request = client.build_request(
                "GET",
                url.copy_with(host=address),
                headers={**HEADERS, "Host": url.netloc.decode("ascii")},
                extensions={"sni_hostname": url.raw_host.decode("ascii")},
            )
            try:
                answer = await client.send(request, stream=True)
            except httpx.ConnectError as error:
                failure = error
                continue
            try:
                return await _read(url, answer)
            finally:
                await answer.aclose()
    raise failure or httpx.ConnectError("no address to connect to")


def _proxy_for(url: "httpx.URL") -> str | None:
    """Return the proxy that the environment names for `url`."""
    if urllib.request.proxy_bypass(url.host):
        return None
    found = urllib.request.getproxies()
    return found.get(url.scheme) or found.get("all") or None


async def _read(url: "httpx.URL", answer: "httpx.Response") -> "_Page | str":
    if answer.is_redirect and "location" in answer.headers:
        return str(answer.headers["location"])
    if answer.status_code >= 400:
        raise ToolFailure(f"{url} answered HTTP {answer.status_code} {answer.reason_phrase}")
    kind, _, rest = answer.headers.get("content-type", "text/plain").partition(";")
    kind = kind.strip().lower() or "text/plain"
    if kind != "application/xhtml+xml" and not _TEXT_TYPES.fullmatch(kind):
        raise ToolFailure(f"{url} is {kind}, not a page of text; it was not fetched")
    charset = re.search(r"charset\s*=\s*[\"']?([\w-]+)", rest, re.I)
    declared = answer.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > MOST_BYTES:
        raise _too_large(url)
    body = bytearray()
    async for chunk in _decoded(answer):
        body += chunk
        if len(body) > MOST_BYTES:
            raise _too_large(url)
    return _Page(url=str(url), kind=kind, charset=charset[1] if charset else "", body=bytes(body))


def _too_large(url: "httpx.URL") -> ToolFailure:
    return ToolFailure(f"{url} is larger than {MOST_BYTES // 1_000_000} MB; it was not read")


async def _decoded(answer: "httpx.Response") -> AsyncIterator[bytes]:
    """Yield the body unpacked, in bounded pieces. httpx would unpack a bomb in one go."""
    encoding = answer.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        async for chunk in answer.aiter_raw():
            yield chunk
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise ToolFailure(f"the page is packed as {encoding!r}, which was not asked for")
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        async for packed in answer.aiter_raw():
            while packed:
                yield unpack.decompress(packed, 65_536)
                packed = unpack.unconsumed_tail
        yield unpack.flush()
    except zlib.error as error:
        raise ToolFailure(f"the page is not packed as {encoding} in truth") from error


async def _public_addresses(host: str) -> list[str]:
    """Return the addresses of `host`; all of them must be public."""
    try:
        found = await in_thread(lambda: socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ToolFailure(
            f"cannot find {host!r} ({reason}): there is no such host, or no network"
        ) from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        _refuse_private(host, address)
    return addresses


def _refuse_private(host: str, address: str) -> None:
    if os.environ.get(ALLOW) == "1" or _is_public(address):
        return
    raise ToolFailure(
        f"{host!r} is at {address}, which is not a public address; pages are fetched from the "
        f"public web only ({ALLOW}=1 allows others)"
    )


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(str(inner))
        if ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _refuse_shown_private(host: str) -> None:
    """Refuse what shows itself as private, where only the proxy knows the address."""
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        _refuse_private(host, "127.0.0.1")
    try:
        address = str(ipaddress.ip_address(host))
    except ValueError:
        try:
            # 127.1, 0x7f000001 and 2130706433 are addresses, too.
            address = socket.inet_ntoa(socket.inet_aton(host))
        except (OSError, UnicodeError):
            return
    _refuse_private(host, address)


def _text_of(page: _Page) -> tuple[str, str]:
    """Return the title (of HTML only) and the text."""
    text = _characters(page)
    if text.count("\0") + text.count("\N{REPLACEMENT CHARACTER}") > len(text) // 20:
        raise ToolFailure(f"{page.url} says it is {page.kind} but holds binary data")
    if page.kind in ("text/html", "application/xhtml+xml"):
        return html_to_text(text)
    return "", text


def _characters(page: _Page) -> str:
    meta = _META.search(page.body[:4096])
    named = [page.charset, meta[1].decode("ascii", "replace") if meta else ""]
    tried = [name for name in named if _CHARSETS.match(name)]
    for name in (*tried, "utf-8-sig", "gb18030"):
        # Pages that say GB2312 use its larger successor.
        name = "gb18030" if name.lower() in ("gb2312", "gbk") else name
        try:
            return page.body.decode(name)
        except (LookupError, ValueError):
            continue
    return page.body.decode("utf-8", "replace")
