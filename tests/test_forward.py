"""The encoder in numpy says what sentence-transformers says, its tokenizer what `tokenizers` says, and else it refuses."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import LIVER, ROOT
from navsearch.catalog import Catalog
from navsearch.encoder import SentenceTransformerEncoder, folder_of
from navsearch.evaluate import read_judged
from navsearch.forward import Forward
from navsearch.locations import DEFAULT_MODEL
from navsearch.model_files import Unsupported
from navsearch.one_thread import ONE_THREAD
from navsearch.transformer import gelu
from navsearch.wordpiece import Specials, WordPiece

MOST = 256  # tokens that the packaged model reads
ALL = 1 << 20  # more than any text here has
HOSTILE = {
    "nothing": "",
    "spaces": " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2003\u2028\u2029\u202f\u205f\u3000a",
    "joined by what is no space": "a\x0bb a\x0cb a\x1cb a\x85b a\u200bb a\u180eb a\ufeffb",
    "controls": "a\x00b\x01c\x7fd\x9fe\ufffdf\ue000g\U000f0000h\u00adi\u061cj\u0600k",
    "unassigned": "a\u0378b \U0003fffe \uffff\ufdd0x",
    "accents": "Ångström naïve Çédille Việt Nam ŁÓDŹ Øre",
    "decomposed": unicodedata.normalize("NFD", "Ångström naïve Çédille Việt Nam ŁÓDŹ"),
    "marks without a base": "\u0301\u0300 \u0301a \u20dd \u0e33 \u302e\u302f \U0001d165\U0001d16d",
    "marks in any order": "q\u0307\u0323 q\u0323\u0307 \u1b44\u302e\u1b44",
    "Chinese": "肝脏CT分割,病灶很小 \uf900\u4e0d\U0002f800\U00020000 \u3400",
    "Japanese": "肝臓のセグメンテーション ｶﾞ が か\u3099",
    "Korean": "간 종양 분할 \u1112\u1161\u11ab 한글",
    "emoji": "🫁 scan 👩‍⚕️👨🏽‍🔬 ❤️ 🇫🇷 1️⃣",
    "right to left": "\u200fقِسْم الأشعة\u200e תְּמוּנָה \u202eabc\u202c",
    "Indic and Thai": "हिन्दी की தமிழ் ไทยน้ำ ಕನ್ನಡ සිංහල",
    "Turkish": "İstanbul ISPARTA ıI iİ",
    "Greek": "ΟΔΟΣ ΣΑΣ Σ ΑΣ. ς ῼ ᾳ ΐ",
    "German": "STRAẞE Straße GROẞ",
    "ligatures": "ﬁbrosis eﬃcient ĳ ǅ Ⅷ ① ﷺ",
    "letters with moved case": "Ა ა Ꭰ ꭰ K Å Ω ſ \ua7cb \u1c89 \u1e9e",
    "punctuation": "a,b.c!d?e(f)g[h]i{j}k-l_m~n`o^p|q$r+s<t=u>v «w» “x” ‘y’ …z – — ・ ⁂ ‽ § ¶ € × ° µ ²",
    "punctuation of other times": "\u166d \u1734a a\u1734 a\U000111c9b a\U0001171eb a\u2e43b a\u2e5db",
    "special tokens": "[SEP]a[MASK] [CLS][PAD]x[UNK] a[SEP]b [sep] [ SEP ] [[SEP]] [SEP [MA[MASK]SK] ##a",
    "long words": " ".join(letter * count for letter in "aé中" for count in (99, 100, 101, 1000)),
    "a long word that shrinks": "a" + "\u0301" * 150 + "b" * 98 + " " + "\u00e9" * 100,
    "a word known but for its end": "segmentation\u0378 " + "abcdefghij" * 9 + "\u0378",
}
FRAGMENTS = [
    *(piece for text in HOSTILE.values() for piece in text.split(" ") if len(piece) <= 20),
    *(" ", "\u0301", "\u0323", "\u200d", "[", "]", "SEP", "##", "ing"),
]


@pytest.fixture(scope="session")
def folder() -> Path:
    return folder_of(DEFAULT_MODEL)


@pytest.fixture(scope="session")
def forward(folder: Path) -> Forward:
    return Forward.open(folder)


@pytest.fixture(scope="session")
def light(folder: Path) -> WordPiece:
    return WordPiece.open(folder / "vocab.txt")


@pytest.fixture(scope="session")
def reference(folder: Path) -> Callable[..., list[int]]:
    """The `tokenizers` library with the model's own file."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()

    def ids(text: str, most: int = ALL) -> list[int]:
        tokenizer.enable_truncation(most)
        return tokenizer.encode(text).ids

    return ids


