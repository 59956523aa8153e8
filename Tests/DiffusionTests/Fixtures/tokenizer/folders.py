"""Makes folders.json and saved/: what transformers makes of the files of a tokenizer's folder.

    pip install transformers==5.24.0 tokenizers==0.23.3
    python folders.py         # after make.py; reads vocab.json and merges.txt beside this file

saved/ is what save_pretrained writes: tokenizer.json and tokenizer_config.json, no other file. folders.json:
[{"name", "files": {NAME: its JSON}, "pad": id, "captions": [[text, [id, …]]]}], the files beside the vocabulary; ids are
without begin, end and padding.
"""

import json
import os
import random
import shutil
import tempfile

from transformers import CLIPTokenizer

HERE = os.path.dirname(os.path.abspath(__file__))
BEGIN, END = "<|startoftext|>", "<|endoftext|>"
SIZE = 709


def token(content, **changes):
    """The object form of an added token."""
    plain = {"content": content, "lstrip": False, "normalized": True, "rstrip": False, "single_word": False}
    return plain | changes


def typed(content, **changes):
    """The object form in tokenizer_config.json."""
    return {"__type": "AddedToken"} | token(content, **changes)


def decoder(*tokens):
    """added_tokens_decoder with tokens behind the vocabulary."""
    return {"added_tokens_decoder": {
        str(SIZE + place): {"special": False} | token for place, token in enumerate(tokens)}}


OPENAI = {
    "add_prefix_space": False, "bos_token": typed(BEGIN), "do_lower_case": True, "eos_token": typed(END),
    "errors": "replace", "model_max_length": 77, "pad_token": END, "tokenizer_class": "CLIPTokenizer",
    "unk_token": typed(END),
}
OPENAI_MAP = {"bos_token": token(BEGIN), "eos_token": token(END), "pad_token": END, "unk_token": token(END)}
FOLDERS = {
    "plain": {},
    "Stable Diffusion 1": {"tokenizer_config.json": OPENAI, "special_tokens_map.json": OPENAI_MAP},
    "Stable Diffusion 2": {
        "tokenizer_config.json": OPENAI, "special_tokens_map.json": OPENAI_MAP | {"pad_token": "!"}},
    "Stable Diffusion 2 with objects": {
        "tokenizer_config.json": OPENAI,
        "special_tokens_map.json": OPENAI_MAP | {"pad_token": token("!", normalized=False)}},
    "all objects": {"tokenizer_config.json": OPENAI | {"pad_token": typed(END)}},
    "the decoder alone counts": {
        "tokenizer_config.json": {
            "pad_token": END, "added_tokens_decoder": {"0": token("!", normalized=False, special=True)}},
        "special_tokens_map.json": {"pad_token": "!"}},
    "added_tokens.json": {"added_tokens.json": {"<cat-toy>": SIZE, "<Cat Toy>": SIZE + 1}},
    "one begins another": {"added_tokens.json": {"<cat>": SIZE + 1, "<cat>toy": SIZE}},
    "one of the vocabulary": {"added_tokens.json": {"photo</w>": 522, "<cat>": SIZE}},
    "a new padding token": {"tokenizer_config.json": {"pad_token": "<pad>"}},
    "a padding token that strips": {
        "special_tokens_map.json": {"pad_token": token("<pad>", lstrip=True, rstrip=True)}},
    "additional special tokens": {
        "tokenizer_config.json": {"additional_special_tokens": ["<cat>", typed("<Dog>", single_word=True)]}},
    "normalized": {"tokenizer_config.json": decoder(token("<Cat Toy>"), token("Ångström"))},
    "raw": {"tokenizer_config.json": decoder(token("<Cat Toy>", normalized=False), token("cat", normalized=False))},
    "lstrip": {"tokenizer_config.json": {"added_tokens_decoder": {
        "0": token("!", lstrip=True), str(SIZE): token("<cat>", lstrip=True)}}},
    "rstrip": {"tokenizer_config.json": decoder(token("<cat>", rstrip=True, normalized=False))},
    "strips both": {"tokenizer_config.json": decoder(token("<cat>", lstrip=True, rstrip=True))},
    "single words": {"tokenizer_config.json": decoder(token("cat", single_word=True))},
    "single words, raw": {
        "tokenizer_config.json": decoder(token("cat", single_word=True, normalized=False), token("abab"))},
    "everything": {
        "tokenizer_config.json": OPENAI | {"extra_special_tokens": ["<x>"]},
        "special_tokens_map.json": OPENAI_MAP | {"pad_token": token("!", rstrip=True), "mask_token": "<mask>"},
        "added_tokens.json": {"<cat>": SIZE, "<x>": SIZE + 1}},
}


