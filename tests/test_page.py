"""The page, in a real browser over a real service."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from browser import PHONE, Visit, barriers, chromium, needs_chromium, profile, settled, through, visiting
from conftest import ROOT, SMALL
from navsearch import building
from navsearch import catalog as catalogs
from navsearch.encoder import LightEncoder
from navsearch.resource import Resource
from serving import Service, serving

pytestmark = needs_chromium

WEB = ROOT / "src/navsearch/web"
LIVER = "small liver lesion segmentation on CT"
ASKED = f"?q={quote(LIVER)}"
VIEWS = {
    "home": "",
    "results": ASKED,
    "losses": f"{ASKED}&part=losses",
    "baselines": f"{ASKED}&part=baselines",
    "metrics": f"{ASKED}&part=metrics",
    "plots": f"{ASKED}&part=plots",
    "chips": "?q=segmnetation+of+liver,+not+MRI,+at+least+100+cases&ignore=anatomy:liver&modality=CT&pick=alpha&pick=beta",
    "none": "?q=knitting+a+sweater",
    "browse": "?view=browse&task=segmentation",
    "map": f"{ASKED}&view=map",
    "plan": f"{ASKED}&view=plan",
    "compare": "?view=compare&id=alpha&id=alpha-two&id=beta",
    "record": "?view=record&id=alpha",
    "error": "?q=liver&modality=unheard",
}
DARK = ("results", "losses", "chips", "plan", "compare", "record")


@pytest.fixture(scope="module")
def served(small_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(SMALL, small_folder, tmp_path_factory.mktemp("log") / "served") as service:
        yield service


@pytest.fixture(scope="module")
def locked(small_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that wants a key."""
    with serving(SMALL, small_folder, tmp_path_factory.mktemp("log") / "locked", "--api-key", "sesame") as service:
        yield service


