#!/usr/bin/env bash
# Runs every kernel on an emulated Skylake-X, for machines without AVX-512: Bochs boots Debian's kernel from a CD with
# the statically linked program and init.c, nothing else. `make travel-avx512` calls it. Minutes.
# Exit codes: 0 all equal, 1 a difference, 2 something could not be built or run.
set -euo pipefail
shopt -s inherit_errexit
trap 'exit 2' ERR
cd "$(dirname "$0")/../.."
out=.build/travel/bochs
expected=Tests/Travel/expected.txt
sets=(avx512 avx2 baseline)
limit=1800  # seconds

rm -rf "$out"
mkdir -p "$out/iso" .build/travel/linux

flags=(-O2 -std=gnu17 -Wall -Wextra -Werror -Wno-psabi -Wno-unused-function -static -s)
clang "${flags[@]}" -I Sources/CKernels/include Tests/Travel/travel.c Sources/CKernels/*.c -o "$out/travel"
clang "${flags[@]}" Tests/Travel/init.c -o "$out/init"
(cd "$out" && printf '%s\n' init travel | cpio -o -H newc -R 0:0 --quiet > iso/initrd.img)

kernel=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image-/ { print $2; exit }')
if [[ ! -e .build/travel/linux/boot/vmlinuz-${kernel#linux-image-} ]]; then
    (cd .build/travel/linux && apt-get download -q "$kernel" 2> /dev/null && dpkg -x "$kernel"_*.deb .)
fi
cp ".build/travel/linux/boot/vmlinuz-${kernel#linux-image-}" "$out/iso/vmlinuz"
cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 "$out/iso"
# Bochs 2.7 gives the size of the standard format for the compacted one. Linux then switches xsave off, and AVX with it.
cat > "$out/iso/isolinux.cfg" << CONFIGURATION
default linux
label linux
  kernel vmlinuz
  append initrd=initrd.img rdinit=/init console=ttyS0 clearcpuid=xsavec,xsaves mitigations=off -- ${sets[*]}
CONFIGURATION
xorriso -as mkisofs -quiet -o "$out/travel.iso" -b isolinux.bin -c boot.cat -no-emul-boot -boot-load-size 4 \
    -boot-info-table "$out/iso" 2> /dev/null

cat > "$out/bochsrc" << CONFIGURATION
config_interface: textconfig
display_library: term
cpu: model=corei7_skylake_x, ips=50000000
megs: 512
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
boot: cdrom
ata0-master: type=cdrom, path=$out/travel.iso, status=inserted
com1: enabled=1, mode=file, dev=$out/serial.txt
speaker: enabled=0
log: $out/bochs.txt
panic: action=fatal
error: action=report
info: action=ignore
CONFIGURATION
# Debian's Bochs stops in its debugger at the first instruction, and wants a terminal. The end is a panic: power off.
printf 'continue\nquit\n' > "$out/commands"
begin=$SECONDS
TERM=xterm timeout "$limit" script -qfec "bochs -q -f $out/bochsrc -rc $out/commands" "$out/terminal.txt" \
    < /dev/null > /dev/null 2>&1 || true
tr -d '\r' < "$out/serial.txt" > "$out/console.txt"

status=0
for set in "${sets[@]}"; do
    awk -v set="$set" '$1 == "end" && $2 == set { exit } inside; $1 == "begin" && $2 == set { inside = 1 }' \
        "$out/console.txt" > "$out/$set.txt"
    verdict="equal"
    if ! grep -qx "end $set 0" "$out/console.txt"; then
        verdict="did not run to its end, see $out/console.txt"
    elif ! cmp -s "$out/$set.txt" "$expected"; then
        verdict="$(diff "$out/$set.txt" "$expected" | grep -c '^<' || true) lines differ"
    fi
    digest=$(awk '$1 == "all" { print $2 }' "$out/$set.txt")
    printf '| %-34s | %-8s | %-16s | %s |\n' "Bochs, corei7_skylake_x" "$set" "$digest" "$verdict"
    if [[ $verdict == equal ]]; then continue; fi
    status=1
    diff "$out/$set.txt" "$expected" | grep '^[<>]' | head -20 || true
done
echo "$((SECONDS - begin)) s"
exit "$status"
