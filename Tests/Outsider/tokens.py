"""CLIP's tokenizer, as OpenAI published it, for captions of ASCII letters, digits and signs."""
import json
import re

WORDS = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[a-z]+|[0-9]|[^\sa-z0-9]+")
START, END = "<|startoftext|>", "<|endoftext|>"


class Tokenizer:
    def __init__(self, folder, length):
        self.ids, self.length = json.loads((folder / "vocab.json").read_text()), length
        merges = (folder / "merges.txt").read_text().splitlines()[1:]
        self.ranks = {tuple(line.split()): rank for rank, line in enumerate(merges) if line}

    def word(self, text):
        parts = [*text[:-1], text[-1] + "</w>"]
        while len(parts) > 1:
            pairs = {pair: self.ranks.get(pair, len(self.ranks)) for pair in zip(parts, parts[1:])}
            best = min(pairs, key=pairs.get)
            if best not in self.ranks:
                break
            merged, at = [], 0
            while at < len(parts):
                whole = tuple(parts[at:at + 2]) == best
                merged.append("".join(best) if whole else parts[at])
                at += 2 if whole else 1
            parts = merged
        return [self.ids[part] for part in parts]

    def __call__(self, caption):
        """Begin, words, end, cut to the length and padded with the end token."""
        inner = [i for word in WORDS.findall(caption.lower()) for i in self.word(word)][:self.length - 2]
        ids = [self.ids[START], *inner, self.ids[END]]
        return ids + [self.ids[END]] * (self.length - len(ids))
