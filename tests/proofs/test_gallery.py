"""The gallery of counterexamples: certified, replayed, drawn, and safe to look at."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest

from numerics.counterexamples import FAMILIES
from proofs.drift_checker import check
from proofs.report import gallery
from proofs.report.gallery import EXHIBITS, bare, entries, gallery_page, pictured, summary, toy_of, write_gallery


@pytest.fixture(scope="module")
def found() -> list[dict]:
    shown = [e for e in EXHIBITS if e.name in ("rmsprop", "adopt_reshuffled", "amsgrad", "problem_u_adopt")]
    return pictured(entries(shown))


class Page(HTMLParser):
    """What a page links to, shows and encloses."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.images = 0
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag == "a":
            self.links.append(values["href"])
        if tag == "img":
            self.images += 1
            assert values["src"].startswith("data:image/svg+xml;base64,")
            assert values["alt"]
        if "id" in values:
            self.ids.append(values["id"])
        if tag not in ("img", "meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_every_family_with_a_name_of_its_own_is_shown():
    assert {e.family for e in EXHIBITS} == set(FAMILIES) - {"law", "components"}  # those two are the search's
    assert len({e.name for e in EXHIBITS}) == len(EXHIBITS)


def test_entries_are_certified_and_replayed(found):
    for e in found:
        assert e["status"] == "certified"
        assert e["replayed"]
        assert check(json.dumps(e["certificate"])).direction == e["direction"]
        assert e["direction"] == ("right" if e["name"] == "amsgrad" else "wrong")


def test_a_certificate_that_is_not_replayed_is_shown_as_such(found, monkeypatch):
    from proofs import drift_checker

    def refuse(text):
        raise drift_checker.RejectedError("the drift is elsewhere")

    monkeypatch.setattr(drift_checker, "check", refuse)
    rejected = gallery.entry(EXHIBITS[0])
    assert not rejected["replayed"]
    assert rejected["checker"] == "the drift is elsewhere"
    text = gallery_page([{**rejected, "svg": "<svg/>"}])
    assert "0 of 1 certified" in text
    assert "✗ the drift is elsewhere" in text


def test_the_page_has_statement_reason_picture_and_certificate(found, tmp_path):
    path = write_gallery(found, tmp_path)
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert not page.open
    assert page.images == len(found)
    for e in found:
        assert e["name"] in page.ids
        assert f"#{e['name']}" in page.links
        file = f"counterexamples/{e['name']}.json"
        assert file in page.links
        assert json.loads((tmp_path / file).read_text()) == e["certificate"]
        assert check((tmp_path / file).read_text()).name
        assert (tmp_path / "counterexamples" / f"{e['name']}.svg").read_text().lstrip().startswith("<?xml")
    assert "exactly 21/95" in text
    assert "<script" not in text
    assert all(link.startswith(("#", "counterexamples/", "index.html")) for link in page.links)  # nothing is fetched


def test_words_are_escaped(found):
    text = gallery_page([{**found[0], "title": "<b>&", "reason": "a < b"}])
    assert "&lt;b&gt;&amp;" in text
    assert "a &lt; b" in text


def test_the_report_links_to_the_gallery(found):
    page = Page(summary(found))
    assert page.links == [f"counterexamples.html#{e['name']}" for e in found]


def test_the_data_keep_paths_in_place_of_pictures(found):
    kept = bare(found)
    assert json.loads(json.dumps(kept, allow_nan=False)) == kept
    assert all("svg" not in e and e["certificate"] == f"counterexamples/{e['name']}.json" for e in kept)


def test_pictures_walk_on_the_families_own_problem():
    assert toy_of({"k": "10"}, "with_replacement").spike == 100
    toy = toy_of({"n": "3", "C": "19/10"}, "fixed")
    assert (toy.n, toy.spike, toy.rest, toy.minimiser) == (3, 1.9, -1, 1)
    assert toy_of({"method": "adopt"}, "reshuffled").quadratic
