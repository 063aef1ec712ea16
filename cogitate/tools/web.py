"""`web_search`: what the web says, by ddgs or by a SearXNG server of the person's own.

`COGITATE_SEARXNG_URL` names the base URL of such a server and puts it first. A service that
cannot be asked is a failure that names what fixes it; a service that found nothing is not.
Found text comes from outside and is marked `untrusted` in the tool's metadata.
"""

import asyncio
import ipaddress
import os
from typing import Any

from cogitate.errors import ToolFailure, UnavailableError
from cogitate.runs.context import current
from cogitate.tools.base import tool
from cogitate.tools.threads import in_thread

SEARXNG = "COGITATE_SEARXNG_URL"
MOST_RESULTS = 10
SNIPPET = 300
"""Characters of a result's text."""
PATIENCE = 12.0
"""Seconds for ddgs, which asks several services two at a time."""

Found = dict[str, str]


@tool(effect="read", timeout=20)
async def web_search(query: str, max_results: int = 5) -> str:
    """Search the web and return titles, addresses and a few lines of each page found.

    Args:
        query: what to look for, as one would type it into a search box
        max_results: how many results, 1 to 10
    """
    query = query.strip()
    if not query:
        raise ToolFailure("the query is empty; say what to look for")
    if current().offline:
        raise ToolFailure(
            "web search is unavailable: this run is offline; "
            "what fixes it: a run without --offline, or work with the files and tools at hand"
        )
    many = min(max(max_results, 1), MOST_RESULTS)
    return _numbered(query, await _found(query, many))


web_search.metadata = {**(web_search.metadata or {}), "untrusted": True}


async def _found(query: str, many: int) -> list[Found]:
    """Return what the first service that can be asked has found."""
    base = os.environ.get(SEARXNG, "").strip()
    reasons = []
    if base:
        try:
            async with asyncio.timeout(8.0):
                return await _by_searxng(base, query, many)
        except TimeoutError:
            reasons.append(f"SearXNG at {base}: no answer in time")
        except UnavailableError as error:
            reasons.append(f"SearXNG at {base}: {error}")
    try:
        async with asyncio.timeout(5.0 if reasons else PATIENCE):
            return await in_thread(lambda: _by_ddgs(query, many))
    except TimeoutError:
        reasons.append("ddgs: no answer in time")
    except UnavailableError as error:
        reasons.append(f"ddgs: {error}")
    raise ToolFailure(
        f"web search is unavailable: {'; '.join(reasons)}; what fixes it: a network connection "
        f"(HTTPS_PROXY names a proxy), or {SEARXNG} set to the base URL of a SearXNG server; "
        "until then work without the web"
    )


def _by_ddgs(query: str, many: int) -> list[Found]:
    """Return what ddgs found; nothing is an empty list.

    Raises:
        UnavailableError: none of its services answered, or the package is not there.
    """
    try:
        from ddgs import DDGS
        from ddgs.exceptions import DDGSException
    except ImportError as error:
        raise UnavailableError(f"{error}; run: pip install -U ddgs") from error
    try:
        rows = DDGS(timeout=5).text(query, max_results=many)
    except DDGSException as error:
        return _nothing_or_unavailable(error)
    except Exception as error:  # a changed service breaks the package in any way
        raise UnavailableError(
            f"the package failed ({type(error).__name__}: {error}); run: pip install -U ddgs"
        ) from error
    return [_row(row.get("title"), row.get("href"), row.get("body")) for row in rows]


def _nothing_or_unavailable(error: Exception) -> list[Found]:
    """Tell apart what ddgs raises alike: nothing found, and nobody to ask."""
    text = " ".join(str(error).split())
    if text.startswith("No results found"):
        return []
    raise UnavailableError(text[:200] or type(error).__name__) from error


async def _by_searxng(base: str, query: str, many: int) -> list[Found]:
    """Return what a SearXNG server found; nothing is an empty list.

    Raises:
        UnavailableError: it did not answer, or not in JSON.
    """
    import httpx

    try:
        url = httpx.URL(base.rstrip("/") + "/search")
        async with httpx.AsyncClient(timeout=8, trust_env=not _is_near(url.host)) as client:
            answer = await client.get(url, params={"q": query, "format": "json"})
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UnavailableError(f"{type(error).__name__} {error}".strip()) from error
    if answer.status_code == 403:
        raise UnavailableError("it refuses JSON; add json to search.formats in its settings.yml")
    if answer.status_code != 200:
        raise UnavailableError(f"it answered HTTP {answer.status_code}")
    try:
        rows = answer.json()["results"]
        return [_row(row.get("title"), row["url"], row.get("content")) for row in rows[:many]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnavailableError("its answer is not that of a SearXNG server") from error


def _is_near(host: str) -> bool:
    """Return whether a proxy has no business between us and `host`."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost"


def _row(title: Any, url: Any, text: Any) -> Found:
    return {
        "title": " ".join(str(title or "(no title)").split())[:150],
        "url": str(url or ""),
        "text": " ".join(str(text or "").split())[:SNIPPET],
    }


def _numbered(query: str, found: list[Found]) -> str:
    if not found:
        return f"no results for {query!r}: the search worked and found nothing; try other words"
    return "\n".join(
        f"[{number}] {row['title']} — {row['url']}\n {row['text']}".rstrip()
        for number, row in enumerate(found, 1)
    )
