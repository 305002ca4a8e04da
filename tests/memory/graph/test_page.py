"""The page of the network: all of its data, nothing of elsewhere, and nothing that was said runs in it."""

import json
import random
import re
import subprocess
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from minga.domain.memory import Entity, EntityKind, Fact, ItemId, Statement
from minga.memory.graph.aliases import Mentioned
from minga.memory.graph.facts import as_of, facts
from minga.memory.graph.network import Network, network
from minga.memory.graph.page import NODES_MAX, PASSAGES_MAX, page
from minga.memory.graph.page_texts import ENGLISH, SPANISH, page_texts
from minga.memory.graph.stated import Correction, Stated

START = datetime(2026, 1, 1, tzinfo=UTC)
HOSTILE = "</script><img src=x onerror=\"document.title='it ran'\"><!-- ${data} $texts \u2028 \ud800 ]]>"
CHROMIUM = which("chromium") or which("chromium-browser") or which("google-chrome")

with_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium in the path")


def stated(subject: Entity, value: str, day: int) -> Stated:
    said = Statement(subject, "in charge", value, 0, 1, 0.8, single=True)
    return Stated(said, ItemId(f"p{day}"), START + timedelta(days=day), "shop")


def some() -> Network:
    """A point of sale that Ana had in charge, then Pedro; that Rosa had was a mistake."""
    register = Entity(EntityKind.TOPIC, "point of sale")
    people = ["Ana Rojas", "Pedro Soto", "Rosa Paz"]
    told = [
        Mentioned(Entity(EntityKind.PERSON, name), ItemId(f"p{10 * n + m}"), START + timedelta(days=10 * n + m), "shop")
        for n, name in enumerate(people)
        for m in range(2)
    ]
    told += [Mentioned(register, one.passage, one.at, "shop") for one in told]
    claims = [stated(register, name, 10 * n) for n, name in enumerate(people)]
    wrong = next(one.id for one in facts(claims) if one.value == "Rosa Paz")
    return network(told, facts(claims, [Correction(wrong, ItemId("n1"), START + timedelta(days=40))]))


def hostile() -> Network:
    """Whoever can write a name, a value or a place, writes markup."""
    subject = Entity(EntityKind.COMPANY, HOSTILE)
    known = Fact(ItemId("f1"), subject, HOSTILE, HOSTILE, START, None, START, None, 0.5, HOSTILE, (ItemId(HOSTILE),))
    return network([Mentioned(subject, ItemId(HOSTILE), START, HOSTILE)], [known])


