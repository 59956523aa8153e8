#!/usr/bin/env bash
# Links smpo with all its libraries, glibc too, into one file that runs on any Linux of this architecture: dist/smpo.
set -euo pipefail
cd "$(dirname "$0")/.."
# A scratch folder of its own: other link flags would make SwiftPM build everything anew at each change of mind.
swift build -c release --product smpo --scratch-path .build-static --static-swift-stdlib -Xswiftc -static-executable \
    -Xlinker -lz -Xlinker -lstdc++  # of libpng; of snappy
mkdir -p dist
install -m 755 .build-static/release/smpo dist/smpo
strip dist/smpo
if ldd dist/smpo > /dev/null 2>&1; then
    echo "dist/smpo still asks for shared libraries:" >&2
    ldd dist/smpo >&2
    exit 1
fi
echo "dist/smpo: $(stat -c %s dist/smpo) bytes, smpo $(dist/smpo --version)"
