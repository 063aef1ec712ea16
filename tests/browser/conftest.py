import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cogitate.cli.pages.html import page_html

FLAGS = """--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run
--disable-background-networking --disable-component-update --disable-sync""".split()
CONTRAST = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")


class Browser:
    """A real browser, with what tests ask of a page."""

    def __init__(self, driver: Any, folder: Path) -> None:
        self.driver = driver
        self.folder = folder
        self._number = 0

    def show(self, data: Any, at: int | None = None) -> None:
        """Write the page of `data` and open it, at a time if one is given."""
        self._number += 1
        path = self.folder / f"page{self._number}.html"
        path.write_text(page_html(data), encoding="utf-8")
        self.open(path, at)

    def open(self, path: Path, at: int | None = None) -> None:
        self.driver.get("about:blank")
        self.logged()
        self.driver.get(path.as_uri() + ("" if at is None else f"#{at}"))

    def run(self, script: str, *given: object) -> Any:
        """Return what a script returns."""
        return self.driver.execute_script(script, *given)

    def all(self, selector: str) -> list[Any]:
        return list(self.driver.find_elements("css selector", selector))

    def one(self, selector: str) -> Any:
        return self.driver.find_element("css selector", selector)

    def click(self, selector: str) -> None:
        self.one(selector).click()

    def text(self, selector: str) -> str:
        return str(self.one(selector).text)

    def press(self, *keys: str) -> None:
        from selenium.webdriver.common.action_chains import ActionChains

        chain = ActionChains(self.driver)
        for key in keys:
            chain.send_keys(key)
        chain.perform()

    def until(self, script: str) -> None:
        """Wait until a script returns something true."""
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(self.driver, 10, poll_frequency=0.05).until(lambda _: self.run(script))

    def logged(self) -> list[str]:
        """Return what the page complained about since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requested(self) -> list[str]:
        """Return the addresses that the page asked for since the last call.

        What the browser's own pages ask for, such as its start page, is left out.
        """
        import json

        events = [json.loads(e["message"])["message"] for e in self.driver.get_log("performance")]
        sent = [e["params"] for e in events if e["method"] == "Network.requestWillBeSent"]
        return [
            each["request"]["url"] for each in sent if not each["documentURL"].startswith("chrome:")
        ]

    def look(self, *, width: int = 1440, height: int = 900, dark: bool = False) -> None:
        """Change the size and the colours of the screen."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "no-preference"},
        ]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def faint(self) -> list[Any]:
        """Return the texts in sight whose contrast is below 4.5."""
        return list(self.run(CONTRAST))


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    webdriver = pytest.importorskip("selenium.webdriver")
    from selenium.webdriver.chrome.service import Service

    names = ("chromium", "chromium-browser", "google-chrome")
    chromium = next(filter(None, map(shutil.which, names)), None)
    chromedriver = shutil.which("chromedriver")
    if chromium is None or chromedriver is None:
        pytest.skip("chromium or chromedriver is not here")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    profile = tmp_path_factory.mktemp("profile")
    for flag in [*FLAGS, f"--user-data-dir={profile}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(chromedriver))
    driver.set_page_load_timeout(30)
    driver.set_script_timeout(30)
    try:
        yield Browser(driver, tmp_path_factory.mktemp("pages"))
    finally:
        driver.quit()


@pytest.fixture
def browser(started: Browser) -> Browser:
    """Return the browser with a wide, light screen."""
    started.look()
    return started
