"""The catalog: complete, valid, and every fault of a broken copy named with its line."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import CATALOG, ROOT, SMALL, WordHashEncoder
from navsearch import building
from navsearch import catalog as catalogs
from navsearch import fingerprint as fingerprints
from navsearch import index as indexes
from navsearch.errors import CatalogError, UsageError
from navsearch.fingerprint import fingerprint


def test_the_catalog_has_no_problem() -> None:
    """What ships is valid."""
    assert catalogs.check(CATALOG)[1] == ()


def test_every_name_of_the_seed_is_a_record(real_catalog: catalogs.Catalog) -> None:
    """All 447 rows of the seed list are there, by kind and name, character for character."""
    wanted = Counter(tuple(line.split("\t")) for line in (ROOT / "tests/data/seed_names.tsv").read_text().splitlines())
    assert sum(wanted.values()) == 447
    assert wanted == Counter((r.kind, r.name) for r in real_catalog.resources if r.fields.get("seed"))


def test_descriptions_are_sentences_of_their_own(real_catalog: catalogs.Catalog) -> None:
    """Every record has a description of some length, and no two share it."""
    descriptions = [r.description for r in real_catalog.resources]
    assert min(len(d.split()) for d in descriptions) >= 30
    assert len(set(descriptions)) == len(descriptions)


def test_licences_state_their_source(real_catalog: catalogs.Catalog) -> None:
    """No licence without a place where it is stated."""
    stated = [r.fields["licence"] for r in real_catalog.resources if r.fields.get("licence")]
    assert stated
    assert all(len(licence["source"]) > 5 for licence in stated)


def test_results_name_their_source_and_grade(real_catalog: catalogs.Catalog) -> None:
    """Every published figure has a source and a grade of evidence."""
    for table in real_catalog.tables.results:
        assert table["source"]
        assert all(row.get("evidence") or table.get("evidence") for row in table["rows"])


def test_no_seed_placeholder_is_left(real_catalog: catalogs.Catalog) -> None:
    """The seed's "<Link to ...>" placeholders are replaced."""
    assert not [r.id for r in real_catalog.resources if "<Link" in json.dumps(r.as_dict())]


def test_fingerprint_follows_the_bytes(broken: Callable[..., Path]) -> None:
    """One changed word changes the fingerprint; an equal copy has the same."""
    assert fingerprint(broken()) == fingerprint(SMALL)
    assert fingerprint(broken("datasets/all.yaml", "masks", "outlines")) != fingerprint(SMALL)


@pytest.fixture
def broken(tmp_path: Path) -> Callable[..., Path]:
    """Make a copy of the small catalog with one text replaced once."""

    def make(file: str = "", old: str = "", new: str = "") -> Path:
        copy = tmp_path / "catalog"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(SMALL, copy)
        if file:
            text = (copy / file).read_text()
            assert old in text
            (copy / file).write_text(text.replace(old, new, 1))
        return copy

    return make


