"""Reading the forms of a page the way a browser fills them in, for logging in and consenting without a browser."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass(slots=True)
class HtmlForm:
    """A form: where it goes, what it already says, and what can be pressed or chosen (`name`, `value`)."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)


def forms_of(html: str) -> list[HtmlForm]:
    """Every form of the page, in its order."""
    reader = _Reader()
    reader.feed(html)
    return reader.forms


def form_with(html: str, name: str) -> HtmlForm | None:
    """The first form that has a field, a choice or a button of that name."""
    return next((form for form in forms_of(html) if name in form.names), None)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[HtmlForm] = []
        self._open: HtmlForm | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = HtmlForm(values.get("action", ""), values.get("method", "get").lower())
            self.forms.append(self._open)
        elif self._open is not None and tag in {"input", "button", "textarea"} and values.get("name"):
            _add(self._open, tag, {"type": "", "value": "", **values}, checked="checked" in values)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None


def _add(form: HtmlForm, tag: str, values: dict[str, str], *, checked: bool) -> None:
    name, value, kind = values["name"], values["value"], values["type"].lower()
    form.names.add(name)
    if tag == "button" or kind == "submit":
        form.buttons.append((name, value))
    elif kind not in {"checkbox", "radio"}:
        form.fields[name] = value
    elif checked:
        form.fields[name] = value or "on"
