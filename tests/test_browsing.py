"""Whole rankings by the page, what a question should not be taken to say, the catalog by the page, files to take along."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import navsearch
from navsearch import Navigator, UsageError
from navsearch.bibliography import as_bibtex
from navsearch.exporting import FORMS, form_of
from navsearch.resource import Resource


class TestIgnore:
    """A question is read as if it did not say what is to be ignored."""

    @pytest.mark.parametrize(
        ("text", "ignore", "same_as"),
        [
            ("small liver lesion segmentation in CT", ["modality:CT"], "small liver lesion segmentation in"),
            ("liver lesion without MRI", ["modality:MRI"], "liver lesion without"),
            ("liver lesion without MRI", ["modality != MRI"], "liver lesion without"),
            ("liver CT since 2018", ["year >= 2018"], "liver CT"),
            ("which loss for liver lesions", ["kind:loss"], "which for liver lesions"),
            ("CT of the liver, CT", ["modality:CT", "anatomy:liver"], "of the,"),
        ],
    )
    def test_as_if_unsaid(self, small: Navigator, text: str, ignore: list[str], same_as: str) -> None:
        """Terms, exclusions, limits and kinds."""
        read, plain = small.understand(text, ignore=ignore), small.understand(same_as)
        assert (read.tags, read.limits, read.kinds, read.excluded) == (plain.tags, plain.limits, plain.kinds, plain.excluded)
        assert read.ignored == tuple(ignore)

    def test_words_that_say_more_stay(self, real: Navigator) -> None:
        """ "lung cancer" is still a condition if its organ is ignored."""
        read = real.understand("lung cancer", ignore=["anatomy:lung"])
        assert [(t.facet, t.term) for t in read.tags] == [("condition", "lung cancer")]
        assert "lung" in read.search_text

    def test_a_term_in_chinese(self, real: Navigator) -> None:
        """Where words are not told apart."""
        read = real.understand("肝脏CT分割", ignore=["anatomy:liver"])
        assert "anatomy" not in {t.facet for t in read.tags}
        assert "liver" not in read.search_text

    def test_what_was_not_said_is_told(self, small: Navigator) -> None:
        """An answer notes it."""
        notes = small.ask("liver CT", ignore=["modality:CT", "modality:MRI"]).notes
        assert "the question does not say 'modality:MRI', which was to be ignored" in notes
        assert not any("modality:CT" in note for note in notes)


class TestSearch:
    """The ranking behind the hits of ask."""

    def test_the_first_page_is_the_hits(self, real: Navigator) -> None:
        """In the same order, losses too."""
        for text in ("small lesion segmentation in liver CT", "loss for class imbalance in segmentation"):
            found, answer = real.search(text, top_k=10), real.ask(text, top_k=10)
            assert found.hits == answer.hits
            assert (found.match, found.confidence, found.query) == (answer.match, answer.confidence, answer.query)

    def test_counts_are_those_that_a_filter_leaves(self, real: Navigator) -> None:
        """What a count promises, the filter keeps."""
        found = real.search("liver segmentation in CT")
        for facet, terms in found.facets.items():
            for term, count in list(terms.items())[:3]:
                assert real.search("liver segmentation in CT", **{facet: term}).matching == count
        assert all(count <= found.matching for terms in found.facets.values() for count in terms.values())

    def test_where_no_term_is_named_all_is_counted(self, small: Navigator) -> None:
        """Of the kinds looked for."""
        assert small.search("something else", kinds=["dataset"]).matching == small.counts["dataset"]

    def test_what_nothing_meets_is_said(self, real: Navigator) -> None:
        """No resource has it all; the counts are of those that could be had."""
        found = real.search("ECG of the retina with polyps")
        assert found.matching == 0
        assert max(found.facets["task"].values()) > 0

    @pytest.mark.parametrize("wrong", [{"top_k": 0}, {"offset": -1}])
    def test_pages_that_cannot_be(self, small: Navigator, wrong: dict[str, int]) -> None:
        """Are refused."""
        with pytest.raises(UsageError, match="expected"):
            small.search("liver", **wrong)
        with pytest.raises(UsageError, match="expected"):
            small.resources(**wrong)

    def test_the_catalog_by_the_page(self, small: Navigator) -> None:
        """Every resource once, counted as facets counts them."""
        pages = [small.resources(top_k=4, offset=place) for place in range(0, 15, 4)]
        assert [r.id for page in pages for r in page.resources] == [r.id for r in small.resources(top_k=100).resources]
        assert {f: dict(terms) for f, terms in pages[0].facets.items()} == small.facets()
        listed = small.resources(kinds=["loss"], modality="CT")
        assert listed.total == len(listed.resources)


class TestFiles:
    """Records to take along."""

    def test_bibtex_tells_papers_once(self, real: Navigator) -> None:
        """Two resources of one paper share its entry; one without a paper gets its page."""
        text = as_bibtex([real.resource("lits"), real.resource("lits"), real.resource("kits19")])
        assert text.count("@misc{lits,") == 1
        assert "eprint = {1901.04056}" in text
        assert "author" not in text

    def test_bibtex_keeps_its_braces(self) -> None:
        """Whatever a name holds."""
        text = as_bibtex([Resource("a b}", "dataset", "50% {odd} & co\\_", "", fields={"homepage": "https://x.example/{a}"})])
        assert text == (
            "@misc{a-b-,\n  title = {50\\% \\{odd\\} \\& co\\textbackslash{}\\_},\n  url = {https://x.example/%7Ba%7D},\n}\n"
        )

    @pytest.mark.parametrize("name", FORMS)
    def test_every_form_takes_every_record(self, name: str, real: Navigator) -> None:
        """The whole catalog."""
        records = list(real.resources(top_k=1000).resources)
        assert len(form_of(name).of_records(records)) > 1000


class TestCommands:
    """The same from the command line."""

    def test_search(self, real_folder: Path, real: Navigator) -> None:
        """JSON as Python has it; text with places and counts."""
        at = ("--index", real_folder, "search", "liver lesion CT", "-k", 2, "--offset", 3, "--ignore", "modality:CT")
        found = real.search("liver lesion CT", top_k=2, offset=3, ignore=["modality:CT"])
        assert json.loads(navsearch(*at, "--format", "json").stdout) == json.loads(json.dumps(found.as_dict()))
        lines = navsearch(*at).stdout.splitlines()
        assert lines[2].startswith(f" 4. {found.hits[0].score:.2f}  {found.hits[0].name}")
        assert any(line.startswith("task: segmentation ") for line in lines)

    def test_export(self, real_folder: Path) -> None:
        """Those named, or those that filters leave."""
        assert navsearch("--index", real_folder, "export", "lits").stdout.startswith("@misc{lits,")
        left = json.loads(navsearch("--index", real_folder, "export", "--modality", "PET", "-f", "json").stdout)
        assert left
        assert all("PET" in str(record["modality"]) for record in left)
        assert navsearch("--index", real_folder, "export", "-f", "pdf").returncode == 2

    def test_ask_ignores(self, real_folder: Path) -> None:
        """What it is told to."""
        said = navsearch("--index", real_folder, "ask", "liver lesion CT", "--ignore", "modality:CT", "-f", "json").stdout
        assert "modality" not in json.loads(said)["query"]
