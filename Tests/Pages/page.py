#!/usr/bin/env python3
"""Looks at pages of `smpo report -o` as readers of them do: an HTML parser, a browser, a checker of accessibility.

    python3 -m venv venv && venv/bin/pip install html5lib playwright axe-playwright-python
    apt-get install chromium
    venv/bin/python Tests/Pages/page.py report.html [more.html …] [--shots FOLDER]

Prints a line a check and ends with 1 if one fails. With --shots it leaves pictures of every page, light and dark, narrow,
and on paper (PDF).
"""
import argparse
import pathlib
import re
import sys

import html5lib
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

LIMIT = 1 << 20


class Checks:
    def __init__(self, name):
        self.name, self.failures = name, 0

    def check(self, what, holds, detail=""):
        self.failures += not holds
        print(f"{self.name}: {'ok  ' if holds else 'FAIL'} {what}{'' if holds or not detail else ': ' + str(detail)}")


def tags(tree):
    for element in tree.iter():
        if isinstance(element.tag, str):
            yield element.tag.split("}")[-1], element


def read(path, checks):
    """What a parser says of the file, and what can be read from its tree."""
    data = path.read_bytes()
    checks.check("below 1 MiB", len(data) < LIMIT, len(data))
    parser = html5lib.HTMLParser(strict=False)
    tree = parser.parse(data.decode("utf-8"))
    checks.check("parses without an error", not parser.errors, parser.errors[:3])
    text = data.decode("utf-8")
    controls = [c for c in text if (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160]
    checks.check("no control characters", not controls, controls[:5])
    all_tags = list(tags(tree))
    checks.check("no scripts", not any(t == "script" for t, _ in all_tags))
    handlers = [k for _, e in all_tags for k in e.attrib if k.lower().startswith("on")]
    checks.check("no event handlers", not handlers, handlers)
    links = [e.attrib.get(k, "") for _, e in all_tags for k in ("href", "src")]
    foreign = [link for link in links if link and not link.startswith(("#", "data:image/png;base64,"))]
    checks.check("no link leads out of the page", not foreign, foreign[:3])
    checks.check("no url() in the style", "url(" not in re.sub(r"<img[^>]*>", "", text))
    levels = [int(t[1]) for t, _ in all_tags if re.fullmatch("h[1-6]", t)]
    checks.check("one h1, and it comes first", levels.count(1) == 1 and levels[0] == 1, levels)
    checks.check("headings skip no level", all(b <= a + 1 for a, b in zip(levels, levels[1:])), levels)
    ids = [e.attrib["id"] for _, e in all_tags if "id" in e.attrib]
    checks.check("ids are unique", len(ids) == len(set(ids)), [i for i in ids if ids.count(i) > 1][:3])
    targets = [link[1:] for link in links if link.startswith("#")]
    checks.check("links within the page lead somewhere", set(targets) <= set(ids), set(targets) - set(ids))
    pictures = [e for t, e in all_tags if t == "img"]
    checks.check("pictures have a text", all(e.attrib.get("alt") for e in pictures))
    drawings = [e for t, e in all_tags if t == "svg" and e.attrib.get("role") == "img"]
    named = [{t for t, _ in tags(e)} >= {"title"} for e in drawings]
    checks.check("drawings have a title", all(named), named)
    hidden = [e for t, e in all_tags if t == "svg" and e.attrib.get("role") != "img"]
    checks.check("other svg are hidden from readers", all(e.attrib.get("aria-hidden") == "true" for e in hidden))
    html = next(e for t, e in all_tags if t == "html")
    checks.check("the language is stated", html.attrib.get("lang") == "en")


def look(path, checks, browser, shots):
    """What a browser shows: light, dark, narrow, on paper, without scripts."""
    for scheme in ("light", "dark"):
        for name, width in (("wide", 1100), ("phone", 390), ("narrow", 360)):
            context = browser.new_context(
                viewport={"width": width, "height": 900}, color_scheme=scheme, device_scale_factor=1)
            page, requests, messages = context.new_page(), [], []
            page.on("request", lambda request: requests.append(request.url))
            page.on("console", lambda message: messages.append(message.text))
            page.on("pageerror", lambda error: messages.append(str(error)))
            page.goto(path.resolve().as_uri())
            outside = [u for u in requests if not u.startswith(("file:", "data:"))]
            checks.check(f"{scheme}, {name}: nothing is asked of the network", not outside, outside[:2])
            checks.check(f"{scheme}, {name}: the console is silent", not messages, messages[:2])
            over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            checks.check(f"{scheme}, {name}: no scrolling to the side", over <= 0, over)
            if name != "narrow":
                page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
                found = Axe().run(page).response["violations"]
                detail = [(v["id"], v["nodes"][0]["html"][:120], len(v["nodes"])) for v in found]
                checks.check(f"{scheme}, {name}: axe finds nothing", not found, detail)
                page.evaluate("document.querySelectorAll('details').forEach(d => d.open = false)")
            if shots and name != "narrow":
                page.screenshot(path=shots / f"{path.stem}-{scheme}-{name}.png", full_page=True)
            context.close()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.resolve().as_uri())
    checks.check("readable without scripts", page.locator("h1").is_visible() and page.locator("main").is_visible())
    context.close()
    if shots:
        page = browser.new_page(color_scheme="dark")
        page.goto(path.resolve().as_uri())
        page.pdf(path=shots / f"{path.stem}.pdf", format="A4", print_background=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="+", type=pathlib.Path)
    parser.add_argument("--shots", type=pathlib.Path)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args()
    if options.shots:
        options.shots.mkdir(parents=True, exist_ok=True)
    failures = 0
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=options.chromium, args=["--no-sandbox"])
        for path in options.pages:
            checks = Checks(path.name)
            read(path, checks)
            look(path, checks, browser, options.shots)
            failures += checks.failures
        browser.close()
    print(f"{failures} checks failed" if failures else "all checks hold")
    sys.exit(1 if failures else 0)


main()