@pytest.fixture(scope="session")
def queries() -> list[str]:
    return [q.query for name in ("dev", "second", "verdicts") for q in read_judged(ROOT / f"evaluation/{name}.jsonl")]


def test_tokens_of_the_catalog_and_of_all_judged_queries(
    light: WordPiece, reference: Any, real_catalog: Catalog, queries: list[str]
) -> None:
    """What is really encoded gives the very ids of `tokenizers`, cut off where it cuts off."""
    texts = [resource.text() for resource in real_catalog.resources] + queries
    assert [t for t in texts if light.ids(t, MOST) != reference(t, MOST)] == []


@pytest.mark.parametrize("name", HOSTILE)
def test_tokens_of_hostile_texts(light: WordPiece, reference: Any, name: str) -> None:
    """No script, control or special token is read otherwise."""
    assert light.ids(HOSTILE[name], ALL) == reference(HOSTILE[name])


def test_tokens_of_every_character(light: WordPiece, reference: Any) -> None:
    """Each assigned character, and a sample of the others, alone, inside a word and before an accent."""
    codes = [c for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c)) not in {"Cn", "Co", "Cs"} or c % 101 == 0]
    texts = [f"a{chr(c)}b {chr(c)} {chr(c)}\u0301x" for c in codes if unicodedata.category(chr(c)) != "Cs"]
    blocks = [texts[i : i + 500] for i in range(0, len(texts), 500)]
    differ = [block for block in blocks if light.ids(" ".join(block), ALL) != reference(" ".join(block))]
    assert [ascii(t) for block in differ for t in block if light.ids(t, ALL) != reference(t)] == []
    assert differ == []


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(st.characters(exclude_categories=["Cs"])), st.lists(st.sampled_from(FRAGMENTS)).map("".join)))
def test_tokens_of_any_text(light: WordPiece, reference: Any, text: str) -> None:
    """Whatever is put together, the ids are those of `tokenizers`."""
    assert light.ids(text, ALL) == reference(text)
    assert light.ids(text, 9) == reference(text, 9)


@pytest.mark.parametrize("most", [2, 3, 4, 9, 255, 256, 257])
def test_what_is_cut_off(light: WordPiece, reference: Any, most: int) -> None:
    """A text is cut at the same token, inside a word too."""
    text = "hyperparathyroidism, [SEP] 中 " * 40
    assert light.ids(text, most) == reference(text, most)
    assert len(light.ids(text, most)) == most


@pytest.mark.parametrize("lowercase", [True, False])
@pytest.mark.parametrize("strip_accents", [True, False, None])
@pytest.mark.parametrize("handle_chinese", [True, False])
def test_tokens_under_other_settings(
    light: WordPiece, *, lowercase: bool, strip_accents: bool | None, handle_chinese: bool
) -> None:
    """Cased models and those that keep accents are read as transformers reads them."""
    from transformers import BertTokenizer

    settings = {"strip_accents": strip_accents, "do_lower_case": lowercase, "tokenize_chinese_chars": handle_chinese}
    theirs = BertTokenizer(vocab=dict(light.vocabulary), **settings)
    ours = WordPiece(light.vocabulary, lowercase=lowercase, strip_accents=strip_accents, handle_chinese=handle_chinese)
    for text in HOSTILE.values():
        assert ours.ids(text, ALL) == theirs.encode(text)


