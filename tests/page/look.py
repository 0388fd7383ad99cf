"""look.py: what a browser made of a page, for tests/page/page.bats.

    look.py requests NETLOG            addresses that a page asked for (not the browser by itself), one a line
    look.py measured PAGE COPY         COPY is PAGE with a script that measures and operates it, and tries to get out
    look.py result DOM                 what that script found, as JSON
    look.py framed PAGE WIDTH FRAME    FRAME shows PAGE so wide in a frame without scripts, and becomes its DOM
    look.py rows DOM TABLE CSV         the rows of a table in a DOM are those of the CSV, in any order

Chromium has no window of 320 pixels and dumps no DOM of a page without scripts: so the page is seen in a frame, by a page around it,
which asks for http://control.test/ itself: else nobody would know whether `requests` sees anything.
"""
import base64
import csv
import hashlib
import html.parser
import json
import sys

MEASURE = """
(function () {
  var blocked = [], found = {}, table = document.querySelector("table[data-rows=person]");
  document.addEventListener("securitypolicyviolation", function (e) { blocked.push(e.effectiveDirective); });
  new Image().src = "http://leak.test/image";
  fetch("http://leak.test/fetch").catch(function () {});
  document.body.appendChild(document.createElement("script")).text = "window.broke = 1";
  document.body.appendChild(document.createElement("style")).textContent = "h1 { display: none }";
  document.body.setAttribute("style", "color: red");
  found.inner = window.innerWidth;
  found.width = document.documentElement.scrollWidth;
  found.inside = Array.from(document.querySelectorAll(".wide")).filter(function (e) { return e.scrollWidth > e.clientWidth; }).length;
  found.rows = table.tBodies[0].rows.length;
  var input = document.getElementById("find-person");
  function steps(by) {
    var years = Array.from(table.tBodies[0].rows).map(function (r) { return Number(r.cells[6].textContent); });
    return years.every(function (y, i) { return i === 0 || (y - years[i - 1]) * by >= 0; }) && years[0] !== years[39];
  }
  var button = table.tHead.rows[0].cells[6].firstChild, code = table.tBodies[0].rows[3].cells[0].textContent;
  button.focus();
  found.focused = document.activeElement === button;
  button.click();
  found.up = steps(1) && button.parentNode.getAttribute("aria-sort") === "ascending";
  button.click();
  found.down = steps(-1) && button.parentNode.getAttribute("aria-sort") === "descending";
  found.sorted = document.querySelectorAll("table[data-rows=person] [aria-sort]").length;
  input.value = code.toUpperCase();
  input.dispatchEvent(new Event("input"));
  found.hit = Array.from(table.tBodies[0].rows).filter(function (r) { return !r.hidden; }).length;
  found.said = input.nextElementSibling.textContent;
  input.value = "";
  input.dispatchEvent(new Event("input"));
  setTimeout(function () {
    found.blocked = blocked.sort();
    found.broke = typeof window.broke;
    found.heading = getComputedStyle(document.querySelector("h1")).display;
    document.documentElement.setAttribute("data-found", JSON.stringify(found));
  }, 500);
})();
"""


def requests(path):
    with open(path) as f:
        log = json.load(f)
    kinds = log["constants"]["logEventTypes"]
    for e in log["events"]:
        p = e.get("params", {})
        if e["type"] == kinds["URL_REQUEST_START_JOB"] and p.get("initiator", "not an origin") != "not an origin":
            print(p["url"])


FRAME = """<!DOCTYPE html><meta charset="utf-8"><iframe width="%s" height="900" src="%s" %s></iframe><script>
new Image().src = "http://control.test/";
var frame = document.querySelector("iframe");
frame.addEventListener("load", function () { setTimeout(function () {
  var page = frame.contentDocument.documentElement;
  document.replaceChild(document.adoptNode(page), document.documentElement);
}, 1000); });
</script>"""


def framed(page, width, frame, how='sandbox="allow-same-origin"'):
    with open(frame, "w") as f:
        f.write(FRAME % (width, page, how))


def measured(page, copy):
    with open(page, newline="") as f:
        text = f.read()
    digest = base64.b64encode(hashlib.sha256(MEASURE.encode()).digest()).decode()
    assert text.count("; script-src ") == 1 and text.count("</body>") == 1
    text = text.replace("; script-src ", "; script-src 'sha256-%s' " % digest)
    with open(copy, "w", newline="") as f:
        f.write(text.replace("</body>", "<script>%s</script></body>" % MEASURE))


class Page(html.parser.HTMLParser):
    def __init__(self, table=None):
        super().__init__()
        self.found, self.rows, self.wanted, self.inside, self.cell = None, [], table, False, None

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "html":
            self.found = attrs.get("data-found")
        if tag == "table":
            self.inside = attrs.get("data-rows") == self.wanted
        if self.inside and tag == "tr":
            self.rows.append([])
        if self.inside and tag in ("td", "th"):
            self.cell = ""

    def handle_endtag(self, tag):
        if tag in ("td", "th") and self.cell is not None:
            self.rows[-1].append(self.cell)
            self.cell = None

    def handle_data(self, data):
        if self.cell is not None:
            self.cell += data


def parsed(path, table=None):
    page = Page(table)
    with open(path, encoding="utf-8") as f:
        page.feed(f.read())
    return page


def shown(value):
    for c in "\u202e\u200b":
        value = value.replace(c, "<U+%04X>" % ord(c))
    return {"": "\u2013", "*": "kept back"}.get(value, value)


def rows(dom, table, path):
    with open(path, encoding="utf-8", newline="") as f:
        told = [[shown(v) for v in line] for line in csv.reader(f)][1:]
    seen = parsed(dom, table).rows[1:]
    assert len(told) > 0 and sorted(seen) == sorted(told), [r for r in seen if r not in told][:3]


def main(what, *args):
    if what == "result":
        print(parsed(args[0]).found)
    else:
        {"requests": requests, "measured": measured, "framed": framed, "rows": rows}[what](*args)


main(*sys.argv[1:])
