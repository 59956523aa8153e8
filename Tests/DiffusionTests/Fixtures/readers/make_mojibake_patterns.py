"""Writes Sources/Diffusion/TextEncoder/MojibakePatterns.swift from the installed ftfy 6.3.1: its regular expressions in ICU's
syntax, and the code pages that it tries.    python make_mojibake_patterns.py MojibakePatterns.swift"""
import sys, re
import ftfy, ftfy.bad_codecs, textwrap
from ftfy import chardata, badness, fixes
try:
    from re import _parser as sre, _constants as C
except ImportError:
    import sre_parse as sre, sre_constants as C

def lit(c):
    if c < 0x80 and chr(c).isalnum(): return chr(c)
    return "\\x{%X}" % c

def cls(items):
    neg = ""
    out = []
    for op, av in items:
        if op is C.NEGATE: neg = "^"
        elif op is C.LITERAL: out.append((av, av))
        elif op is C.RANGE: out.append(av)
        elif op is C.CATEGORY: out.append(av)
        else: raise Exception(op)
    ranges = sorted(r for r in out if isinstance(r, tuple))
    merged = []
    for a, b in ranges:
        if merged and a <= merged[-1][1] + 1: merged[-1] = (merged[-1][0], max(b, merged[-1][1]))
        else: merged.append((a, b))
    text = "".join(lit(a) if a == b else lit(a) + "-" + lit(b) if b > a + 1 else lit(a) + lit(b) for a, b in merged)
    for c in out:
        if not isinstance(c, tuple): text += CAT[c]
    return "[" + neg + text + "]"
CAT = {C.CATEGORY_SPACE: "\\s", C.CATEGORY_WORD: "\\w", C.CATEGORY_DIGIT: "\\d"}

def emit(p):
    out = ""
    for op, av in p:
        if op is C.LITERAL: out += lit(av)
        elif op is C.NOT_LITERAL: out += "[^" + lit(av) + "]"
        elif op is C.IN:
            out += cls(av)
        elif op is C.BRANCH: out += "(?:" + "|".join(emit(x) for x in av[1]) + ")"
        elif op is C.MAX_REPEAT:
            lo, hi, sub = av
            q = {(0, 1): "?"}.get((lo, int(hi) if hi is not C.MAXREPEAT else -1))
            if q is None: q = "*" if lo == 0 and hi is C.MAXREPEAT else "+" if hi is C.MAXREPEAT else "{%d,%d}" % (lo, hi)
            s = emit(sub)
            out += (s if len(sub) == 1 and sub[0][0] in (C.LITERAL, C.IN) else "(?:" + s + ")") + q
        elif op is C.SUBPATTERN: out += "(?:" + emit(av[3]) + ")"
        elif op is C.AT and av is C.AT_BEGINNING: out += "^"
        elif op is C.ASSERT_NOT: out += ("(?!" if av[0] > 0 else "(?<!") + emit(av[1]) + ")"
        elif op is C.ASSERT: out += ("(?=" if av[0] > 0 else "(?<=") + emit(av[1]) + ")"
        elif op is C.ANY: out += "."
        else: raise Exception((op, av))
    return out

def icu(r): return emit(sre.parse(r.pattern, r.flags))

def swift(text):
    lines = [""]
    for token in re.findall(r"\\x\{[0-9A-F]+\}|\\.|.", text):
        if len(lines[-1]) + len(token) > 108: lines.append("")
        lines[-1] += token
    assert "".join(lines) == text
    return '#"""\n' + "\n".join("        " + l + ("\\#" if i + 1 < len(lines) else "") for i, l in enumerate(lines)) + '\n        """#'

pages = []
for e in chardata.CHARMAP_ENCODINGS[1:]:
    s = bytes(range(0x80, 0x100)).decode(e)
    pages.append((e, s))
def u(s): return "".join("\\u{%X}" % ord(c) for c in s)

pats = [("bad", badness.BADNESS_RE, "Sequences that hardly any text has on purpose (`BADNESS_RE`)."),
        ("sequence", chardata.UTF8_DETECTOR_RE, "What UTF-8 looks like when it was read by a code page (`UTF8_DETECTOR_RE`)."),
        ("altered", chardata.ALTERED_UTF8_RE, "Bytes of UTF-8 in which A0 became a space (`ALTERED_UTF8_RE`)."),
        ("lossy", chardata.LOSSY_UTF8_RE, "Bytes of UTF-8 some of which were lost (`LOSSY_UTF8_RE`)."),
        ("graveWord", fixes.A_GRAVE_WORD_RE, "The word à, of which A0 became a space (`A_GRAVE_WORD_RE`).")]
out = ['''/// What `MojibakeRepair` looks for, and the code pages that it tries.
///
/// Written from ftfy %s (Robyn Speer, Apache License 2.0) by `Tests/DiffusionTests/Fixtures/readers/make_mojibake_patterns.py`:
/// its regular expressions in ICU's syntax, those of bytes as scalars below U+0100.
enum MojibakePatterns {''' % ftfy.__version__]
for n, r, d in pats:
    out.append("    /// " + d); out.append("    static let %s = %s\n" % (n, swift(icu(r))))
out.append("    /// Scalars of the bytes 80 to FF in each code page after Latin-1, in the order in which they are tried. Bytes without a")
out.append("    /// scalar stand for themselves in the Windows pages, where U+FFFD stands for 1A.")
out.append("    static let pages: [(name: String, upper: String)] = [")
for e, s in pages:
    parts = [s[i:i+11] for i in range(0, 128, 11)]
    out.append("        (")
    out.append('            "%s",' % e)
    out.append('            """')
    for i, p in enumerate(parts): out.append("            " + u(p) + ("\\" if i + 1 < len(parts) else ""))
    out.append('            """')
    out.append("        ),")
out.append("    ]\n}")
t = "\n".join(out) + "\n"
open(sys.argv[1], "w").write(t)
