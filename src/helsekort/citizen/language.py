"""One language of the pages: its texts, dates and numbers. Norwegian bokmål is the source of every text."""

from __future__ import annotations

import gettext
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

CATALOGUES = Path(__file__).parent.parent / "locale"
DOMAIN = "citizen"
SOURCE = "nb"
NORWEGIAN_TIME = ZoneInfo("Europe/Oslo")


def marked(text: str) -> str:
    """Marks a text of a table for translation, where it cannot be translated at once."""
    return text


@dataclass(frozen=True, slots=True)
class Language:
    """A language a page is written in. `code` is the page's `lang`."""

    code: str
    texts: gettext.NullTranslations

    def text(self, source: str) -> str:
        """The text in this language; the bokmål where it is not translated."""
        return self.texts.gettext(source) if source else ""

    def plural(self, one: str, many: str, count: int) -> str:
        """The form the language has for this count, with `{count}` filled in."""
        return self.texts.ngettext(one, many, count).format(count=count)

    def day(self, day: date) -> str:
        """A day as one says it, 16. januar 2026; a line never ends between the day and its month."""
        return format_date(day, "d.\u00a0MMMM y", locale=self.code)

    def day_of(self, moment: datetime) -> date:
        """The Norwegian day of a moment."""
        return moment.astimezone(NORWEGIAN_TIME).date()

    def time(self, moment: datetime) -> str:
        """The Norwegian time of day: 12.30."""
        return format_time(moment.astimezone(NORWEGIAN_TIME), "HH.mm", locale=self.code)

    def moment(self, text: str) -> str:
        r"""A FHIR date or dateTime as one says it, as exactly as it was sent; what is none stands as it is.

        >>> [load("nb").moment(one) for one in ("2026", "2026-10", "2026-10-05", "2026-10-05T06:40:00Z", "?")]
        ['2026', 'oktober 2026', '5.\xa0oktober 2026', '5.\xa0oktober 2026 kl.\xa008.40', '?']
        """
        try:
            if len(text) == len("2026-10"):
                return format_date(date.fromisoformat(f"{text}-01"), "LLLL y", locale=self.code)
            if len(text) <= len("2026-10-05"):
                return self.day(date.fromisoformat(text)) if len(text) > len("2026") else text
            return self.day_and_time(datetime.fromisoformat(text))
        except (ValueError, OverflowError):
            return text

    def day_and_time(self, moment: datetime) -> str:
        """The Norwegian day and time of a moment: 16. januar 2026 kl. 12.30."""
        at = self.text("{date} kl. {time}").format(date=self.day(self.day_of(moment)), time=self.time(moment))
        return at.replace("kl. ", "kl.\u00a0")

    def number(self, number: Decimal | int) -> str:
        """A number with every digit it was registered with: 68,40."""
        exponent = Decimal(number).as_tuple().exponent
        decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
        return format_decimal(number, "0." + "0" * decimals if decimals else "0", locale=self.code)

    def list(self, items: Sequence[str]) -> str:
        """The items in one phrase: a, b og c."""
        if len(items) < 2:
            return "".join(items)
        return self.text("{first} og {last}").format(first=", ".join(items[:-1]), last=items[-1])


def load(code: str, *, folder: Path = CATALOGUES) -> Language:
    """The language with its catalogue compiled from the `.po` file; bokmål needs none."""
    if code == SOURCE:
        return Language(code, gettext.NullTranslations())
    with (folder / code / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        catalogue = read_po(file, locale=code)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Language(code, gettext.GNUTranslations(compiled))
