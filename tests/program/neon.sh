#!/bin/sh
# The kernels of AArch64 under emulation: built for it with the warnings of the house and run by qemu, they give the bits of
# this machine's kernels, and they are made of vector instructions. neon.sh KERNEL_HASHES SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
HASHES=$BASANITE
CROSS=${CROSS:-aarch64-linux-gnu-}
for tool in "${CROSS}gcc" "${CROSS}objdump" qemu-aarch64; do
    command -v "$tool" >/dev/null || { skip neon "$tool is not installed (Debian: gcc-aarch64-linux-gnu, libc6-dev-arm64-cross, qemu-user)"; finish; }
done
cd "$ROOT" || exit 1
sources="src/tensor/kernel_plain.c src/tensor/half.c src/lm/engine/engine_kernel_plain.c src/lm/types/types_decode_plain.c
src/lm/types/row_kernel_plain.c src/lm/types/row_kernel_neon.c"
mkdir "$scratch/objects"
built=0
for source in $sources tests/program/kernel_hashes.c; do
    "${CROSS}gcc" -std=c17 -D_GNU_SOURCE -O3 -Wall -Wextra -Wshadow -Wvla -Werror -Wno-missing-field-initializers -Wno-unused-parameter \
        -Wno-psabi -ffp-contract=off -fno-fast-math -fno-math-errno -Isrc -c "$source" -o "$scratch/objects/$(basename "$source" .c).o" \
        2>"$scratch/said" || { not_ok "built for AArch64: $source" "$(head -n 3 "$scratch/said")"; built=1; }
done
check "kernels are built for AArch64" "see above" test $built -eq 0
[ $built -eq 0 ] || finish
"${CROSS}gcc" -static "$scratch"/objects/*.o -o "$scratch/hashes" -lm 2>"$scratch/said"
check "and linked" "$(tail -n 1 "$scratch/said")" test -x "$scratch/hashes"

"$HASHES" plain >"$scratch/plain" || not_ok "hashes of this machine" "they cannot be made"
check "there is something to compare" "$(wc -l <"$scratch/plain") lines" test "$(wc -l <"$scratch/plain")" -ge 30
"$HASHES" fast >"$scratch/fast"
check "this machine's fastest kernels have the bits of its plain ones" "$(diff "$scratch/plain" "$scratch/fast" | head -n 3)" \
    cmp -s "$scratch/plain" "$scratch/fast"
for twin in plain fast; do
    qemu-aarch64 "$scratch/hashes" $twin >"$scratch/emulated" 2>"$scratch/said"
    check "AArch64, $twin: the bits of this machine" "$(diff "$scratch/plain" "$scratch/emulated" | head -n 3; tail -n 1 "$scratch/said")" \
        cmp -s "$scratch/plain" "$scratch/emulated"
done

# vectors OBJECT PATTERN LEAST: so many instructions of a kind.
vectors() {
    found=$("${CROSS}objdump" -d "$scratch/objects/$1.o" | grep -cE "$2")
    check "$1 has vector instructions ($2)" "$found" test "$found" -ge "$3"
}
vectors row_kernel_neon "smull2?[[:space:]].*\.8h" 8
vectors kernel_plain "fmul[[:space:]].*\.4s" 100
vectors engine_kernel_plain "fmul[[:space:]].*\.4s" 100
finish