DATA = "datasets/all.yaml"
FAULTS = [
    ("unknown field", DATA, "  cases: {count: 40", "  cases_: {count: 40", "catalog/datasets/all.yaml:42: found unknown field 'cases_', expected a field of the schema (did you mean 'cases'?)"),
    ("unknown term", DATA, "modality: [MRI]", "modality: [MIR]", "catalog/datasets/all.yaml:38: found unknown modality 'MIR', expected a modality of the vocabulary (did you mean 'MRI'?)"),
    ("unknown kind", DATA, "  kind: loss", "  kind: los", "catalog/datasets/all.yaml:69: found unknown kind 'los', expected a kind of the vocabulary (did you mean 'loss'?)"),
    ("wrong type", DATA, "classes: 2", "classes: two", "catalog/datasets/all.yaml:15: classes: found 'two', expected a whole number, 0 or more"),
    ("duplicate id", DATA, "- id: beta", "- id: delta", "catalog/datasets/all.yaml:53: found id 'delta' again, expected it only at catalog/datasets/all.yaml:34"),
    ("duplicate alias", DATA, "aliases: [ALV-17]", "aliases: [Beta Brain]", "catalog/datasets/all.yaml:4: found alias 'Beta Brain', expected one that 'beta' does not have"),
    ("dangling relation", DATA, "type: version_of, id: alpha", "type: version_of, id: alfa", "catalog/datasets/all.yaml:33: found a reference to 'alfa', expected the id of a record (did you mean 'alpha'?)"),
    ("bad URL", DATA, "homepage: [https://example.org/alpha]", "homepage: [example]", "catalog/datasets/all.yaml:18: homepage[0]: found 'example', expected an http(s) link"),
    ("link that is not http(s)", DATA, "homepage: [https://example.org/alpha]", "homepage: ['ftp://example.org/a']", "catalog/datasets/all.yaml:18: homepage[0]: found 'ftp://example.org/a', expected an http(s) link"),
    ("bad date", DATA, "'2021-05'", "'2021-13'", "catalog/datasets/all.yaml:31: released: found '2021-13', expected a date such as '2022' or '2022-04', in quotes"),
    ("unquoted date", DATA, "'2020'", "2020", "catalog/datasets/all.yaml:43: released: found 2020, expected a date such as '2022' or '2022-04', in quotes"),
    ("missing field", DATA, "  name: Beta Brain\n", "", "catalog/datasets/all.yaml:34: found no field 'name', expected one"),
    ("field twice", DATA, "  name: Beta Brain\n", "  name: Beta Brain\n  name: Beta\n", "catalog/datasets/all.yaml:37: found field 'name' twice, expected it once"),
    ("no YAML", DATA, "- id: beta", "- id: [beta", "catalog/datasets/all.yaml:35: found no valid YAML (did not find expected ',' or ']'), expected a list of records"),
    ("result of nobody", "results/all.yaml", "resource: nettwo, value: 76.0", "resource: nettoo, value: 76.0", "catalog/results/all.yaml:9: found a reference to 'nettoo', expected the id of a record (did you mean 'nettwo'?)"),
    ("unknown metric", "results/all.yaml", "metric: AP", "metric: APP", "catalog/results/all.yaml:14: found a reference to 'APP', expected one that a record says it is written_as (did you mean 'AP'?)"),
    ("unknown inputs", DATA, "inputs: masks", "inputs: mask", "catalog/datasets/all.yaml:76: found a reference to 'mask', expected a table of inputs/ (did you mean 'masks'?)"),
    ("unknown role", "relations/all.yaml", "role: boundary", "role: border", "catalog/relations/all.yaml:6: found unknown role 'border', expected a role of the vocabulary"),
    ("advice for no task", "advice/all.yaml", "task: [classification]", "task: [classifying]", "catalog/advice/all.yaml:3: found unknown task 'classifying', expected a task of the vocabulary (did you mean 'classification'?)"),
    ("advice on no facet", "advice/all.yaml", "trait: [small", "traits: [small", "catalog/advice/all.yaml:2: found unknown facet 'traits', expected a facet (did you mean 'trait'?)"),
    ("fact of no trait", DATA, "trait_facts: [{trait: class imbalance", "trait_facts: [{trait: class balance", "catalog/datasets/all.yaml:11: found unknown trait 'class balance', expected a trait of the vocabulary (did you mean 'class imbalance'?)"),
    ("number too large", DATA, "count: 40", f"count: 1{'0' * 400}", "catalog/datasets/all.yaml:34: found a number of 401 digits, expected a smaller one"),
    ("fit out of range", "relations/all.yaml", "fit: 0.8", "fit: 8", "catalog/relations/all.yaml:1: fit: found 8, expected a fit between 0 and 1"),
    ("dangling broader term", "vocabulary/all.yaml", "broader: tumor,", "broader: tumour,", "catalog/vocabulary/all.yaml:38: found broader term 'tumour', expected a term of this facet (did you mean 'tumor'?)"),
    ("synonym of two terms", "vocabulary/all.yaml", "synonyms: [cerebral]", "synonyms: [hepatic]", "catalog/vocabulary/all.yaml:30: found 'hepatic' under 'brain', expected a word that 'liver' does not have"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "line"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_each_fault_is_named_with_its_line(broken: Callable[..., Path], file: str, old: str, new: str, line: str) -> None:
    """A broken catalog says where, what was found and what was expected."""
    assert line in catalogs.check(broken(file, old, new))[1]


def test_an_import_path_must_be_listed(broken: Callable[..., Path]) -> None:
    """Where a catalog lists the public names of packages, an implementation is one of them; where it lists none, any will do."""
    copy = broken()
    (copy / "packages").mkdir()
    (copy / "packages/torch.yaml").write_text("{package: torch, version: '2', modules: {torch.nn: [BCELoss, MSELoss]}}")
    assert catalogs.check(copy)[1] == ()
    (copy / "packages/torch.yaml").write_text("{package: torch, version: '2', modules: {torch.nn: [BCELogitsLoss]}}")
    (complaint,) = catalogs.check(copy)[1]
    assert re.fullmatch(
        r"catalog/datasets/all.yaml:\d+: found a reference to 'torch.nn.BCELoss', expected a public name listed in packages/ "
        r".*did you mean 'torch.nn.BCELogitsLoss'.*",
        complaint,
    )


def test_all_faults_come_in_one_run(broken: Callable[..., Path]) -> None:
    """Nobody mends one fault to be shown the next."""
    copy = broken(DATA, "classes: 2", "classes: two")
    (copy / "datasets/more.yaml").write_text("- {id: new, kind: datset, name: New}\n")
    problems = catalogs.check(copy)[1]
    assert len(problems) == 3
    with pytest.raises(CatalogError, match="and 2 more: run navsearch check"):
        catalogs.load(copy)


def test_plain_jsonl_records_are_a_catalog(tmp_path: Path) -> None:
    """Records of id, kind, name and description are enough; the shipped vocabulary serves them."""
    records = [{"id": f"r{i}", "kind": "dataset", "name": f"Set {i}", "description": f"Liver CT number {i}."} for i in range(3)]
    (tmp_path / "records.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))
    assert [r.id for r in catalogs.load(tmp_path).resources] == ["r0", "r1", "r2"]


def test_broken_jsonl_names_its_line(tmp_path: Path) -> None:
    """A line that is no JSON is a problem of that line."""
    (tmp_path / "records.jsonl").write_text(
        '{"id": "a", "kind": "dataset", "name": "A", "description": "Long enough."}\n{oops\n'
    )
    assert catalogs.check(tmp_path)[1][0].startswith(f"{tmp_path.name}/records.jsonl:2: found no JSON")


def test_a_folder_without_records_is_refused(tmp_path: Path) -> None:
    """An empty folder is no catalog."""
    with pytest.raises(UsageError, match="holds no records"):
        catalogs.load(tmp_path)
    with pytest.raises(UsageError, match="is no folder"):
        catalogs.load(tmp_path / "nowhere")


ODD = [
    (DATA, "modality: [MRI]", "modality: 5"), (DATA, "modality: [MRI]", "modality: null"), (DATA, "modality: [MRI]", "modality: [[MRI]]"),
    (DATA, "aliases: [ALV-17]", "aliases: 5"), (DATA, "aliases: [ALV-17]", "aliases: true"), (DATA, "relations: [{", "relations: 5 #"),
    (DATA, "classes: 2", "classes: !foo x"), (DATA, "classes: 2", "classes: " + "9" * 5000), (DATA, "classes: 2", "classes: .nan"),
    (DATA, "'2017'", "2017-13-45"), (DATA, "id: beta", "id: 7"), (DATA, "- id: beta", "- [beta]\n- id: beta"), (DATA, "name: Beta Brain", "name: {a: b}"),
    (DATA, "name: Beta Brain", "name: " + "[" * 2000 + "]" * 2000), (DATA, "name: Beta Brain", "name: &a [*a]"),
    ("results/all.yaml", "rows:", "rows: 5 #"), ("results/all.yaml", "value: 80.0", "value: high"), ("relations/all.yaml", "fit: 0.8", "fit: [1]"),
    ("vocabulary/all.yaml", "terms:\n    dataset:", "terms: [a]\n  more:\n    dataset:"), ("vocabulary/all.yaml", "synonyms: [hepatic]", "synonyms: 5"),
    ("vocabulary/all.yaml", "{broader: lesion,", "{broader: [x],"), ("vocabulary/all.yaml", "trained_as: classification", "trained_as: [x]"),
    ("vocabulary/all.yaml", "facet: kind", "facet: sort"), ("vocabulary/all.yaml", "liver: {", "liver: null\n    spleen: {"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new"), ODD, ids=[f"{f.split('/')[0]}: {n[:30]}" for f, _, n in ODD])
def test_check_reports_whatever_it_meets(broken: Callable[..., Path], file: str, old: str, new: str) -> None:
    """However odd a value, check names the file and never breaks down."""
    problems = catalogs.check(broken(file, old, new))[1]
    assert any(p.startswith(f"catalog/{file}:") for p in problems)


@pytest.mark.parametrize("schema", ["", "[]", "{}", '{"$defs": {}}'])
def test_a_broken_schema_is_named(broken: Callable[..., Path], schema: str) -> None:
    """A catalog's own schema that is none is said to be."""
    copy = broken()
    (copy / "schema.json").write_text(schema)
    with pytest.raises(UsageError, match=r"schema\.json: found no"):
        catalogs.check(copy)


def test_line_separators_of_unicode_are_text(tmp_path: Path) -> None:
    """U+2028 and U+0085 part no lines, neither in a catalog nor in an index."""
    record = {"id": "a", "kind": "dataset", "name": "A", "description": "CT of the liver\u2028 with\u0085 masks."}
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog/records.jsonl").write_text("\ufeff" + json.dumps(record, ensure_ascii=False) + "\r\n")
    catalog = catalogs.load(tmp_path / "catalog")
    building.build(catalog, WordHashEncoder(), tmp_path / "index")
    assert tuple(indexes.load(tmp_path / "index").resources) == tuple(catalog.resources)


def test_a_shipped_vocabulary_is_part_of_the_fingerprint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalog that borrows the vocabulary goes stale with it."""
    (tmp_path / "records.jsonl").write_text('{"id": "a", "kind": "dataset", "name": "A", "description": "Long enough."}')
    before = fingerprint(tmp_path)
    monkeypatch.setattr(fingerprints, "default_catalog", lambda: SMALL)
    assert fingerprint(tmp_path) != before


def test_an_own_schema_that_is_none_is_refused(broken: Callable[..., Path]) -> None:
    """In one line, with what is wrong."""
    copy = broken()
    schema = json.loads((CATALOG / "schema.json").read_text())
    schema["$defs"]["resource"]["properties"]["name"] = {"type": 5}
    (copy / "schema.json").write_text(json.dumps(schema))
    with pytest.raises(UsageError, match=r"schema\.json: found no valid JSON Schema"):
        catalogs.check(copy)


def test_a_file_name_that_is_no_text_is_a_name(tmp_path: Path) -> None:
    """Names are bytes to the file system."""
    record = {"id": "a", "kind": "dataset", "name": "A", "description": "CT of the liver."}
    (tmp_path / os.fsdecode(b"\xff.jsonl")).write_text(json.dumps(record))
    assert len(catalogs.load(tmp_path).resources) == 1


def test_a_vocabulary_without_kinds_is_a_problem(broken: Callable[..., Path]) -> None:
    """It is named, and what can be counted is."""
    catalog, problems = catalogs.check(broken("vocabulary/all.yaml", "facet: kind", "facet: sort"))
    assert any("found no facet 'kind' with a default term" in problem for problem in problems)
    assert catalog.counts == {}