def test_lone_surrogates_are_no_text(light: WordPiece) -> None:
    """`tokenizers` refuses them; here they are dropped, as what is no text is."""
    assert light.ids("li\ud800ver \udfff", MOST) == light.ids("liver", MOST)


@pytest.mark.parametrize(
    "text",
    [
        "a",
        ".",
        "中",
        "한",
        "word ",
        "\x00",
        "[SEP]",
        "[",
        "\u0316\u0301",
        "🫁",
        "a" * 99 + "\u0378 ",
        "".join(map(chr, range(0x3000, 0xA000))),
    ],
)
def test_long_texts_are_read_in_linear_time(light: WordPiece, text: str) -> None:
    """A text of a million characters takes a moment (a tenth of a second on an idle machine), whatever it is made of."""
    started = time.process_time()
    assert len(light.ids(text * (1_000_000 // len(text)), MOST)) <= MOST
    assert time.process_time() - started < 5


def test_a_vocabulary_without_special_tokens_is_refused() -> None:
    """The missing token is named."""
    with pytest.raises(KeyError, match="MASK"):
        WordPiece({"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "[PAD]": 3})
    assert WordPiece({t: i for i, t in enumerate("<u> <c> <s> <p> <m>".split())}, Specials(*"<u> <c> <s> <p> <m>".split())).ids(
        "a<m>b", 9
    ) == [1, 0, 4, 0, 2]


def cosines(forward: Forward, encoder: SentenceTransformerEncoder, texts: list[str]) -> Any:
    ours, theirs = forward.encode(texts), encoder.encode(texts)
    assert ours.dtype == theirs.dtype == np.float32
    assert ours.shape == theirs.shape
    assert np.abs(np.linalg.norm(ours, axis=1) - 1).max() < 1e-6
    return (ours.astype(float) * theirs.astype(float)).sum(axis=1)


def test_vectors_of_queries(forward: Forward, torch_encoder: SentenceTransformerEncoder) -> None:
    """A judged query has the vector that sentence-transformers gives."""
    judged = read_judged(ROOT / "evaluation/dev.jsonl")
    assert cosines(forward, torch_encoder, [q.query for q in judged]).min() > 0.999999


def test_vectors_of_records(forward: Forward, torch_encoder: SentenceTransformerEncoder, real_catalog: Catalog) -> None:
    """So has a record, and a text longer than the model reads."""
    texts = [resource.text() for resource in real_catalog.resources]
    assert cosines(forward, torch_encoder, [*texts[::40], max(texts, key=len) * 9]).min() > 0.999999


def test_vectors_of_hostile_texts(forward: Forward, torch_encoder: SentenceTransformerEncoder) -> None:
    """So has a text that is hardly one."""
    assert cosines(forward, torch_encoder, list(HOSTILE.values())).min() > 0.999999


def test_a_vector_does_not_depend_on_its_company(forward: Forward, real_catalog: Catalog) -> None:
    """Alone, among others, in another order, by one thread or many: the same bits."""
    texts = [resource.text() for resource in islice(real_catalog.resources, 6)] + list(HOSTILE.values())[::3]
    alone = np.concatenate([forward.encode([text]) for text in texts])
    assert alone.tobytes() == forward.encode(texts).tobytes()
    assert alone[::-1].tobytes() == forward.encode(texts[::-1]).tobytes()
    assert alone[:3].tobytes() == forward.encode(texts[:3]).tobytes()


def test_texts_pass_together_only_where_that_changes_no_bit(forward: Forward, queries: list[str], monkeypatch: Any) -> None:
    """On this machine or one that computes otherwise: the judged queries in any order, alone or not, have the same bits."""
    texts = queries[:150]
    together = forward.encode(texts)
    assert together[::-1].tobytes() == forward.encode(texts[::-1]).tobytes()
    monkeypatch.setitem(vars(forward), "_together", False)
    assert together.tobytes() == forward.encode(texts).tobytes()


def test_several_threads_may_encode_at_once(forward: Forward) -> None:
    """Questions asked at the same time get the vectors that they get alone, and numpy its threads back."""
    texts, before = list(HOSTILE.values())[::4] * 3, ONE_THREAD._get()
    with ThreadPoolExecutor(4) as pool:
        at_once = [vector.tobytes() for vector in pool.map(lambda text: forward.encode([text]), texts)]
    assert at_once == [forward.encode([text]).tobytes() for text in texts]
    assert ONE_THREAD._get() == before


def test_what_is_broken_off_stops(forward: Forward) -> None:
    """An error in `progress` (or a key pressed) ends the call at once, and gives numpy its threads back."""
    before = ONE_THREAD._get()
    started = time.process_time()
    with pytest.raises(ZeroDivisionError):
        forward.encode([LIVER] * 10_000, lambda done: 1 // (done - done))
    assert time.process_time() - started < 10  # all of them would take minutes
    assert ONE_THREAD._get() == before


def test_progress_and_no_texts(forward: Forward) -> None:
    """`progress` hears of every text; no texts give no rows."""
    told: list[int] = []
    forward.encode([LIVER] * 6, told.append)
    assert sum(told) == 6
    assert forward.encode([], told.append).shape == (0, forward.dimension) == (0, 384)


def test_words_are_those_of_the_model(forward: Forward, torch_encoder: SentenceTransformerEncoder) -> None:
    """The word list is that of the encoder it stands in for."""
    assert forward.words() == torch_encoder.lexicon()


def test_gelu_is_exact_to_float32() -> None:
    """It errs by less than a millionth, and neither warns nor fails far out."""
    x = np.linspace(-12, 12, 100_001, dtype=np.float32)
    exact = np.array([v * math.erfc(-v / math.sqrt(2)) / 2 for v in x.tolist()])
    assert np.abs(gelu(x.copy()) - exact).max() < 1e-6
    assert gelu(np.array([-1e30, -100, 0, 100, 1e30], dtype=np.float32)).tolist() == [0, 0, 0, 100, np.float32(1e30)]


def test_nothing_heavy_is_imported(folder: Path) -> None:
    """A question is encoded without torch, transformers or tokenizers, in a process of its own."""
    code = (
        "import sys, pathlib, navsearch.forward as f; print(f.Forward.open(pathlib.Path(sys.argv[1])).encode(['liver']).shape);"
        "print([m for m in ('torch', 'transformers', 'tokenizers', 'sentence_transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["(1, 384)", "[]"]


Edit = Callable[[Path], None]


def says(file: str, **entries: Any) -> Edit:
    """The edit that lets `file` say `entries`."""

    def edit(folder: Path) -> None:
        said = json.loads((folder / file).read_text())
        (folder / file).write_text(json.dumps(said | entries))

    return edit


def holds(file: str, content: bytes) -> Edit:
    """The edit that lets `file` hold `content`, in place of a link too."""

    def edit(folder: Path) -> None:
        (folder / file).unlink(missing_ok=True)
        (folder / file).write_bytes(content)

    return edit


def lacks(file: str) -> Edit:
    return lambda folder: (folder / file).unlink()


def cut(file: str, left: int) -> Edit:
    """The edit that leaves of `file` so many bytes."""
    return lambda folder: holds(file, (folder / file).read_bytes()[:left])(folder)


def weights(header: dict[str, Any], content: bytes = bytes(64)) -> Edit:
    head = json.dumps(header).encode()
    return holds("model.safetensors", len(head).to_bytes(8, "little") + head + content)


def f32(*shape: int, start: int = 0, end: int = 64, kind: str = "F32") -> dict[str, Any]:
    return {"embeddings.word_embeddings.weight": {"dtype": kind, "shape": list(shape), "data_offsets": [start, end]}}


REFUSED: dict[str, tuple[Edit, str]] = {
    "another type": (says("config.json", model_type="mpnet"), "its model type is mpnet, not bert"),
    "another activation": (says("config.json", hidden_act="relu"), "its activation is relu, not gelu"),
    "relative positions": (says("config.json", position_embedding_type="relative_key"), "its kind of positions is relative_key"),
    "a decoder": (says("config.json", is_decoder=True), "its decoder flag is True"),
    "an adapter": (holds("adapter_config.json", b"{}"), "its weights have an adapter"),
    "heads that do not part": (says("config.json", num_attention_heads=7), "its 384 features do not part into 7 heads"),
    "no heads": (says("config.json", num_attention_heads=0), "damaged"),
    "more layers than weights": (says("config.json", num_hidden_layers=7), "its weights lack encoder.layer.6"),
    "another size": (says("config.json", intermediate_size=768), r"has shape \[1536, 384\], not \[768, 384\]"),
    "a nonsensical size": (says("config.json", hidden_size="big"), "has shape"),
    "more tokens than positions": (says("sentence_bert_config.json", max_seq_length=600), "it reads 600 tokens and has 512 positions"),
    "no room for a token": (says("sentence_bert_config.json", max_seq_length=1), "it reads 1 tokens"),
    "lowered twice": (says("sentence_bert_config.json", do_lower_case=True), "its second lowering of case is True"),
    "a prompt": (says("config_sentence_transformers.json", default_prompt_name="query"), "its default prompt is query"),
    "another tokenizer": (says("tokenizer_config.json", tokenizer_class="T5Tokenizer"), "its tokenizer is T5Tokenizer, not BertTokenizer"),
    "another normaliser": (says("tokenizer.json", normalizer={"type": "NFC"}), "its tokenizer is no WordPiece"),
    "words parted otherwise": (says("tokenizer.json", pre_tokenizer={"type": "Whitespace"}), "its tokenizer is no WordPiece"),
    "two opinions on case": (says("tokenizer_config.json", do_lower_case=False), "its tokenizer is no WordPiece"),
    "added tokens": (says("tokenizer.json", added_tokens=[{"id": 9, "content": "[DOC]"}]), "its tokenizer has added tokens"),
    "greedy tokens": (says("tokenizer.json", added_tokens=[{"id": 9, "content": "[MASK]", "lstrip": True}]), "its tokenizer has added"),
    "a vocabulary too large": (says("config.json", vocab_size=30000), "its vocabulary is larger than its embeddings"),
    "a vocabulary without signs": (holds("vocab.txt", b"liver\nlesion\n"), "damaged"),
    "a vocabulary in Latin-1": (holds("vocab.txt", b"\xe9\n"), "damaged"),
    "no vocabulary at all": (lambda folder: [lacks("vocab.txt")(folder), says("tokenizer.json", model={})(folder)][0], "damaged"),
    "another pooling": (says("1_Pooling/config.json", pooling_mode="max"), "its pooling is max, not mean or cls"),
    "two poolings": (says("1_Pooling/config.json", pooling_mode_cls_token=True), "its pooling is cls and mean, not mean or cls"),
    "an old pooling": (says("1_Pooling/config.json", pooling_mode_mean_tokens=False, pooling_mode_lasttoken=True), "its pooling is lasttoken"),
    "another module": (holds("modules.json", b'[{"type": "a.Transformer"}, {"type": "a.Dense"}]'), "its modules are Transformer, Dense"),
    "no modules": (holds("modules.json", b"[]"), "its modules are"),
    "modules of no form": (holds("modules.json", b"7"), "damaged"),
    "JSON of no form": (holds("config.json", b"[]"), "damaged"),
    "JSON cut short": (cut("config.json", 100), "damaged"),
    "JSON without end": (holds("config.json", b"[" * 100_000), "damaged"),
    "a tokenizer cut short": (cut("tokenizer.json", 100), "damaged"),
    "an empty file": (holds("tokenizer_config.json", b""), "damaged"),
    "weights of 16 bits": (weights(f32(30522, 384, kind="F16")), "its weights are F16, not F32"),
    "weights cut short": (cut("model.safetensors", 1 << 20), "its model.safetensors is cut short"),
    "weights cut within the header": (cut("model.safetensors", 1000), "damaged"),
    "weights cut within the length": (cut("model.safetensors", 5), "damaged"),
    "no weights in the file": (holds("model.safetensors", b""), "damaged"),
    "a pointer to weights": (holds("model.safetensors", b"version https://git-lfs.github.com/spec/v1\n"), "damaged"),
    "weights of other names": (weights({"bert.x": {"dtype": "F32", "shape": [16], "data_offsets": [0, 64]}}), "its weights lack embeddings"),
    "fewer numbers than told": (weights(f32(30522, 384)), "damaged"),
    "a tensor of no form": (weights({"a": 1}), "damaged"),
} | {
    f"no {file}": (lacks(file), f"it has no {Path(file).name}")
    for file in ("config.json", "tokenizer_config.json", "tokenizer.json", "modules.json", "1_Pooling/config.json", "model.safetensors")
}  # fmt: skip


def copied(folder: Path, to: Path) -> Path:
    """A copy of a model whose weights are a link."""
    shutil.copytree(folder, to, ignore=shutil.ignore_patterns("model.safetensors", "README.md", "data_config.json"))
    (to / "model.safetensors").symlink_to(folder / "model.safetensors")
    return to


@pytest.mark.parametrize("why", REFUSED)
def test_what_cannot_be_run_is_refused_with_its_reason(folder: Path, tmp_path: Path, why: str) -> None:
    """Another architecture or a damaged file never gives a vector, nor any other error."""
    model = copied(folder, tmp_path / "model")
    edit, reason = REFUSED[why]
    edit(model)
    with pytest.raises(Unsupported, match=reason) as refusal:
        Forward.open(model)
    assert "\n" not in str(refusal.value)


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    """So is what lies nowhere."""
    with pytest.raises(Unsupported, match=r"it has no config\.json"):
        Forward.open(tmp_path / "nowhere")


@pytest.mark.parametrize("file", ["vocab.txt", "sentence_bert_config.json", "config_sentence_transformers.json"])
def test_what_may_be_missing(folder: Path, forward: Forward, tmp_path: Path, file: str) -> None:
    """Newer and older versions write fewer files, which give the same vectors."""
    model = copied(folder, tmp_path / "model")
    lacks(file)(model)
    assert Forward.open(model).encode([LIVER]).tobytes() == forward.encode([LIVER]).tobytes()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cased BERT of two layers with random weights."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizer

    torch.manual_seed(5)
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHÉé"
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
    places = {"max_position_embeddings": 20, "initializer_range": 0.5}
    folder = tmp_path_factory.mktemp("tiny")
    BertModel(BertConfig(vocab_size=len(tokens), **sizes, **places)).save_pretrained(folder)
    BertTokenizer(vocab={token: i for i, token in enumerate(tokens)}, do_lower_case=False).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_other_models(tiny: Path, tmp_path: Path, pooling: str) -> None:
    """Any BERT as sentence-transformers saves it today, pooled either way, gives the vectors that it gives there."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    SentenceTransformer(modules=[Transformer(str(tiny)), Pooling(32, pooling_mode=pooling)]).save(str(tmp_path))
    texts = ["CAFÉ fade", "a", "", "cab bed " * 20, "[MASK] É?"]
    theirs = SentenceTransformer(str(tmp_path), device="cpu").encode(texts, normalize_embeddings=True)
    ours = Forward.open(tmp_path).encode(texts)
    assert np.abs(ours - theirs).max() < 1e-5
    assert len({row.tobytes() for row in ours}) == len(texts)
