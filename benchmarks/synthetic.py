"""A made-up catalog of any size, to measure cost against size: one file of JSON lines that navsearch reads like its own.

    python benchmarks/synthetic.py 10000 /tmp/cat10k

Equal size, seed and vocabulary give equal bytes. Written as a stream, so that a million records need no more memory than ten.
The records resemble real ones in length, in the terms they carry and in how rare these are; they state nothing true.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

import yaml

Share = tuple[int, int, float]
Terms = Sequence[tuple[str, Sequence[str]]]

VOCABULARY = Path(__file__).parent.parent / "catalog" / "vocabulary"
FILE = "records.jsonl"
# Facets of a record by kind: fewest and most terms, and how unevenly they are drawn (1: evenly; more: the first ones mostly).
FACETS: Mapping[str, Mapping[str, Share]] = {
    "dataset": {
        "dimension": (1, 1, 1.5),
        "modality": (1, 2, 1.6),
        "task": (1, 2, 2.5),
        "anatomy": (1, 2, 1.0),
        "condition": (0, 2, 1.0),
        "trait": (0, 3, 1.2),
    },
    "method": {"dimension": (1, 1, 1.5), "modality": (0, 2, 1.6), "task": (1, 2, 2.0), "trait": (0, 2, 1.0)},
    "loss": {"task": (1, 2, 2.0), "trait": (1, 2, 1.0)},
}
SHARES = {"dataset": 0.9, "method": 0.06, "loss": 0.04}
# Terms of these facets lie near one another in their vocabularies, head to foot: what a record names there belongs together.
REGIONAL = ("anatomy", "condition")
SPREAD = 0.06
UNKNOWN = {
    "modality": "images",
    "anatomy": "body",
    "condition": "varied findings",
    "task": "analysis",
    "trait": "mixed quality",
}
SYLLABLES = "ba cor dil fen gra hel ix jun kar lum mer nov oph pul quin ra sel tor ul vex wen xi yor zan".split()
PLACES = """Portugal Kenya Chile Japan Norway India Canada Egypt Vietnam Poland Mexico Ghana Spain Turkey Brazil Korea Austria
Nepal Finland Peru Italy Jordan Ireland Thailand Greece Morocco Hungary Iceland Senegal Estonia""".split()
GRADERS = (
    *("two radiologists", "one resident", "three pathologists", "a panel of five readers", "trained students", "volunteers"),
    *("a nurse and a surgeon", "board-certified specialists", "an algorithm that an expert corrected", "report mining"),
)
USES = (
    *("screening", "follow-up after surgery", "treatment planning", "teaching", "triage in the emergency room", "pretraining"),
    *("external validation", "studies of fairness", "dose reduction", "reader studies", "robustness tests", "rare findings"),
    *("a first baseline", "annotation tools"),
)
UNITS = ("scans", "images", "patients", "volumes", "videos", "slides")
FORMATS = (".nii.gz", ".dcm", ".png", ".jpg", ".mha", ".csv", ".tiff")
LICENCES = ("CC BY 4.0", "CC BY-NC 4.0", "CC0 1.0", "CC BY-SA 4.0")
ACCESS = ("open", "registration", "application")

# Sentences by kind: of each group one is drawn, of the last ones sometimes none.
SENTENCES: Mapping[str, Sequence[Sequence[str]]] = {
    "dataset": (
        (
            "{modality} of the {anatomy} from {count} {unit}, gathered at {centres} hospitals in {place} until {year}.",
            "{count} {unit} of {modality} that show {condition} in the {anatomy}.",
            "Here {modality} from {place} and {other} stand side by side; the {anatomy} is in view, {condition} in part.",
            "Who studies {condition} of the {anatomy} finds {count} {unit} here, all {modality}, recorded in {place}.",
            "A clinic in {place} releases {modality} of people with suspected {condition}, {count} {unit} in all.",
        ),
        (
            "It was made for {task}; {graders} gave the labels, of {classes} classes.",
            "Labels for {task} come from {graders} and cover {classes} classes.",
            "For {task} there are {classes} classes, drawn by {graders} and checked in {place}.",
            "{graders} marked each case for {task}, and one in {classes} twice.",
        ),
        (
            "Known for {trait}, it suits {use} more than {other_use}.",
            "Mind {trait}: what works on {other_use} may fail here, yet for {use} it is welcome.",
            "Cases without {condition} serve as controls, a help in {use}.",
            "A split by patient, {share} of a hundred held out, keeps {use} honest.",
        ),
        (
            "Devices of {classes} makers and a resolution of {share} per cent of the usual add variety from {year} on.",
            "Its authors recommend it for {use} and advise against {other_use}.",
            "Age, sex and the course of {condition} are listed in a table beside the {unit}.",
            "An earlier release of {year} held a third of it and no {anatomy}.",
        ),
        (
            "Of the {unit}, {share} per cent are for training, and the hidden rest is scored by a server in {other}.",
            "A baseline for {task} reaches {share} per cent on {modality}, so there is room above, most of all in {other_use}.",
            "The {anatomy} was recorded at rest and without sedation, with a protocol that {other} and {place} agreed on.",
            "Reports in the language of {place} come with it, cleared of names, dates and numbers by {graders}.",
            "{condition} is rare in it: a sample drawn by chance holds {classes} such cases in a thousand.",
        ),
    ),
    "method": (
        (
            "A network for {task} on {modality}, with {share} million weights, trained on {count} {unit}.",
            "It solves {task} in {classes} steps and was first shown on {modality} in {year}.",
            "One encoder, {classes} heads: {task} on {modality} with little tuning.",
        ),
        (
            "It copes with {trait} and runs on one card, which helps in {use}.",
            "Under {trait} it needs {share} epochs; for {use} a smaller form is enough.",
            "Code and weights came out in {year}; {use} was the aim, {other_use} a side effect.",
        ),
        (
            "Against {classes} rivals it came first on {modality} from {place} and fourth on {unit} from {other}.",
            "Pretraining on {count} {unit} without labels, then {task} on a hundred with them, is the recipe of its authors.",
            "Its decoder repeats {classes} blocks that look at the whole {anatomy} before they turn to its parts.",
        ),
    ),
    "loss": (
        (
            "An objective for {task} that weighs errors by the share of each of {classes} classes.",
            "It penalises what {task} gets wrong most, with an exponent near {classes}.",
            "A sum of two terms for {task}, balanced by a factor of {share} in a hundred.",
        ),
        (
            "It was meant for {trait}, as met in {use}.",
            "Where {trait} rules, it converges within {share} epochs; for {other_use} a plain form does.",
        ),
        (
            "Start with a rate of {classes} in ten thousand and let it fall; on {modality} from {place} little else matters.",
            "Gradients stay bounded even where a batch holds one case of {condition} among {count} {unit}.",
            "Tried on {modality} of the {anatomy}, it gained {classes} points over cross-entropy and lost none in {other_use}.",
        ),
    ),
}


def records(size: int, seed: int = 1, vocabulary: Path = VOCABULARY) -> Iterator[dict[str, Any]]:
    """`size` records in the form of catalog/schema.json, one after another."""
    random = Random(seed)  # noqa: S311 (repeatable, and no secret)
    facets = {facet: _terms(vocabulary / f"{facet}.yaml") for facet in FACETS["dataset"]}
    kinds, bounds = tuple(SHARES), tuple(accumulate(SHARES.values()))
    for number in range(size):
        yield _record(random, number, random.choices(kinds, cum_weights=bounds)[0], facets)


def write(size: int, folder: Path, seed: int = 1) -> Path:
    """The file in `folder`, made if need be, that holds `size` records."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / FILE
    with file.open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records(size, seed))
    return file


