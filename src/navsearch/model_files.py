"""Read a sentence encoder from the files that sentence-transformers saves; its weights are mapped, not read."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from navsearch.transformer import POOLINGS, Layer, Linear, Matrix, Network, Norm
from navsearch.wordpiece import Specials, WordPiece

# What the files of a model must say: file, entry, how a reason names it, and what is understood.
_UNDERSTOOD: tuple[tuple[str, str, str, tuple[object, ...]], ...] = (
    ("config.json", "model_type", "model type", ("bert",)),
    ("config.json", "hidden_act", "activation", ("gelu",)),
    ("config.json", "position_embedding_type", "kind of positions", ("absolute", None)),
    ("config.json", "is_decoder", "decoder flag", (False, None)),
    ("tokenizer_config.json", "tokenizer_class", "tokenizer", ("BertTokenizer", "BertTokenizerFast")),
    ("sentence_bert_config.json", "do_lower_case", "second lowering of case", (False, None)),
    ("config_sentence_transformers.json", "default_prompt_name", "default prompt", (None,)),
)
_OPTIONAL = ("sentence_bert_config.json", "config_sentence_transformers.json")
_POOLING_FLAG = "pooling_mode_"  # older files have a flag for each pooling
_FOLDING = (("do_lower_case", True), ("strip_accents", None), ("tokenize_chinese_chars", True))  # and what silence means
_GREEDY = ("single_word", "lstrip", "rstrip", "normalized")  # what a special token may be, and none of BERT's is


class Unsupported(Exception):
    """The model cannot be run here; the message is the reason, one short clause."""


def read(folder: Path) -> tuple[WordPiece, Network]:
    """The tokenizer and the network in `folder`. Raises Unsupported."""
    try:
        return _read(folder)
    except Unsupported:
        raise
    except Exception as error:  # files that say anything but what they should raise anything; all mean: damaged
        raise Unsupported(f"its files are damaged ({type(error).__name__}: {error})") from error


def _read(folder: Path) -> tuple[WordPiece, Network]:
    if (folder / "adapter_config.json").exists():
        raise Unsupported("its weights have an adapter")
    said = {file: _json(folder / file, optional=file in _OPTIONAL) for file, *_ in _UNDERSTOOD}
    for file, entry, what, understood in _UNDERSTOOD:
        if (value := said[file].get(entry)) not in understood:
            raise Unsupported(f"its {what} is {value}, not {understood[0]}")
    config, tokens = said["config.json"], said["tokenizer_config.json"]
    places = config["max_position_embeddings"]
    most = said["sentence_bert_config.json"].get("max_seq_length") or min(tokens.get("model_max_length", places), places)
    if not 2 <= most <= places:  # noqa: PLR2004  [CLS] and [SEP] stand in any text
        raise Unsupported(f"it reads {most} tokens and has {places} positions")
    tokenizer = _tokenizer(folder, tokens)
    if max(tokenizer.vocabulary.values()) >= config["vocab_size"]:
        raise Unsupported("its vocabulary is larger than its embeddings")
    return tokenizer, _network(_Weights(folder / "model.safetensors"), config, most, _pooling(folder))


def _network(weights: _Weights, config: dict[str, Any], most: int, pool: Callable[[Matrix], Matrix]) -> Network:
    size, inner, epsilon = config["hidden_size"], config["intermediate_size"], config.get("layer_norm_eps", 1e-12)
    tokens, places, kinds = (
        weights.take(f"embeddings.{name}_embeddings.weight", config[rows], size)
        for name, rows in (("word", "vocab_size"), ("position", "max_position_embeddings"), ("token_type", "type_vocab_size"))
    )
    layers = [
        Layer(
            config["num_attention_heads"],
            weights.linear(f"{layer}.attention.self.query", size, size),
            weights.linear(f"{layer}.attention.self.key", size, size),
            weights.linear(f"{layer}.attention.self.value", size, size),
            weights.linear(f"{layer}.attention.output.dense", size, size),
            weights.norm(f"{layer}.attention.output.LayerNorm", size, epsilon),
            weights.linear(f"{layer}.intermediate.dense", inner, size),
            weights.linear(f"{layer}.output.dense", size, inner),
            weights.norm(f"{layer}.output.LayerNorm", size, epsilon),
        )
        for layer in (f"encoder.layer.{i}" for i in range(config["num_hidden_layers"]))
    ]
    if size % config["num_attention_heads"]:
        raise Unsupported(f"its {size} features do not part into {config['num_attention_heads']} heads")
    return Network(tokens, places[:most] + kinds[0], weights.norm("embeddings.LayerNorm", size, epsilon), layers, pool)


def _pooling(folder: Path) -> Callable[[Matrix], Matrix]:
    modules = _json(folder / "modules.json")
    kinds = [module["type"].rpartition(".")[2] for module in modules]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]) or modules[0]["path"]:
        raise Unsupported(f"its modules are {', '.join(kinds)}, not Transformer, Pooling and Normalize")
    config = _json(folder / modules[1]["path"] / "config.json")
    flags = [flag.removeprefix(_POOLING_FLAG) for flag in config if flag.startswith(_POOLING_FLAG) and config[flag]]
    modes = config.get("pooling_mode") or [flag.removesuffix("s").removesuffix("_token") for flag in flags] or "mean"
    mode = modes if isinstance(modes, str) else " and ".join(modes)
    if mode not in POOLINGS:
        raise Unsupported(f"its pooling is {mode}, not mean or cls")
    return POOLINGS[mode]


def _tokenizer(folder: Path, config: dict[str, Any]) -> WordPiece:
    names: list[Any] = [config.get(f"{role}_token", usual) for role, usual in Specials()._asdict().items()]
    specials = Specials(*(name["content"] if isinstance(name, dict) else name for name in names))
    small, accents, han = (config.get(*entry) for entry in _FOLDING)
    listed = folder / "vocab.txt"
    said = _json(folder / "tokenizer.json", but_for=b'"model":' if listed.is_file() else None)
    if said["pre_tokenizer"] != {"type": "BertPreTokenizer"} or said["normalizer"] != {
        "type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": han, "strip_accents": accents, "lowercase": small
    }:  # fmt: skip
        raise Unsupported("its tokenizer is no WordPiece that folds texts as its configuration says")
    if any(token["content"] not in specials or any(map(token.get, _GREEDY)) for token in said["added_tokens"]):
        raise Unsupported("its tokenizer has added tokens")
    folding: dict[str, Any] = {"lowercase": small, "strip_accents": accents, "handle_chinese": han}
    if listed.is_file():
        return WordPiece.open(listed, specials, **folding)
    return WordPiece(said["model"]["vocab"], specials, **folding)


def _json(file: Path, *, optional: bool = False, but_for: bytes | None = None) -> Any:
    """What `file` says; but for what follows its last entry `but_for`, which may be long and need not be parsed."""
    if not file.is_file():
        if optional:
            return {}
        raise Unsupported(f"it has no {file.name}")
    content = file.read_bytes()
    return json.loads(content.partition(but_for)[0].rstrip(b" \r\n\t,") + b"}" if but_for else content)


class _Weights:
    """The tensors of a safetensors file, mapped: 8 bytes for the length of a header in JSON, the header, the numbers."""

    def __init__(self, file: Path) -> None:
        if not file.is_file():
            raise Unsupported(f"it has no {file.name}")
        content = np.asarray(np.memmap(file, dtype=np.uint8, mode="r"))
        start = 8 + struct.unpack("<Q", content[:8].tobytes())[0]
        self._entries = json.loads(content[8:start].tobytes())
        self._entries.pop("__metadata__", None)
        self._numbers = content[start:]
        if len(self._numbers) != max(entry["data_offsets"][1] for entry in self._entries.values()):
            raise Unsupported(f"its {file.name} is cut short")

    def take(self, name: str, *shape: int) -> Matrix:
        """The tensor `name`, not copied. Raises Unsupported if it is missing, no float32 or of another shape."""
        if name not in self._entries:
            raise Unsupported(f"its weights lack {name}")
        kind, found, (start, end) = (self._entries[name][entry] for entry in ("dtype", "shape", "data_offsets"))
        if kind != "F32":
            raise Unsupported(f"its weights are {kind}, not F32")
        if found != list(shape):
            raise Unsupported(f"{name} has shape {found}, not {list(shape)}")
        tensor: Matrix = self._numbers[start:end].view("<f4").reshape(shape)
        return tensor

    def linear(self, name: str, outputs: int, inputs: int) -> Linear:
        return Linear(self.take(f"{name}.weight", outputs, inputs), self.take(f"{name}.bias", outputs))

    def norm(self, name: str, size: int, epsilon: float) -> Norm:
        return Norm(self.take(f"{name}.weight", size), self.take(f"{name}.bias", size), epsilon)
