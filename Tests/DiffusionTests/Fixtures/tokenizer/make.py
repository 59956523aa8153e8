"""Makes the tokenizer fixture: trains a small CLIP vocabulary and records what transformers does with it.

    pip install transformers==5.23.0 tokenizers==0.23.3
    python make.py            # writes vocab.json, merges.txt, captions.json beside this file

captions.json: {"pad_token", "max_length", "captions": [{"text", "ids", "padded"}]} once for each of two padding
tokens. `ids` is without special tokens and not cut, `padded` with them, cut and padded to max_length.
"""

import itertools
import json
import os
import random

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import CLIPTokenizer

HERE = os.path.dirname(os.path.abspath(__file__))
BEGIN, END = "<|startoftext|>", "<|endoftext|>"


def training_captions():
    """A few hundred English captions from a grammar."""
    things = "cat dog horse house tree boat bridge mountain river bicycle lantern robot castle teapot violin".split()
    colours = "red orange yellow green blue purple black white golden silver".split()
    places = ["in the snow", "on a wooden table", "near the sea", "under a bright moon", "at sunset, 35mm photo"]
    styles = ["a photo of", "an oil painting of", "a highly detailed drawing of", "the artist's sketch of"]
    rng = random.Random(7)
    every = list(itertools.product(styles, colours, things, places))
    picked = rng.sample(every, 400)
    return [f"{s} a {c} {t} {p}." for s, c, t, p in picked] + [
        "it's what we're looking for, and they've seen it; I'm sure you'll say he'd know, don't you?",
        "8k, 4k resolution, trending in 2019 (part 1/3), f/1.8, iso 100 - 24 mm",
    ] * 5


def train():
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    pattern = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), behavior="removed", invert=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False),
    ])
    trainer = trainers.BpeTrainer(
        vocab_size=1100, end_of_word_suffix="</w>", initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False)
    tokenizer.train_from_iterator(training_captions(), trainer)
    merges = [tuple(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]]
    # CLIP's order of ids: the 256 characters, the same with the end of word, the merges, the special tokens.
    # As in CLIP, the characters come in the order of GPT-2's bytes_to_unicode, so "!" is 0.
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    alphabet = [chr(b) for b in printable] + [chr(0x100 + i) for i in range(256 - len(printable))]
    tokens = alphabet + [c + "</w>" for c in alphabet] + ["".join(pair) for pair in merges] + [BEGIN, END]
    tokens = list(dict.fromkeys(tokens))
    return {token: index for index, token in enumerate(tokens)}, merges


def captions():
    texts = [
        "", " ", "\t\n ", "a", "A photo of a CAT", "a photo of a red cat in the snow.", "don't", "it's he'll they've",
        "we're I'm you'd", "'S 'RE 'VE", "rock'n'roll", "''s", "'", "'''", "!'s", "cat's", "cats'", "o'clock",
        "hello!", "hello!!!", "what?!", "!", "a!b", "1234567890", "2019", "35mm f/1.8", "½ ² Ⅷ ٣ १२", "a1b2c3",
        "<|startoftext|>", "<|endoftext|>", "a <|endoftext|> b", "a<|startoftext|>b", "<|STARTOFTEXT|> A",
        "!<|ENDOFTEXT|>", "<|EndOfText|>", "<|startoftext", "<|", "|>", "<|endoftext|><|endoftext|>",
        "café", "cafe\u0301", "CAFÉ", "naïve coöperation", "Ångström", "A\u030angstro\u0308m", "\u212bngstrom",
        "İstanbul", "ǅ ǆ Ǆ", "ΟΔΥΣΣΕΥΣ", "ὈΔΥΣΣΕΎΣ", "Straße STRASSE ẞ", "ﬁne ﬂow", "Ω Ω", "q\u0307\u0323", "q\u0323\u0307",
        "中文字幕", "一只猫 a cat 犬", "日本語のテキスト", "한국어", "\u1112\u1161\u11ab\u1100\u116e\u11a8", "가\u11a8",
        "日本、東京。", "Привет, мир!", "مرحبا بالعالم", "שלום", "नमस्ते दुनिया", "ภาษาไทย", "ქართული ᲥᲐᲠᲗᲣᲚᲘ",
        "😀", "a 😀 b", "👩‍👩‍👧‍👦", "🇩🇪🇫🇷", "❤️", "👍🏽", "cat😀dog", "x\u200by", "x\u00ady", "x\ufeffy", "\ufeffx",
        "a\u00a0b", "a\u2003b", "a\u3000b", "a\u0085b", "a\u2028b", "a\u001cb", "a\x00b", "a\x07b", "tab\tnew\nline\r\n",
        "  two   spaces  ", "under_score", "kebab-case", "CamelCase", "a.b.c", "...", "…", "-- —", "“quoted” ‘single’",
        "it’s", "50% off & more @ home #1", "(a, [b], {c})", "http://example.org/?q=1&r=2", "C++ C#", "λ→∞", "x²+y²",
        "\U0001d400\U0001d41a", "𐐀𐐨", "𝟘𝟙", "e\u0301\u0301", "\u0301a", "\u0344", "\u0958", "\ufb1d", "\u2126\u212a", "ß",
        "supercalifragilisticexpialidocious", "aaaaaaaaaaaaaaaaaaaa", "ababababab", "lalalalala", "mississippi",
        "a highly detailed drawing of a purple teapot near the sea, " * 4,
    ]
    rng = random.Random(11)
    pool = list("abcdefghijklmnopqrstuvwxyz  ''!?.,0189-ÀéñßĀΣσς日本語한글😀\u0301\u200d\u00a0\n") + [
        "'s", "'re", "photo", "the ", " of", END, BEGIN, "<|", "|>"]
    texts += ["".join(rng.choices(pool, k=rng.randint(1, 40))) for _ in range(250)]
    return texts


def main():
    vocabulary, merges = train()
    with open(os.path.join(HERE, "vocab.json"), "w", encoding="utf-8") as file:
        json.dump(vocabulary, file, ensure_ascii=False, separators=(",", ":"))
    with open(os.path.join(HERE, "merges.txt"), "w", encoding="utf-8") as file:
        file.write("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
    result = []
    for pad, length in [(END, 77), ("!", 16)]:
        tokenizer = CLIPTokenizer(vocab=vocabulary, merges=merges, pad_token=pad, model_max_length=length)
        rows = []
        for text in captions():
            ids = tokenizer(text, add_special_tokens=False)["input_ids"]
            padded = tokenizer(text, padding="max_length", truncation=True, max_length=length)["input_ids"]
            # The padding is left to the reader, the files stay small.
            while len(padded) > 1 and padded[-1] == padded[-2] == vocabulary[pad]:
                padded.pop()
            rows.append({"text": text, "ids": ids, "padded": padded})
        result.append({"pad_token": pad, "max_length": length, "captions": rows})
    with open(os.path.join(HERE, "captions.json"), "w", encoding="utf-8") as file:
        json.dump(result, file, ensure_ascii=True, separators=(",", ":"))
        file.write("\n")


main()