def _terms(file: Path) -> Terms:
    """Each term of a vocabulary with the words for it."""
    terms = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["terms"]
    return tuple((str(name), (str(name), *map(str, term.get("synonyms", ())))) for name, term in terms.items())


def _record(random: Random, number: int, kind: str, facets: Mapping[str, Terms]) -> dict[str, Any]:
    regions = dict.fromkeys(REGIONAL, random.random())
    drawn = {facet: _draw(random, facets[facet], share, regions.get(facet)) for facet, share in FACETS[kind].items()}
    words = {facet: random.choice((terms[0][0], random.choice(terms[0][1]))) for facet, terms in drawn.items() if terms}
    year, count = random.randint(2005, 2025), int(10 ** random.uniform(1.3, 5))
    slots = UNKNOWN | words | {"year": year, "count": count} | _details(random)
    record = {
        "id": f"made-{number:07d}",
        "kind": kind,
        "name": f"{_coined(random)} {number}",
        "description": " ".join(_sentences(random, SENTENCES[kind], slots)),
        **{facet: [name for name, _ in terms] for facet, terms in drawn.items() if terms},
        "released": str(year),
        "homepage": [f"https://example.org/made/{number}"],
    }
    return record | (_data(random, count, str(slots["unit"])) if kind == "dataset" else {})


def _draw(random: Random, terms: Terms, share: Share, region: float | None) -> Terms:
    """A few different terms: near `region` of the list if there is one, else the more from its beginning the more uneven."""
    least, most, uneven = share
    places = [
        random.random() ** uneven if region is None else min(max(random.gauss(region, SPREAD), 0), 0.999)
        for _ in range(random.randint(least, most))
    ]
    return [terms[i] for i in dict.fromkeys(int(place * len(terms)) for place in places)]


def _details(random: Random) -> dict[str, Any]:
    (place, other), (use, other_use) = random.sample(PLACES, 2), random.sample(USES, 2)
    return {
        "place": place,
        "other": other,
        "use": use,
        "other_use": other_use,
        "graders": random.choice(GRADERS),
        "unit": random.choice(UNITS),
        "classes": random.randint(2, 30),
        "centres": random.randint(2, 12),
        "share": random.randint(5, 95),
    }


def _sentences(random: Random, groups: Sequence[Sequence[str]], slots: Mapping[str, Any]) -> Iterator[str]:
    for place, group in enumerate(groups):
        if place < 2 or random.random() < 0.7:  # noqa: PLR2004 (the first two always stand)
            text = random.choice(group).format_map(slots)
            yield text[0].upper() + text[1:]


def _coined(random: Random) -> str:
    return "".join(random.choices(SYLLABLES, k=random.randint(2, 4))).capitalize()


def _data(random: Random, count: int, unit: str) -> dict[str, Any]:
    """What a data set states besides."""
    licence = {"licence": {"name": random.choice(LICENCES), "source": "made up"}}
    return {
        "cases": {"count": count, "unit": unit},
        "formats": [random.choice(FORMATS)],
        "access": random.choice(ACCESS),
        **(licence if random.random() < 0.6 else {}),  # noqa: PLR2004 (three in five state it)
    }


def main() -> None:
    """Write the catalog that the command line asks for."""
    parser = argparse.ArgumentParser(description="Write a made-up catalog.")
    parser.add_argument("size", type=int, help="how many records")
    parser.add_argument("folder", type=Path, help="where to write records.jsonl")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print(write(given.size, given.folder, given.seed))


if __name__ == "__main__":
    main()
