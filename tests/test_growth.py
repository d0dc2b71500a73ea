"""A new facet, synonym or kind of limit is data: a file or a line in the catalog, no code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from conftest import CATALOG, SMALL, WordHashEncoder
from navsearch import Navigator, building
from navsearch import catalog as catalogs
from navsearch.errors import NavsearchError

POPULATION = """\
facet: population
label: population
weight: 1.0
{limit}terms:
  adults: {{}}
  children: {{synonyms: [paediatric, kids], weak: [young], ambiguous: [PED]}}
"""
RECORD = """
- id: young-liver
  kind: dataset
  name: Young Liver
  description: Hepatic computed tomography with contours.
  task: [segmentation]
  modality: [CT]
  anatomy: [liver]
  population: [children]
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The small catalog with a schema of its own, to be grown."""
    folder = tmp_path / "catalog"
    shutil.copytree(SMALL, folder)
    schema = json.loads((CATALOG / "schema.json").read_text())
    schema["$defs"]["resource"]["properties"]["population"] = {"$ref": "#/$defs/texts"}
    (folder / "schema.json").write_text(json.dumps(schema))
    records = folder / "datasets" / "all.yaml"
    records.write_text(records.read_text() + RECORD)
    return folder


def grown(folder: Path, limit: str = "") -> Navigator:
    (folder / "vocabulary" / "population.yaml").write_text(POPULATION.format(limit=limit))
    catalog = catalogs.load(folder)
    return Navigator.of(building.build(catalog, WordHashEncoder(), folder.parent / "index"), WordHashEncoder())


def test_a_new_facet_is_understood_ranked_filtered_and_counted(copy: Path) -> None:
    """A file with its terms, and a line in the schema."""
    navigator = grown(copy)
    answer = navigator.ask("liver CT segmentation in kids")
    assert answer.query["population"] == ["children"]
    assert answer.hits[0].id == "young-liver"
    assert "population: children" in answer.hits[0].reasons
    assert [h.id for h in navigator.ask("liver CT", only="population:children").hits] == ["young-liver"]
    assert navigator.facets("population") == {"population": {"children": 1}}


def test_a_new_kind_of_limit_is_a_word_in_its_facet(copy: Path) -> None:
    """`limit` names the kinds of which the facet's terms are conditions."""
    answer = grown(copy, "limit: [dataset]\n").ask("liver CT, paediatric")
    assert answer.query["limits"] == ["population = children"]
    assert [h.id for h in answer.hits] == ["young-liver"]


def test_a_limit_is_only_of_kinds_that_state_it_and_one_of_several_terms_will_do(copy: Path) -> None:
    """Losses say nothing of a population: it stays a wish, and its lack is marked unknown."""
    navigator = grown(copy, "limit: [dataset]\n")
    assert navigator.ask("liver CT of adults or kids").query["limits"] == ["population = adults or children"]
    answer = navigator.ask("which loss for paediatric segmentation")
    assert answer.query["kind"] == ["loss"]
    assert answer.query["limits"] == []
    assert "population: children (unknown)" in answer.hits[0].misses


def test_a_limit_on_an_unknown_kind_is_found_by_the_check(copy: Path) -> None:
    """A slip there would silently switch the condition off."""
    with pytest.raises(NavsearchError, match=r"population.yaml:4: found kind 'datset'.*did you mean 'dataset'"):
        grown(copy, "limit: [datset]\n")


def test_a_new_synonym_is_a_word_in_a_list(copy: Path) -> None:
    """A word that meant nothing means its term once it is listed."""
    assert "anatomy" not in grown(copy).ask("jecoral CT").query
    file = copy / "vocabulary" / "all.yaml"
    file.write_text(file.read_text().replace("synonyms: [hepatic]", "synonyms: [hepatic, jecoral]"))
    assert grown(copy).ask("jecoral CT").query["anatomy"] == ["liver"]