def captions():
    """Captions in which the tokens stand in every neighbourhood."""
    texts = [
        "a photo of a <cat-toy>", "a <CAT-TOY> on a <Cat Toy>!", "<cat toy><cat\n toy>  <CAT\u00a0TOY>x", "<cat>", "<cat>toy",
        "a<cat>b", "a  <cat>  b", "  <CAT>  ", "<Cat><cat> <CAT>", "<cat><cat>toy<cat>toyx", "<dog> <Dog>s a<Dog> <Dog>",
        "cat", "concat cats cat's cat", "Cat, CAT! (cat) cat1 1cat _cat_ cat-cat", "é" + "cat cat" + "é cat\u0301 cat\u200d",
        "abababab xababy abab", "!", "a!b", "a  !  b !! !", "photo</w> photo", "<pad> a  <pad>  b <PAD>", "<x><mask> <X>",
        "Ångström A\u030angstro\u0308m ÅNGSTRÖM \u212bngström", BEGIN, END, f"a {END} b", BEGIN.upper(), f"a{END.upper()}b",
        "don't 2019", "😀<cat>😀", "\t<cat>\u3000<cat>\u2028", "<cat", "cat>", "<<cat>>",
    ]
    rng = random.Random(5)
    parts = ["<cat>", "<Cat>", "cat", "CAT", "<Cat Toy>", "<cat-toy>", "abab", "ab", "!", "<pad>", "<x>", "toy", " ", "  ",
             "\n", "s", "_", "é", "\u0301", "9", "a", BEGIN, END, END.upper(), "photo", "<", ">", "<dog>", "Å", "ngström"]
    return texts + ["".join(rng.choices(parts, k=rng.randint(2, 12))) for _ in range(60)]


def open_folder(files):
    folder = tempfile.mkdtemp()
    for name in ["vocab.json", "merges.txt"]:
        shutil.copy(os.path.join(HERE, name), folder)
    for name, value in files.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            json.dump(value, file)
    tokenizer = CLIPTokenizer.from_pretrained(folder)
    shutil.rmtree(folder)
    return tokenizer


def main():
    result = []
    for name, files in FOLDERS.items():
        tokenizer = open_folder(files)
        rows = [[text, tokenizer(text, add_special_tokens=False)["input_ids"]] for text in captions()]
        result.append({"name": name, "files": files, "pad": tokenizer.pad_token_id, "captions": rows})
    tokenizer = open_folder(FOLDERS["Stable Diffusion 2"])
    tokenizer.add_tokens(["<cat-toy>"])
    # A call with these arguments leaves its traces in the file, as that of a pipeline does.
    tokenizer("a photo", padding="max_length", truncation=True, max_length=77)
    saved = os.path.join(HERE, "saved")
    tokenizer.save_pretrained(saved)
    tokenizer = CLIPTokenizer.from_pretrained(saved)
    rows = [[text, tokenizer(text, add_special_tokens=False)["input_ids"]] for text in captions()]
    result.append({"name": "saved", "files": {}, "pad": tokenizer.pad_token_id, "captions": rows})
    with open(os.path.join(HERE, "folders.json"), "w", encoding="utf-8") as file:
        json.dump(result, file, ensure_ascii=True, separators=(",", ":"))
        file.write("\n")


main()