class Seen(HTMLParser):
    """What a browser makes of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        if self.tags:
            self.texts.setdefault(f"{self.tags[-1]} {self.tags.count(self.tags[-1])}", data)


def data_of(html: str) -> Any:
    return json.loads(Seen(html).texts["script 1"])


def test_the_data_are_those_of_the_network() -> None:
    found = some()
    data = data_of(page(found, ENGLISH, {ItemId("p0"): "session 1, 2026-01-01"}))
    assert {one["id"]: (one["kind"], one["name"], one["times"]) for one in data["nodes"]} == {
        node.id: (node.thing.kind, node.thing.name, len(node.passages)) for node in found.nodes.values()
    }
    ids = [one["id"] for one in data["nodes"]]
    assert ids == found.central()
    assert [(ids[one["one"]], ids[one["other"]], one["fact"]) for one in data["edges"]] == [
        (edge.one, edge.other, edge.fact) for edge in found.edges
    ]
    assert [_fact(one) for one in data["facts"]] == [
        (one.id, one.value, one.valid_from, one.valid_to, one.recorded_from, one.recorded_to, one.sources)
        for one in found.facts
    ]
    assert {data["nodes"][one["of"]]["name"] for one in data["facts"]} == {"point of sale"}
    assert data["sources"] == {"p0": "session 1, 2026-01-01"}


def _fact(one: dict[str, Any]) -> tuple[Any, ...]:
    times = [one[key] for key in ("validFrom", "validTo", "recordedFrom", "recordedTo")]
    return (one["id"], one["value"], *(at and datetime.fromisoformat(at) for at in times), tuple(one["sources"]))


def test_the_most_central_ones_are_shown_and_the_others_counted() -> None:
    hub = Entity(EntityKind.SERVICE, "hub")
    told = [
        Mentioned(one, ItemId(f"p{number}"), START + timedelta(minutes=number), "shop")
        for number in range(NODES_MAX + 50)
        for one in (hub, Entity(EntityKind.FILE, f"src/part{number}.py"))
    ]
    data = data_of(page(network(told, []), ENGLISH))
    assert (len(data["nodes"]), data["leftOut"]) == (NODES_MAX, 51)
    assert data["nodes"][0]["name"] == "hub"
    assert data["nodes"][0]["passages"] == [f"p{number}" for number in range(NODES_MAX + 50)][-PASSAGES_MAX:]


@pytest.mark.parametrize("texts", [ENGLISH, SPANISH], ids=["en", "es"])
def test_it_names_no_address_and_its_policy_lets_nothing_load(texts: Any) -> None:
    html = page(some(), texts)
    seen = Seen(html)
    assert not re.search(r"(?:[a-z]+:)?//[\w\[]|\bimport\(|fetch\(|XMLHttp|@import|url\((?!#)", _without_comments(html))
    assert not {"img", "link", "iframe", "object", "embed", "base", "form", "a"} & set(seen.tags)
    assert not [name for name, _ in seen.attributes if name in ("src", "href") or name.startswith("on")]
    assert f'<html lang="{texts.language}">' in html


def _without_comments(html: str) -> str:
    return re.sub(r"^\s*// .*$", "", html, flags=re.MULTILINE)


def test_every_kind_has_its_name_and_colour() -> None:
    style = page(some(), ENGLISH)
    for texts in (page_texts("es"), page_texts("en"), page_texts("")):
        assert set(texts.kinds) == set(EntityKind)
    assert all(f".{kind} {{ --colour: " in style for kind in EntityKind)


def test_a_hostile_name_is_data_and_no_markup() -> None:
    html = page(hostile(), ENGLISH, {ItemId(HOSTILE): HOSTILE})
    assert html.encode()
    seen, calm = Seen(html), Seen(page(some(), ENGLISH))
    assert seen.tags == calm.tags
    data = data_of(html)
    assert data["nodes"][0]["name"] == data["facts"][0]["value"] == HOSTILE.replace("\ud800", "\ufffd")


@with_a_browser
def test_a_hostile_name_does_not_run_and_is_shown_as_it_is(tmp_path: Path) -> None:
    found = hostile()
    html = page(found, ENGLISH, {ItemId(HOSTILE): HOSTILE})
    screen = browsed(tmp_path, html, next(iter(found.nodes)))
    assert "<title>What is remembered</title>" in screen
    assert "<img" not in screen
    assert screen.count("&lt;/script&gt;&lt;img src=x onerror=") >= 3


@with_a_browser
def test_a_browser_draws_each_thing_and_tells_what_is_known_of_it(tmp_path: Path) -> None:
    found = some()
    topic = found.find(Entity(EntityKind.TOPIC, "point of sale"), "shop")
    assert topic is not None
    screen = browsed(tmp_path, page(found, SPANISH), topic.id)
    assert screen.count("<circle") == len(found.nodes)
    boxes = re.findall(r'<div class="(one[^"]*)">(.*?)</div>', screen)
    told = {re.sub("<[^>]+>", " ", box): of for of, box in boxes}
    assert [of for text, of in told.items() if "Pedro Soto" in text] == ["one"]
    assert [of for text, of in told.items() if "Ana Rojas" in text and "terminó" in text] == ["one over"]
    assert [of for text, of in told.items() if "Rosa Paz" in text and "era un error" in text] == ["one over"]
    assert "cierto 2026-01-11 → …</small><small>sabido 2026-01-11 → …</small>" in screen
    lines = re.findall(r'<path class="([^"]*)"', screen)
    assert sorted(lines) == ["fact lit", "fact over lit", "fact over lit"]
    assert {one.value for one in as_of(found.facts, START + timedelta(days=60), START + timedelta(days=60))} == {
        "Pedro Soto"
    }


def browsed(directory: Path, html: str, opened: str) -> str:
    """What stands on the screen once the page's script has run."""
    file = directory / "page.html"
    file.write_text(html, "utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={directory / 'browser'}"]
    command = [str(CHROMIUM), *options, "--dump-dom", f"{file.as_uri()}#{opened}"]
    shown = subprocess.run(command, capture_output=True, check=True, timeout=60, text=True).stdout
    return shown[: shown.index('<script type="application/json"')]


