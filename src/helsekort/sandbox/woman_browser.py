"""A woman, or one who acts for her, at the service's own pages without a browser window: follows redirects, posts forms.

Logging in and consenting go the whole way through ID-porten's stand-in and the pages, as on her phone.
"""

from __future__ import annotations

from urllib.parse import urljoin

import httpx

from helsekort.sandbox.address import loopback_client
from helsekort.sandbox.html_forms import HtmlForm, form_with
from helsekort.sandbox.people import Relative, Woman


class PageMissing(Exception):
    """A page did not have what its visitor needs; the message says which page and what."""


NOTHING_HAS_HAPPENED = ("Du har ikke tatt i bruk digitalt helsekort", "Helsekortet er tomt")
"""What her page says before her first consent, and before anything is registered after it."""


class WomanBrowser:
    """One woman's visit. The pages are those at `service`; nothing but cookies is kept between calls."""

    def __init__(self, *, service: str) -> None:
        self._service = service
        self._http = loopback_client(follow_redirects=True)

    async def __aenter__(self) -> WomanBrowser:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._http.aclose()

    async def log_in(self, woman: Woman | Relative) -> None:
        """From the service's log-in page to ID-porten's stand-in, and back as her."""
        _allowed(await self._arrive(woman))

    async def log_in_where_nothing_has_happened(self, woman: Woman) -> bool:
        """Logs her in; False where her page tells of a decision: a withdrawal, a reservation, a protected address."""
        page = await self._arrive(woman)
        return page.is_success and any(words in page.text for words in NOTHING_HAS_HAPPENED)

    async def _arrive(self, woman: Woman | Relative) -> httpx.Response:
        page = await self._http.get(f"{self._service}/logg-inn")
        form = _needed(page, "person")
        if ("person", woman.key) not in form.buttons:
            raise PageMissing(f"{woman.name} cannot be chosen at {page.url.path}.")
        came_back = await self._post(page, form, {"person": woman.key})
        if not str(came_back.url).startswith(self._service):
            raise PageMissing(f"The log-in of {woman.name} ended at {came_back.url.path}.")
        return came_back

    async def read(self, path: str) -> str:
        """A page as it stands in the browser; raises PageMissing where it is refused."""
        page = await self._http.get(f"{self._service}{path}")
        if not page.is_success:
            raise PageMissing(f"{path} was answered {page.status_code}.")
        return page.text

    async def fill_in(self, path: str, given: dict[str, str]) -> str:
        """Fills in and sends the form of a page that asks for these fields; the page that comes next."""
        page = await self._http.get(f"{self._service}{path}")
        return (await self._submit(page, _needed(page, next(iter(given))), given)).text

    async def consent(self) -> None:
        """Reads what the digital card means and says yes."""
        page = await self._http.get(f"{self._service}/samtykke", params={"gravid": "ja"})
        await self._submit(page, _needed(page, "samtykke"), {"samtykke": "ja"})

    async def withdraw(self) -> None:
        """Takes her consent back: everything stored of her is deleted."""
        page = await self._http.get(f"{self._service}/trekk-samtykke")
        await self._submit(page, _needed(page, "bekreft"), {"bekreft": "ja"})

    async def _submit(self, page: httpx.Response, form: HtmlForm, pressed: dict[str, str]) -> httpx.Response:
        return _allowed(await self._post(page, form, pressed))

    async def _post(self, page: httpx.Response, form: HtmlForm, pressed: dict[str, str]) -> httpx.Response:
        address = urljoin(str(page.url), form.action)
        origin = f"{page.url.scheme}://{page.url.netloc.decode()}"
        return await self._http.post(
            address,
            data={**form.fields, **pressed},
            headers={"Origin": origin, "Sec-Fetch-Site": "same-origin"},
        )


def _allowed(answer: httpx.Response) -> httpx.Response:
    if not answer.is_success:
        raise PageMissing(f"{answer.url.path} was answered {answer.status_code}.")
    return answer


def _needed(page: httpx.Response, name: str) -> HtmlForm:
    form = form_with(page.text, name) if page.is_success else None
    if form is None:
        raise PageMissing(f"{page.url.path} ({page.status_code}) has no form with {name}.")
    return form
