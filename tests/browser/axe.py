"""What every page keeps to: axe-core's rules up to WCAG 2.2 AA and its best practices, no sideways scroll, a quiet console."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import ConsoleMessage, Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def assert_accessible(page: Page) -> None:
    """Fails with every violation and where it is."""
    results = await Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
    found = [
        f"{one['id']}: {one['help']}\n    " + "\n    ".join(node["html"][:160] for node in one["nodes"][:5])
        for one in results.response["violations"]
    ]
    assert not found, f"{page.url}\n" + "\n".join(found)


async def assert_no_sideways_scroll(page: Page) -> None:
    """Nothing is wider than the window (WCAG 1.4.10)."""
    wide, window = await page.evaluate(
        "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert wide <= window, f"{page.url} is {wide} px wide in a window of {window} px"


@contextmanager
def quiet(page: Page, *, but_for: Sequence[str] = ()) -> Iterator[None]:
    """Fails with the warnings and errors in the console that do not begin as those named."""
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"warning", "error"} and not message.text.startswith(tuple(but_for)):
            said.append(f"{page.url}: {message.text}")

    page.on("console", hear)
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    yield
    assert said == []
