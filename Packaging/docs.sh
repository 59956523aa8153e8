#!/usr/bin/env bash
# Writes the documentation of all modules as one static site, dist/docs. Look at it with
#   python3 -m http.server --directory dist/docs
set -euo pipefail
cd "$(dirname "$0")/.."
# It ends with an error for the bundles of tests, which are no modules; whether the others are there is seen below.
swift package --scratch-path .build-docs dump-symbol-graph --minimum-access-level public --skip-synthesized-members ||
    echo "(bundles of tests have no documentation)"
graphs=$(echo .build-docs/*/symbolgraph)
rm -rf .build-docs/archives dist/docs
mkdir -p .build-docs/archives dist
archives=()
# The libraries, in the order of the layers.
for module in Digests Tensors Autodiff Checkpoints Diffusion Datasets Ledger Preferences Training Comparison Audit \
    Ablation Reports; do
    mkdir -p ".build-docs/archives/$module-graph"
    cp "$graphs/$module"*.symbols.json ".build-docs/archives/$module-graph/"
    docc convert --additional-symbol-graph-dir ".build-docs/archives/$module-graph" --fallback-display-name "$module" \
        --fallback-bundle-identifier "smpo.$module" --transform-for-static-hosting \
        --output-path ".build-docs/archives/$module.doccarchive"
    archives+=(".build-docs/archives/$module.doccarchive")
done
docc merge "${archives[@]}" --synthesized-landing-page-name smpo --output-path dist/docs
echo "dist/docs: ${#archives[@]} modules"
