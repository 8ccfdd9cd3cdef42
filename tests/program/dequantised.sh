#!/bin/sh
# Figures of a quantised model are, to the last bit, those of the same values stored as F32, wherever both are computed the same
# way: everywhere with weights=packed; for given text also with weights=left, where generated rows meet the weights in their
# own type, with activations rounded to 8 bits. dequantised.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"

"$BASANITE" convert --random llama,layers=2,width=64,vocabulary=300,context=2048 "$scratch/q4.gguf" --format gguf,type=q4_0 \
    --quiet && "$BASANITE" convert "$scratch/q4.gguf" "$scratch/f32.gguf" --format gguf,type=f32 --quiet ||
    { not_ok dequantised "no models could be made"; finish; }

# one_run MODEL WEIGHTS SUITE LIMIT: leaves what was said in $scratch/MODEL-WEIGHTS.said.
one_run() {
    rm -f "$scratch/one.db"
    "$BASANITE" run "$3" --subject "$scratch/$1.gguf" --record "$scratch/one.db" --run same --quiet --limit "$4" \
        --template none --compute "f32,weights=$2" >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; return 1; }
    figures "$scratch/one.db" same >"$scratch/$1-$2.said"
    answers "$scratch/one.db" same >>"$scratch/$1-$2.said"
    [ "$(wc -l <"$scratch/$1-$2.said")" -gt 15 ]
}

# compare SUITE LIMIT WEIGHTS...: quantised with these weights against F32, packed.
compare() {
    suite=$1 limit=$2
    shift 2
    one_run f32 packed "$suite" "$limit" || { not_ok "$suite, F32" "the run failed"; return; }
    for weights in "$@"; do
        one_run q4 "$weights" "$suite" "$limit" || { not_ok "$suite, Q4_0, weights $weights" "the run failed"; continue; }
        check "$suite, Q4_0 with weights $weights: figures and answers of F32" "they differ" \
            cmp -s "$scratch/f32-packed.said" "$scratch/q4-$weights.said"
    done
}

compare small 6 packed
if [ -d "$SHARED/benchmarks" ]; then
    BASANITE_PATH=$SHARED/benchmarks
    compare truthfulqa 3 packed left
    compare bbq 6 packed left
    compare xstest 4 packed
else
    skip "truthfulqa, bbq and xstest dequantised" "no $SHARED/benchmarks"
fi
finish