def test_the_policy_allows_only_the_pages_own_script_and_style() -> None:
    html = page(some(), ENGLISH)
    seen = Seen(html)
    assert "default-src 'none'" in html
    for name, directive in (("script 2", "script-src"), ("style 1", "style-src")):
        digest = b64encode(sha256(seen.texts[name].encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in html


HANDS = """
const press = (key, at) => at.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
search.value = "ana ROJAS"; search.dispatchEvent(new Event("input"));
const named = [...found.querySelectorAll("button")].map((one) => one.textContent);
press("Enter", search);
const opened = about.querySelector("h2").textContent.trim();
for (const arrow of Object.keys(arrows)) press(arrow, drawing);
const moved = about.querySelector("h2").textContent.trim();
later.checked = false; day.value = 0; day.dispatchEvent(new Event("input"));
const first = nodes.filter((one) => one.dot.style.display !== "none").map((one) => one.name).sort();
press("]", drawing);
const [before, after] = [size, (press("+", drawing), size)];
document.querySelector("#legend .person").parentNode.click();
const people = nodes.filter((one) => one.kind === "person" && one.dot.style.display !== "none").length;
press("Escape", drawing);
document.title = JSON.stringify({ named, opened, moved: moved !== opened, first, day: +day.value,
  nearer: after > before, people, closed: about.querySelector("h2") === null });
"""


@with_a_browser
def test_it_is_searched_walked_and_taken_back_in_time_with_the_keyboard(tmp_path: Path) -> None:
    html = re.sub("<meta http-equiv=[^>]+>", "", page(some(), ENGLISH))
    screen = browsed(tmp_path, html.replace("</body>", f"<script>{HANDS}</script></body>"), "")
    title = re.search("<title>(.*?)</title>", screen)
    assert title is not None
    assert json.loads(title[1]) == {
        "named": ["Ana Rojas", "point of sale"],
        "opened": "Ana Rojas",
        "moved": True,
        "first": ["Ana Rojas", "point of sale"],
        "day": 1,
        "nearer": True,
        "people": 0,
        "closed": True,
    }


@with_a_browser
def test_what_holds_at_a_date_is_what_the_facts_say(tmp_path: Path) -> None:
    rng = random.Random(3)
    claims = []
    for number in range(120):
        subject = Entity(EntityKind.TOPIC, f"thing {rng.randrange(8)}")
        start, end = (START + timedelta(days=rng.randrange(60)) if rng.random() < 0.4 else None for _ in range(2))
        said = Statement(
            subject, rng.choice(["port", "owner"]), f"v{rng.randrange(4)}", 0, 1, 0.7, rng.random() < 0.7, start, end
        )
        claims.append(Stated(said, ItemId(f"p{number}"), START + timedelta(days=rng.randrange(60)), "shop"))
    wrong = rng.sample([one.id for one in facts(claims)], 8)
    corrections = [
        Correction(id_, ItemId(f"n{n}"), START + timedelta(days=40 + n), f"w{n}" if n % 2 else "")
        for n, id_ in enumerate(wrong)
    ]
    found = network([], facts(claims, corrections))
    days = [START + timedelta(days=day, hours=12) for day in range(0, 80, 4)]
    asked = [[int(at.timestamp() * 1000), int(by.timestamp() * 1000)] for at in days for by in (at, days[-1])]
    hands = f"""document.title = JSON.stringify({asked}.map(([at, by]) =>
        [...holding(at, by)].map((one) => one.id).sort()));"""
    html = re.sub("<meta http-equiv=[^>]+>", "", page(found, ENGLISH))
    screen = browsed(tmp_path, html.replace("</body>", f"<script>{hands}</script></body>"), "")
    title = re.search("<title>(.*?)</title>", screen)
    assert title is not None
    held = [sorted(one.id for one in as_of(found.facts, at, by)) for at in days for by in (at, days[-1])]
    assert json.loads(title[1]) == held
    assert len({len(ids) for ids in held}) > 5
