"""Texts as several programs read them: readers.json beside this file.
    python make_readers.py        (ftfy 6.3.1, transformers 5.24.0, Python's html)

repaired    ftfy.fix_text(text)
open_clip   what HPSv2 and open_clip cut into words: basic_clean, whitespace_clean, lower (src/open_clip/tokenizer.py)
words       BasicTokenizer(do_lower_case=True).tokenize(text) of transformers' slow BERT tokenizer
ids         the slow BertTokenizer with BLIP's [DEC] and [ENC], without [CLS] and [SEP], over vocab.txt beside this file; in lower
            case scalar by scalar before, as `PreTrainedTokenizer.tokenize` of transformers 4.30 does, which ImageReward asks for
The texts are ours. Texts of random pieces come from a generator with a fixed seed."""
import html, json, os, random, re, sys

import ftfy
from transformers.models.bert.tokenization_bert_legacy import BasicTokenizer, BertTokenizerLegacy

here = os.path.dirname(os.path.abspath(__file__))

VOCABULARY = """[PAD] [unused0] [UNK] [CLS] [SEP] [MASK] ! " # $ % & ' ( ) , - . / : ; < > ? @ a b c d e f g h i j k l m n o p q r
s t u v w x y z 0 1 2 3 ##a ##b ##c ##d ##e ##f ##g ##h ##i ##j ##k ##l ##m ##n ##o ##p ##q ##r ##s ##t ##u ##v ##w ##x ##y ##z
##0 ##1 ##2 the photo ##graph dog ##s on beach cafe naive the ##ing ##ed 日 本 語 の ##キ привет ß σ ##σ ##ας ½ « »""".split()
seen = []
for token in VOCABULARY:
    if token not in seen:
        seen.append(token)
with open(os.path.join(here, "vocab.txt"), "w", encoding="utf-8") as f:
    f.write("".join(t + "\n" for t in seen))

TEXTS = [
    "", " ", "a photo of a cat", "A Photograph, of THE dogs!!", "naïve café façade", "schÃ¶n", "l’humanitÃ©", "â€œquotedâ€\x9d",
    "â€œquotedâ€", "“curly” ‘quotes’ — dash…", "dogs &amp; cats &lt;3", "&lt;b&gt; a &amp;amp; b <i>", "P&EACUTE;REZ &NTILDE; &nTILDE;",
    "&copy &copy; &notin; &notit; &AMP &#65;&#x42; &#0; &#128; &#x1F600; &#xD800; &#1114112; &#59; &;", "BUNDESSTRA&SZLIG;E", "&Jscr;ohn",
    "ﬁne ﬂow ﬀ ﬃ ﬆ ﬅ ĳ Ǆ", "ｆｕｌｌ　ｗｉｄｔｈ ﾊﾝｶｸ ﾀﾞ", "\x1b[36;44mblue\x1b[0m", "line1\r\nline2\rline3\u2028line4\u0085line5", "\ufeffbom\u206a\ufff9\ufffc",
    "caf\u00c3\u00a9", "caf\u00c3\u0192\u00c2\u00a9", "Ã la mode", "voilÃ le travail", "ÐŸÑ€Ð¸Ð²ÐµÑ‚", "РџСЂРёРІРµС‚", "æ—¥æœ¬èªž", "ðŸ˜€ smile", "ðŸš€", "naÃ¯ve â‚¬5",
    "Â£20 and â‚¬", "Itâ€™s 50Â° out", "IT\u0092S", "\x80\x99 controls", "Ã©Ã¨Ãª", "Å\x81Ã³dÅº", "ÎµÎ»Î»Î·Î½Î¹ÎºÎ¬", "â€¢ bullet â€“ dash", "\u00e2\u20ac\ufffd", "a\u0301 e\u0301", "í\xa0½í¸\x80",
    "ΣΑΣ ΟΔΟΣ Σ", "İstanbul Iı", "ẞ ß ﬀ", "日本語のテキスト", "привет мир", "مرحبا", "½ ² ③ Ⅳ", "don't’t I'LL we've", "#tag @user a_b-c/d\\e {x}",
    "<|endoftext|> in", "<|ENDOFTEXT|>", "<start_of_text> <end_of_text>", "[SEP] [sep] [MASK] [DEC] x [ENC]", "\u200bzero\u200dwidth", "a\u00a0nbsp", "🚀🔥 rocket",
    "x" * 101, "x" * 100, "the photographs", "unknown§word", "ＡＢＣ&amp;ＤＥＦ", "tab\tand\nnewline", "\x00null\ufffd", "√± ≈°", "вЂ™ вЂњ", "ā€™", "ГўВЂВ™s",
    "T\u00cc\u0081", "à la carte, déjà vu", "Ærøskøbing", "MÃ¼nchen & KÃ¶ln <b>", "&eacute; first\n<tag> &eacute; second\n&eacute; third",
]
random.seed(5)
PIECES = ["a", "photo", " ", "é", "Ã©", "â€™", "’", "“", "&amp;", "&lt;", "&#39;", "ﬁ", "Ａ", "日", "!", "...", "\t", "\n", "Σ", "ß", "🚀", "&copy", "[SEP]", "'s", "№", "Â", "\u0301", "\u200b", "½", "<", "0", "РІ", "в‚¬"]
TEXTS += ["".join(random.choice(PIECES) for _ in range(random.randint(2, 9))) for _ in range(160)]

basic = BasicTokenizer(do_lower_case=True)
bert = BertTokenizerLegacy(os.path.join(here, "vocab.txt"))
bert.add_special_tokens({"bos_token": "[DEC]"})
bert.add_special_tokens({"additional_special_tokens": ["[ENC]"]})


special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[DEC]", "[ENC]"]
lower_pattern = r"(" + "|".join(re.escape(s) for s in special) + r")|" + r"(.+?)"


def bert_ids(text):
    text = re.sub(lower_pattern, lambda m: m.groups()[0] or m.groups()[1].lower(), text)
    return bert(text, add_special_tokens=False)["input_ids"]


def open_clip(text):
    text = html.unescape(html.unescape(ftfy.fix_text(text))).strip()
    return re.sub(r"\s+", " ", text).strip().lower()


rows = [
    {"text": t, "repaired": ftfy.fix_text(t), "open_clip": open_clip(t), "words": basic.tokenize(t), "ids": bert_ids(t)}
    for t in TEXTS
]
with open(os.path.join(here, "readers.json"), "w", encoding="utf-8") as f:
    json.dump(rows, f, ensure_ascii=True, indent=0)
    f.write("\n")
print(len(rows), len(bert))
