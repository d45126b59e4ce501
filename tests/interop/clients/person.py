"""A person with a browser, as far as HTTP goes: keeps cookies, fills in forms by their names, presses buttons."""

import os
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

ISSUER = os.environ["ISSUER"]
REDIRECT_URI = "https://rp.example/cb"


def secret_of(client):
    return f"{client}-secret-0123456789-0123456789-0123456789"


class Forms(HTMLParser):
    """Every form of a page: where it goes, what it would send, the names it has; and the name of the page."""

    def __init__(self, page):
        super().__init__()
        self.page, self.forms, self.inside = None, [], None
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "main":
            self.page = given.get("data-page")
        elif tag == "form":
            self.inside = {"action": given.get("action", ""), "fields": {}, "names": set()}
            self.forms.append(self.inside)
        elif tag in ("input", "button") and self.inside is not None and given.get("name"):
            self.inside["names"].add(given["name"])
            kind = given.get("type")
            ticked = kind not in ("checkbox", "radio") or "checked" in given
            if tag == "input" and ticked and kind != "submit":
                self.inside["fields"].setdefault(given["name"], []).append(given.get("value") or "")

    def handle_endtag(self, tag):
        if tag == "form":
            self.inside = None

    def with_names(self, *names):
        return next(form for form in self.forms if form["names"].issuperset(names))


class Person:
    def __init__(self):
        self.browser = requests.Session()
        self.username, self.password = os.environ["PERSON"], os.environ["PASSWORD"]

    def open(self, address, until=None):
        """Opens an address and does what the pages ask, until the browser is sent to `until` or a page is no way on."""
        return self._go_on(self._ask("GET", address), until)

    def _go_on(self, answer, until):
        for _ in range(20):
            if answer.is_redirect:
                to = urljoin(answer.url, answer.headers["location"])
                if until and to.startswith(until):
                    return to
                answer = self._ask("GET", to)
                continue
            page = Forms(answer.text)
            if page.page == "sign-in":
                values = {"username": self.username, "password": self.password}
            elif page.page == "device":
                values = {"user_code": page.with_names("user_code")["fields"]["user_code"]}
            elif page.page == "consent":
                values = {"decision": "allow"}
            else:
                return answer
            form = page.with_names(*values)
            address = urljoin(answer.url, form["action"])
            answer = self._ask("POST", address, {**form["fields"], **values})
        raise AssertionError("twenty pages and no end")

    def _ask(self, method, address, data=None):
        return self.browser.request(method, address, data=data, allow_redirects=False, timeout=20)
