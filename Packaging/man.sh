#!/usr/bin/env bash
# Writes a man page for smpo and one for each command (smpo-audit, …), dist/man, from the program's own help texts.
set -euo pipefail
cd "$(dirname "$0")/.."
parser=.build/checkouts/swift-argument-parser
swift build -c release --package-path "$parser" --scratch-path .build-manual --product generate-manual
rm -rf dist/man
mkdir -p dist/man
.build-manual/release/generate-manual .build/release/smpo --multi-page --output-directory dist/man \
    --date "$(git log -1 --format=%cs)"
for page in dist/man/smpo.*.1; do
    name=$(basename "$page" .1)
    mv "$page" "dist/man/${name//./-}.1"
done
echo "dist/man: $(ls dist/man | wc -l) pages"
