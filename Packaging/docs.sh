#!/usr/bin/env bash
# Writes the documentation as one static site, dist/docs/index.html: README.md and the pages of Documentation/, and below
# api/ what the sources say of themselves. The pages open from the files; search, and what is below api/, need a server:
#   python3 -m http.server --directory dist/docs
# `docs.sh pages` leaves the latter out, and needs no build.
set -euo pipefail
cd "$(dirname "$0")/.."

# The pages, by Zensical in an environment of its own.
python=.build-docs/python
[[ -x $python/bin/pip ]] || python3 -m venv "$python"
"$python/bin/pip" install --quiet --disable-pip-version-check -r Packaging/docs-requirements.txt
rm -rf .build-docs/pages .build-docs/site dist/docs
mkdir -p .build-docs/pages dist
# Every page, and what pages show or link to, at its own path.
git ls-files -z -- '*.md' '*.png' '*.svg' '*.py' LICENSE Packaging Manifests/recipes ':!*/Fixtures/*' |
    xargs -0 cp --parents -t .build-docs/pages
cp Packaging/mkdocs.yml .build-docs/mkdocs.yml
# A link that leads nowhere, to a page or to a heading, ends it.
"$python/bin/zensical" build --clean --strict --config-file .build-docs/mkdocs.yml
mv .build-docs/site dist/docs
pages=$(find dist/docs -name '*.html' | wc -l)
if [[ ${1:-} == pages ]]; then
    echo "dist/docs: $pages pages"
    exit 0
fi

# What the sources say of themselves. No library is a product, so their declarations are `package`; SwiftPM's own
# dump-symbol-graph does not know that level. The graphs are made from the built modules.
swift build -c release --product smpo
bin=$(swift build -c release --show-bin-path)
includes=(-I "$bin/Modules")
for map in "$bin"/C*.build/module.modulemap Sources/C*/module.modulemap .build/checkouts/*/Sources/*/module.modulemap \
    .build/checkouts/*/Sources/*/include/module.modulemap; do
    # Several libraries of GRDB have a module of one name: only that which is built counts.
    if [[ -f $map && $map != *Cipher* ]]; then includes+=(-I "$(dirname "$map")"); fi
done
target=$(swift -print-target-info | jq -r .target.triple)
rm -rf .build-docs/graphs .build-docs/archives
mkdir -p .build-docs/archives
archives=()
for module in $(swift package describe --type json | jq -r '.targets[]
    | select(.module_type == "SwiftTarget" and .type == "library" and (.path | startswith("Sources/"))).name'); do
    mkdir -p ".build-docs/graphs/$module"
    swift-symbolgraph-extract -module-name "$module" "${includes[@]}" -target "$target" \
        -minimum-access-level package -skip-synthesized-members -output-dir ".build-docs/graphs/$module"
    # Its warnings speak of words in brackets that are no links.
    docc convert --additional-symbol-graph-dir ".build-docs/graphs/$module" --fallback-display-name "$module" \
        --fallback-bundle-identifier "smpo.$module" --transform-for-static-hosting --hosting-base-path api \
        --output-path ".build-docs/archives/$module.doccarchive" > ".build-docs/graphs/$module.log" 2>&1 ||
        { cat ".build-docs/graphs/$module.log"; exit 1; }
    archives+=(".build-docs/archives/$module.doccarchive")
done
docc merge "${archives[@]}" --synthesized-landing-page-name smpo --output-path dist/docs/api
echo "dist/docs: $pages pages; api: ${#archives[@]} modules"
