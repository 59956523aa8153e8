"""Writes Sources/Diffusion/TextEncoder/HTMLEntityNames.swift: HTML 5's entities, from Python's html.entities.html5.
    python make_entity_names.py HTMLEntityNames.swift"""
import html.entities, sys, textwrap
names = html.entities.html5
# A name with a semicolon; `?` in front where it counts without one too.
items = []
for name in sorted(names):
    if not name.endswith(";"):
        assert names[name + ";"] == names[name]
        continue
    bare = name[:-1]
    hexes = "+".join("%X" % ord(c) for c in names[name])
    items.append(("?" if bare in names else "") + bare + "=" + hexes)
text = " ".join(items)
lines = textwrap.wrap(text, 116, break_long_words=False, break_on_hyphens=False)
open(sys.argv[1], "w").write('''/// The names of HTML 5's entities with the scalars that they stand for.
///
/// Source: `html.entities.html5` of Python 3.11, which is the list of the HTML standard (section 13.5). Each is
/// `NAME=HEX` or `NAME=HEX+HEX`; a question mark stands before a name that counts without its semicolon too.
enum HTMLEntityNames {
    static let list = """
''' + "\n".join("        " + l + (" \\" if i + 1 < len(lines) else "") for i, l in enumerate(lines)) + '''
        """
}
''')