@pytest.fixture(scope="module")
def harmful(real_encoder: LightEncoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service over the small catalog with records that mean harm."""
    folder = tmp_path_factory.mktemp("harmful")
    shutil.copytree(SMALL, folder / "catalog")
    (folder / "catalog/datasets/hostile.jsonl").write_text("\n".join(map(json.dumps, hostile())), encoding="utf-8")
    catalog = catalogs.load(folder / "catalog")
    building.build(replace(catalog, resources=[harmed(one) for one in catalog.resources]), real_encoder, folder / "index")
    with serving(folder / "catalog", folder / "index", folder / "log") as service:
        yield service


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def usual(browser: Browser) -> BrowserContext:
    return profile(browser)


@pytest.fixture
def visit(usual: BrowserContext, served: Service) -> Iterator[Visit]:
    with visiting(usual, served.url) as opened:
        yield opened


def query(page: Page) -> dict[str, list[str]]:
    """The parameters of the address."""
    return parse_qs(urlsplit(page.url).query)


def shown(page: Page) -> list[str | None]:
    """The ids of the cards."""
    return [card.get_attribute("data-id") for card in page.locator("main .card").all()]


def answer(service: Service, path: str) -> Any:
    """What the service answers."""
    status, _, found = service.get(path)
    assert status == 200, found
    return found


def test_the_page_announces_its_modules() -> None:
    """All but those fetched when needed are fetched at once, none after another."""
    announced = set(re.findall(r'"static/([\w/]+\.js)"', (WEB / "index.html").read_text(encoding="utf-8")))
    assert announced == {file.relative_to(WEB).as_posix() for file in WEB.rglob("*.js") if "vendor" not in file.parts}


class TestAsking:
    """From words to an answer."""

    def test_a_question_is_answered(self, visit: Visit, served: Service) -> None:
        """Typed and sent, it gives the verdict and the hits of /ask in their order, in the address too."""
        page = visit()
        page.get_by_label("Your question").fill(LIVER)
        page.get_by_role("button", name="Ask", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Strong match")
        assert shown(settled(page)) == [hit["id"] for hit in answer(served, f"/ask?q={quote(LIVER)}")["hits"]]
        assert query(page) == {"q": [LIVER]}
        assert page.title() == f"{LIVER} · navsearch"

    def test_a_question_is_understood_while_it_is_typed(self, visit: Visit) -> None:
        """Chips come before it is sent."""
        page = visit()
        page.get_by_label("Your question").press_sequentially("liver on CT")
        expect(page.get_by_role("list", name="Understood so far").get_by_role("listitem")).to_have_count(2)
        assert query(page) == {}

    def test_a_card_tells_facts_reasons_and_what_is_unknown(self, visit: Visit) -> None:
        """Met and missed terms, an unknown licence, the page of the resource."""
        page = visit(ASKED)
        first, third = page.locator(".card").nth(0), page.locator(".card").nth(3)
        expect(first).to_contain_text("200 scans")
        expect(first).to_contain_text("CC BY 4.0")
        expect(first.locator(".met")).to_contain_text("modality: CT (contrast-enhanced CT)")
        expect(first.get_by_role("link", name="example.org")).to_have_attribute("href", "https://example.org/alpha")
        expect(third.locator(".missed")).to_contain_text("modality: CT")
        expect(third.locator(".facts")).to_contain_text("Licenceunknown")

    def test_shared_data_are_warned_of(self, visit: Visit) -> None:
        """Above the cards, and on those concerned."""
        page = visit(ASKED)
        expect(page.locator(".notes.warn")).to_contain_text("do not train on one and test on the other")
        expect(page.locator(".card").first).to_contain_text("Shares data (1)")

    def test_a_corrected_word_is_said(self, visit: Visit) -> None:
        """With what it was read as."""
        expect(visit(VIEWS["chips"]).locator("#understood")).to_contain_text("Read “segmnetation” as segmentation.")

    def test_that_nothing_fits_is_said(self, visit: Visit) -> None:
        """The nearest misses stand there as such; no loss, no plan."""
        page = visit(VIEWS["none"])
        expect(page.get_by_role("heading", level=1)).to_have_text("Nothing fits")
        expect(page.locator(".verdict")).to_contain_text("nearest misses")
        parts = page.get_by_role("navigation", name="Parts of the answer")
        assert [part.split()[0] for part in parts.get_by_role("link").all_inner_texts()] == ["Results", "Plots"]
        expect(page.get_by_role("link", name="Plan", exact=True)).to_have_count(0)

    def test_an_error_is_one_sentence(self, visit: Visit) -> None:
        """That of the service, with a way out."""
        page = visit(VIEWS["error"], tolerated="400")
        expect(page.get_by_role("alert")).to_contain_text("modality 'unheard' is not known")
        page.get_by_role("link", name="Take all filters out").click()
        expect(page.locator(".card").first).to_be_visible()

    def test_a_busy_service_is_asked_again(self, visit: Visit) -> None:
        """After as many seconds as it says."""
        page = visit(tolerated="503")
        refusals = iter([{"status": 503, "headers": {"Retry-After": "1"}, "json": {"detail": "busy"}}])

        def refuse(route: Route) -> None:
            refusal = next(refusals, None)
            route.fulfill(**refusal) if refusal else route.continue_()

        page.route("**/ask?*", refuse)
        page.get_by_label("Your question").fill(LIVER)
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_have_text("The service is busy; trying again in 1 seconds.")
        expect(page.get_by_role("heading", level=1)).to_have_text("Strong match")


class TestRefining:
    """Chips and filters."""

    def test_a_chip_is_taken_out_and_brought_back(self, visit: Visit) -> None:
        """The question is read without it; the back button undoes that."""
        page = visit(ASKED)
        page.get_by_role("link", name="Take out modality CT").click()
        expect(page.get_by_role("link", name="Bring back modality:CT")).to_be_visible()
        assert query(page)["ignore"] == ["modality:CT"]
        expect(settled(page).locator(".card").first.locator(".met")).not_to_contain_text("modality")
        page.go_back()
        expect(page.get_by_role("link", name="Take out modality CT")).to_be_visible()
        expect(page.locator(".card").first.locator(".met")).to_contain_text("modality")

    @pytest.mark.parametrize(
        ("act", "stated"),
        [
            ("Require", {"modality": ["CT"]}),
            ("Exclude", {"not": ["modality:CT"], "ignore": ["modality:CT"]}),
            ("Relax", {"ignore": ["modality:CT"]}),
        ],
    )
    def test_a_chip_has_a_menu(self, visit: Visit, served: Service, act: str, stated: dict[str, list[str]]) -> None:
        """Which makes it a filter, rules it out, or leaves it out."""
        page = visit(ASKED)
        page.get_by_text("More for modality CT").locator("..").click()
        page.get_by_role("link", name=re.compile(f"^{act}")).click()
        page.wait_for_url(lambda url: "modality" in url)
        assert query(page) == {"q": [LIVER]} | stated
        expected = answer(served, f"/ask?{urlsplit(page.url).query}")["hits"]
        expect(page.locator(".card")).to_have_count(len(expected))
        assert shown(settled(page)) == [hit["id"] for hit in expected]

    def test_a_filter_leaves_what_states_it(self, visit: Visit) -> None:
        """A click on a counted term; another takes it back."""
        page = visit(ASKED)
        page.get_by_role("link", name="contrast-enhanced CT 1").click()
        expect(page.locator(".card")).to_have_count(1)
        assert shown(page) == ["alpha"]
        page.get_by_role("link", name="Take out filter modality").click()
        expect(page.locator(".card")).to_have_count(6)

    def test_any_term_can_be_added(self, visit: Visit) -> None:
        """By its name, of all terms that the catalog has."""
        page = visit(ASKED)
        page.get_by_label("Add a term as a filter").fill("modality: MRI")
        expect(page.locator("#terms option[value='modality: MRI']")).to_be_attached()
        page.keyboard.press("Enter")
        expect(page.locator(".card")).to_have_count(1)
        assert shown(page) == ["beta"]

    def test_numbers_are_limited(self, visit: Visit) -> None:
        """Cases and years."""
        page = visit(ASKED)
        page.locator("summary", has_text="Limits").click()
        page.get_by_label("Cases from").fill("900")
        page.get_by_role("button", name="Apply").click()
        page.wait_for_url("**min_cases=900*")
        expect(page.locator(".card")).to_have_count(3)

    def test_a_long_list_has_pages(self, visit: Visit, served: Service) -> None:
        """Each an address of its own."""
        page = visit("?view=browse")
        page.get_by_role("link", name="Next").click()
        page.wait_for_url("**page=2*")
        everything = [record["id"] for record in answer(served, "/resources?k=100")["resources"]]
        expect(page.locator(".pages")).to_contain_text("11–15 of 15")
        assert shown(settled(page)) == everything[10:]


class TestRecommendations:
    """Losses, baselines, metrics, plots."""

    def test_a_snippet_is_copied(self, visit: Visit, served: Service) -> None:
        """As the service has it, and the button says so."""
        page = visit(VIEWS["losses"], permissions=["clipboard-read", "clipboard-write"])
        card = page.locator("[data-id=overlap-loss]")
        card.locator("summary", has_text="Snippet").click()
        card.get_by_role("button", name="Copy snippet").click()
        expect(card.locator(".copy")).to_have_text("Copied")
        losses = {loss["id"]: loss for loss in answer(served, f"/ask?q={quote(LIVER)}")["losses"]}
        assert page.evaluate("navigator.clipboard.readText()") == losses["overlap-loss"]["snippet"]

    def test_a_loss_tells_role_settings_and_cautions(self, visit: Visit) -> None:
        """Its hyperparameters, what to avoid it with, its evidence."""
        card = visit(VIEWS["losses"]).locator("[data-id=overlap-loss]")
        expect(card).to_contain_text("smooth1")
        expect(card.locator(".cautions")).to_contain_text("patches are empty")

    def test_figures_are_bars_with_their_source(self, visit: Visit) -> None:
        """One table at a time, the same in words, each method leading to its record."""
        page = visit(VIEWS["baselines"])
        expect(page.get_by_role("img", name="DSC on Alpha tumour")).to_be_visible()
        expect(page.locator(".figures").get_by_role("link", name="https://example.org/bench")).to_be_visible()
        page.get_by_text("The figures as a table").click()
        assert page.locator(".figures tbody tr").all_inner_texts() == ["Net-One\t80\t5-fold", "Net-Two\t76\t5-fold"]
        assert drawn(page) == {"labels": ["Net-One", "Net-Two"], "values": [80, 76]}

    def test_commands_are_there_to_copy(self, visit: Visit) -> None:
        """Step by step."""
        card = visit(VIEWS["baselines"]).locator("[data-id=netone]")
        assert card.locator(".step").all_inner_texts() == ["install", "train"]
        expect(card.get_by_role("button", name="Copy train of Net-One")).to_be_visible()

    def test_hits_are_plotted_by_year_and_size(self, visit: Visit) -> None:
        """Beside what is not known of them."""
        page = visit(VIEWS["plots"])
        assert [figure.split("\n")[0] for figure in page.locator("figure").all_inner_texts()] == ["Released", "Size"]
        expect(page.locator("figure").first).to_contain_text("no date known for 2")
        assert drawn(page)["labels"] == ["2017", "2018", "2019", "2020", "2021", "2022", "2023"]

    def test_a_leaderboard_is_part_of_a_record(self, visit: Visit) -> None:
        """All that was published on a data set."""
        page = visit(VIEWS["record"])
        expect(page.get_by_role("img", name="DSC on Alpha tumour of 3 entries")).to_be_visible()
        page.locator("#table").select_option(index=1)
        expect(page.get_by_role("img", name="AP on Alpha tumour of 1 entry")).to_be_visible()
        assert query(page)["table"] == ["1"]


class TestElsewhere:
    """Compare, plan, export, map."""

    def test_resources_are_compared(self, visit: Visit, served: Service) -> None:
        """Picked on their cards, side by side from the tray, what differs first; the tray outlasts going back."""
        page = visit(ASKED)
        for name in ("Alpha Liver 2", "Beta Brain"):
            page.get_by_role("button", name=f"Compare {name}", exact=True).click()
        page.get_by_role("link", name="Compare 2").click()
        expect(page.get_by_role("table")).to_be_visible()
        rows = answer(served, "/compare?id=alpha-two&id=beta")["rows"]
        assert page.locator("tbody th[scope=row]").all_inner_texts() == [row["name"].capitalize() for row in rows]
        expect(page.locator("tr", has_text="Licence")).to_have_count(0)
        page.go_back()
        expect(page.get_by_role("region", name="To compare").get_by_role("listitem")).to_have_count(2)

    def test_a_plan_is_made_and_printed(self, visit: Visit) -> None:
        """With data, loss, baseline, metrics and pitfalls, and on paper nothing to press."""
        page = visit(ASKED)
        page.get_by_role("link", name="Plan", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(f"Plan: {LIVER}")
        sections = page.get_by_role("heading", level=2).all_inner_texts()
        assert sections == ["Data", "Loss", "Other losses to try", "Baseline", "Metrics to report", "Pitfalls"]
        page.emulate_media(media="print")
        for hidden in (page.locator("header.top"), page.locator("form"), page.get_by_role("button").first):
            expect(hidden).to_be_hidden()
        expect(page.get_by_role("heading", name="Pitfalls")).to_be_visible()

    @pytest.mark.parametrize(("name", "form"), [("BibTeX", "bibtex"), ("CSV", "csv"), ("JSON", "json"), ("Markdown", "md")])
    def test_an_answer_is_exported(self, visit: Visit, served: Service, name: str, form: str) -> None:
        """As a file with what /export gives."""
        page = visit(ASKED)
        page.locator("summary", has_text="Export").click()
        with page.expect_download() as download:
            page.get_by_role("link", name=name, exact=True).click()
        _, _, expected = served.get(f"/export?q={quote(LIVER)}&k=10&format={form}")
        text = download.value.path().read_text(encoding="utf-8")
        assert (json.loads(text) if form == "json" else text) == expected

    def test_a_point_of_the_map_leads_to_its_record(self, visit: Visit) -> None:
        """By a click; the hits are lit."""
        page = visit(VIEWS["map"])
        expect(page.locator(".verdict")).to_contain_text("6 hits lit among 15")
        point = page.evaluate(
            """() => {
                const chart = Chart.getChart(document.querySelector("canvas"));
                const { x, y } = chart.getDatasetMeta(0).data[0];
                return { id: chart.data.datasets[0].data[0].id, position: { x, y } };
            }"""
        )
        page.locator("canvas").click(position=point["position"])
        expect(page.locator(f"article[data-id={point['id']}]")).to_be_visible()
        assert query(page)["id"] == [point["id"]]

    def test_the_map_is_a_list_too(self, visit: Visit) -> None:
        """For whoever does not see it: the hits, and everything by kind."""
        words = visit(VIEWS["map"]).get_by_role("complementary", name="The map as lists")
        expect(words.get_by_role("list").first.get_by_role("link").first).to_have_text("Alpha Liver")
        assert words.locator("summary").all_inner_texts() == ["dataset 6", "loss 3", "method 3", "metric 3"]

    def test_similar_items_are_shown_on_request(self, visit: Visit, served: Service) -> None:
        """Beneath the card."""
        page = visit(ASKED)
        page.get_by_role("button", name="Similar to Alpha Liver", exact=True).click()
        lines = page.locator(".card").first.locator(".lines a")
        expect(lines).to_have_text([hit["name"] for hit in answer(served, "/similar/alpha?k=6")])


class TestAddress:
    """Whatever is shown has an address."""

    def test_an_address_opens_what_it_names(self, visit: Visit) -> None:
        """Whatever was seen before: come to from another view, a view says what it says when it is the first."""
        page, fresh = visit(tolerated="400"), visit(tolerated="400")
        for _ in through(fresh, {view: address for view, address in VIEWS.items() if view != "error"}):
            page.evaluate(_FOLLOW, fresh.url)
            expect(page.locator("main")).to_have_text(fresh.locator("main").inner_text(), use_inner_text=True)

    def test_the_back_button_goes_through_the_states(self, visit: Visit) -> None:
        """One by one, as they came."""
        page = visit()
        page.get_by_label("Your question").fill(LIVER)
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Losses").click()
        expect(page.locator("[data-id=overlap-loss]")).to_be_visible()
        page.get_by_role("link", name="Overlap Loss").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Overlap Loss")
        page.go_back()
        expect(page.locator("[data-id=focus-loss]")).to_be_visible()
        page.go_back()
        expect(page.locator("[data-id=alpha]")).to_be_visible()
        page.go_back()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Which public medical data")

    def test_a_link_keeps_the_tray(self, visit: Visit) -> None:
        """What was picked goes along."""
        tray = visit(f"{ASKED}&pick=alpha&pick=beta").get_by_role("region", name="To compare")
        expect(tray.get_by_role("link", name="Beta Brain")).to_be_visible()


class TestEveryone:
    """Keyboard, screen readers, small screens, dark rooms."""

    def test_the_keyboard_is_enough(self, visit: Visit) -> None:
        """To ask, to open and leave a menu, to take a chip out, to open a record."""
        page = visit()
        press = page.keyboard.press
        press("/")
        page.keyboard.type(LIVER)
        press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Strong match")
        tab_to(page, "More for task segmentation")
        press("Enter")
        expect(page.get_by_role("link", name=re.compile("^Require"))).to_be_visible()
        press("Escape")
        expect(page.get_by_role("link", name=re.compile("^Require"))).to_be_hidden()
        tab_to(page, "Take out modality CT")
        press("Enter")
        expect(page.get_by_role("link", name="Bring back modality:CT")).to_be_visible()
        tab_to(page, "Alpha Liver")
        press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Alpha Liver")

    def test_the_first_stop_skips_to_the_answer(self, visit: Visit) -> None:
        """Past the box and the chips."""
        page = visit(ASKED)
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()

    def test_what_changes_is_told(self, visit: Visit) -> None:
        """The verdict, to screen readers."""
        expect(visit(ASKED).get_by_role("status")).to_have_text("Strong match. 6 results.")

    def test_axe_finds_nothing_grave(self, visit: Visit) -> None:
        """In any view."""
        page = visit(tolerated="400")
        found = {view: barriers(page) for view in through(page, VIEWS)}
        assert not any(found.values()), found

    def test_axe_finds_contrast_enough_in_the_dark(self, visit: Visit) -> None:
        """In views that between them have all parts."""
        page = visit(color_scheme="dark")
        found = {view: barriers(page, "color-contrast") for view in through(page, {view: VIEWS[view] for view in DARK})}
        assert not any(found.values()), found

    def test_a_phone_shows_all_without_scrolling_aside(self, visit: Visit) -> None:
        """At 360 pixels, in any view."""
        page = visit(tolerated="400", viewport=PHONE)
        widths = {view: page.evaluate("document.documentElement.scrollWidth") for view in through(page, VIEWS)}
        assert widths == dict.fromkeys(VIEWS, PHONE["width"])

    def test_filters_fold_away_on_a_phone(self, visit: Visit) -> None:
        """Until they are asked for."""
        page = visit(ASKED, viewport=PHONE)
        term = page.get_by_role("link", name="contrast-enhanced CT 1")
        expect(term).to_be_hidden()
        page.locator("summary", has_text="Filters").click()
        expect(term).to_be_visible()

    def test_the_theme_is_the_systems_or_the_readers(self, visit: Visit) -> None:
        """Dark where the system is; the button changes it, for the next visit too."""
        page = visit(color_scheme="dark")
        assert brightness(page) < 60
        page.get_by_role("button", name="Change to the light theme").click()
        assert brightness(page) > 200
        page.reload()
        assert brightness(settled(page)) > 200


class TestKey:
    """A service that wants a key."""

    def test_the_key_is_asked_for_and_kept(self, usual: BrowserContext, locked: Service) -> None:
        """Again if it is wrong; for files too; until the tab is closed."""
        with visiting(usual, locked.url) as visit:
            page = visit(ASKED, tolerated="401", wait=False)
            enter(page, "wrong")
            expect(page.get_by_role("dialog")).to_contain_text("was not accepted")
            assert barriers(page) == []
            enter(page, "sesame")
            expect(page.get_by_role("heading", level=1)).to_have_text("Strong match")
            page.locator("summary", has_text="Export").click()
            with page.expect_download() as download:
                page.get_by_role("link", name="CSV").click()
            assert "alpha" in download.value.path().read_text(encoding="utf-8")
            assert page.evaluate("localStorage.length") == 0


HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"
QUOTED = "it's \"a\" <b>/../?id=&'"
HARMFUL = {
    "results": "?q=hostile+liver",
    "losses": "?q=hostile+liver&part=losses",
    "baselines": "?q=hostile+liver&part=baselines",
    "plots": "?q=hostile+liver&part=plots",
    "map": "?q=hostile+liver&view=map",
    "plan": "?q=hostile+liver&view=plan",
    "browse": "?view=browse&page=2",
    "data set": "?view=record&id=hostile-dataset",
    "long": "?view=record&id=hostile-long",
    "method": "?view=record&id=hostile-method",
    "loss": "?view=record&id=hostile-loss",
    "id": f"?view=record&id={quote(QUOTED)}&pick={quote(QUOTED)}",
    "compared": "?view=compare&id=hostile-dataset&id=hostile-long",
    "compared id": f"?view=compare&id={quote(QUOTED)}&id=hostile-dataset",
    "question": f"?q={quote(HOSTILE)}&pick=hostile-dataset",
    "address": f"?view={quote(HOSTILE)}&part={quote(HOSTILE)}&page=javascript:1&table=__proto__&colour=constructor&q={quote(HOSTILE)}",
}
# What could do harm on a page: schemes of links, elements and attributes that run something; and how wide it is.
_LIVE = """() => ({
    schemes: [...new Set([...document.links].map((link) => link.protocol.replace("https", "http")))],
    live: document.querySelectorAll("main :is(img, script, iframe, object, embed), [onerror], [onload], [style*=expression]").length,
    width: document.documentElement.scrollWidth,
})"""
MARKS = "\u202egnp.exe\u2066 \u200f"


class TestHostile:
    """A catalog that means harm."""

    def test_it_renders_inert(self, usual: BrowserContext, harmful: Service) -> None:
        """No dialogue, no script, no request, no link but to the web, nothing wider than the page."""
        with visiting(usual, harmful.url) as visit:
            page = visit(viewport=PHONE)
            found = {view: page.evaluate(_LIVE) for view in through(page, HARMFUL)}
        assert found == {view: {"schemes": ["http:"], "live": 0, "width": PHONE["width"]} for view in HARMFUL}

    def test_it_shows_as_the_text_it_is(self, usual: BrowserContext, harmful: Service) -> None:
        """Markup as characters, direction marks held within their name, of a megabyte the beginning."""
        with visiting(usual, harmful.url) as visit:
            page = visit("?view=record&id=hostile-dataset")
            expect(page.get_by_role("heading", level=1)).to_contain_text(HOSTILE)
            assert page.evaluate("getComputedStyle(document.querySelector('h1 bdi')).unicodeBidi") == "isolate"
            page = visit("?view=record&id=hostile-long")
            assert len(page.locator("main").inner_text()) < 20_000
            page.get_by_role("button", name="Show all").click()
            assert len(page.locator(".about").inner_text()) > 1_000_000


def hostile() -> list[dict[str, Any]]:
    """Records with whatever harm a catalog may hold; what its check would refuse is put in their place by `harmed`."""
    shared = {"task": ["segmentation"], "anatomy": ["liver"], "sources": ["javascript:alert(3)", HOSTILE]}
    links = {
        "homepage": ["https://javascript.alert/4"],
        "download": ["https://javascript.alert/5"],
        "code": "https://javascript.alert/6",
    }
    relations = [{"type": "overlaps", "id": "hostile-long", "note": HOSTILE}, {"type": "same_as", "outside": HOSTILE}]
    commands = {"steps": [{"step": HOSTILE, "run": "'; \" </code><script>alert(7)</script>"}], "source": "javascript:alert(8)"}
    long = {"name": "Hostile liver " + "w" * 5_000, "description": "hostile liver " + "long " * 210_000}
    kinds = {"dataset": {"relations": relations, "targets": [HOSTILE], "cases": {"count": 3}}, "method": {"commands": commands}}
    kinds["loss"] = {"avoid_when": [HOSTILE], "hyperparameters": {HOSTILE: HOSTILE}}
    name = f"{HOSTILE} \"quoted\" 'liver' {MARKS}"
    records = [
        {"id": f"hostile-{kind}", "kind": kind, "name": name, "description": f"Hostile liver {HOSTILE}", **links, **more}
        for kind, more in kinds.items()
    ]
    records += [
        {"id": "hostile-long", "kind": "dataset", **long},
        {"id": "hostile-id", "kind": "dataset", "name": "Hostile", "description": "Hostile liver"},
    ]
    return [record | shared for record in records]


def harmed(resource: Resource) -> Resource:
    """The resource as if the check of the catalog had let everything pass: links that are scripts, quotes in an id."""
    fields = json.loads(
        json.dumps(dict(resource.fields)).replace("https://javascript.alert/", "javascript:alert(document.domain)//")
    )
    return replace(resource, id=QUOTED if resource.id == "hostile-id" else resource.id, fields=fields)


def drawn(page: Page) -> dict[str, list[Any]]:
    """Labels and values of the first plot."""
    return page.evaluate(
        """() => {
            const { data } = Chart.getChart(document.querySelector("main canvas"));
            return { labels: data.labels, values: data.datasets[0].data };
        }"""
    )


# Follows a link to a state of the page.
_FOLLOW = """(href) => {
    const link = Object.assign(document.createElement("a"), { href });
    document.body.append(link);
    link.click();
    link.remove();
}"""

# What the element with the focus is called.
_FOCUSED = """() => {
    const copy = document.activeElement.cloneNode(true);
    copy.querySelectorAll("[aria-hidden]").forEach((hidden) => hidden.remove());
    return copy.textContent.trim();
}"""


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what is called `name` has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(_FOCUSED) == name:
            return
    raise AssertionError(f"Tab does not reach {name}")


def brightness(page: Page) -> float:
    """How light the ground is, 0 to 255."""
    return sum(map(int, re.findall(r"\d+", page.evaluate("getComputedStyle(document.documentElement).backgroundColor")))) / 3


def enter(page: Page, key: str) -> None:
    """Answer the dialogue that asks for the key."""
    page.get_by_label("Key", exact=True).fill(key)
    page.get_by_role("button", name="Go on").click()
