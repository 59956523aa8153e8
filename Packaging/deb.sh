#!/usr/bin/env bash
# Makes dist/smpo_VERSION_ARCH.deb of the static program dist/smpo, with man pages and completions. It depends on no
# other package, so it installs on any Debian or Ubuntu of that architecture. The same sources give the same bytes: all
# times are that of the last commit.
set -euo pipefail
cd "$(dirname "$0")/.."
[[ -x dist/smpo ]] || { echo "dist/smpo is missing: make release" >&2; exit 2; }
[[ -d dist/man ]] || { echo "dist/man is missing: make man" >&2; exit 2; }
version=$(dist/smpo --version)
architecture=$(dpkg --print-architecture)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2> /dev/null || echo 0)
export SOURCE_DATE_EPOCH
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
share=$root/usr/share
install -D -m 755 dist/smpo "$root/usr/bin/smpo"
for page in dist/man/*.1; do
    install -d "$share/man/man1"
    gzip -9 -n -c "$page" > "$share/man/man1/$(basename "$page").gz"
done
install -d "$share"/{bash-completion/completions,zsh/vendor-completions,fish/vendor_completions.d}
dist/smpo --generate-completion-script bash > "$share/bash-completion/completions/smpo"
dist/smpo --generate-completion-script zsh > "$share/zsh/vendor-completions/_smpo"
dist/smpo --generate-completion-script fish > "$share/fish/vendor_completions.d/smpo.fish"
# The pages, at the paths that their links expect; what else they name is in the sources.
for page in $(git ls-files README.md Documentation Sources/Ledger/FORMAT.md Sources/CKernels/NUMERICS.md Tests/Pages/audit.png); do
    install -D -m 644 "$page" "$share/doc/smpo/$page"
done
# The bridge to a site's MPI is compiled there.
install -D -m 644 Packaging/mpi/smpo-mpi.c "$share/smpo/smpo-mpi.c"
gzip -9 -n -c CHANGELOG.md > "$share/doc/smpo/changelog.gz"
install -m 644 Packaging/copyright "$share/doc/smpo/copyright"
install -d "$root/DEBIAN"
cat > "$root/DEBIAN/control" << CONTROL
Package: smpo
Version: $version
Architecture: $architecture
Maintainer: The smpo developers <smpo@localhost>
Installed-Size: $(du -sk --exclude=DEBIAN "$root" | cut -f 1)
Section: science
Priority: optional
Description: checkpoint diff and reproducibility auditor for diffusion models
 Trains text-to-image diffusion models on human preferences (SmPO, Diffusion-DPO,
 KTO, MaPO, DDIM-InPO) so that every bit of a run is recorded and can be replayed;
 audits recorded runs, compares checkpoints, and gates CI.
CONTROL
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) > "$root/DEBIAN/md5sums"
find "$root" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group --build "$root" "dist/smpo_${version}_${architecture}.deb" > /dev/null
echo "dist/smpo_${version}_${architecture}.deb: $(sha256sum "dist/smpo_${version}_${architecture}.deb" | cut -d ' ' -f 1)"
