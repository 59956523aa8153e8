#!/usr/bin/env bash
# Links smpo with all its libraries but glibc, which loads the driver of a GPU: dist/smpo-dynamic. It runs where glibc is no
# older than here.
set -euo pipefail
cd "$(dirname "$0")/.."
# The linker takes a library where it finds it first: in this folder there are archives alone.
scratch=.build-dynamic
rm -rf $scratch/archives
mkdir -p $scratch/archives dist
for library in sqlite3 crypto openblas jpeg png png16 webp sharpyuv z zstd snappy lz4 stdc++ gfortran quadmath; do
    archive=$(clang -print-file-name=lib$library.a)
    # Not every system has all: libwebp of Debian 12 holds libsharpyuv.
    if [[ -e $archive ]]; then ln -s "$(realpath "$archive")" $scratch/archives/lib$library.a; fi
done
for package in openblas libcrypto; do
    printf '%s\n' "Name: $package" "Description: archive" "Version: 1" "Cflags: $(pkg-config --cflags $package)" \
        "Libs: -L$PWD/$scratch/archives -l${package#lib}" > $scratch/archives/$package.pc
done
PKG_CONFIG_PATH="$PWD/$scratch/archives" swift build -c release --product smpo --scratch-path $scratch \
    --static-swift-stdlib -Xswiftc "-L$PWD/$scratch/archives" -Xswiftc -Xclang-linker -Xswiftc -static-libgcc \
    -Xlinker -lz -Xlinker -lstdc++  # of libpng; of snappy
install -m 755 $scratch/release/smpo dist/smpo-dynamic
strip dist/smpo-dynamic
asked=$(ldd dist/smpo-dynamic | awk '{ print $1 }' | grep -vE '^(linux-vdso|lib(c|m|dl|pthread|rt)\.so|/lib.*/ld-linux)' || true)
if [[ -n $asked ]]; then
    echo "dist/smpo-dynamic asks for more than glibc: $asked" >&2
    exit 1
fi
glibc=$(objdump -T dist/smpo-dynamic | grep -oE 'GLIBC_[0-9.]+' | sort -uV | tail -1)
echo "dist/smpo-dynamic: $(stat -c %s dist/smpo-dynamic) bytes, from $glibc on, smpo $(dist/smpo-dynamic --version)"
