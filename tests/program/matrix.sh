#!/bin/sh
# One hash of all figures and answers for each model, whatever the threads, the batch, the sharing of beginnings and the order
# of the items: three architectures, three storage types, and for each the weights packed and left in their file.
# matrix.sh BASANITE SOURCE_ROOT [SERVER] [--table]    --table: lines of docs/results/exactness.md instead of tests
# WHOLE=1: all nine and all 24 settings (five minutes of a processor); else one of each architecture and type, and three
# settings that differ in everything.
. "$(dirname "$0")/lib.sh"
table=${4:-}
# ARCHITECTURE/TYPE/WEIGHTS and THREADS/BATCH/SHARING/ORDER
models="llama/f32/packed gemma2/q8_0/left qwen3moe/q4_k/left"
ways="1/64/on/asis 2/7/off/shuffled 2/1/on/shuffled"
if [ "${WHOLE:-}" = 1 ]; then
    models= ways=
    for arch in llama gemma2 qwen3moe; do
        for kind in f32/packed q8_0/packed q8_0/left q4_k/packed q4_k/left; do models="$models $arch/$kind"; done
    done
    for order in asis shuffled; do for sharing in on off; do for threads in 1 2; do for batch in 1 7 64; do
        ways="$ways $threads/$batch/$sharing/$order"
    done; done; done; done
fi

# The same suite over the same rows in two orders.
for order in asis shuffled; do mkdir "$scratch/$order" && cp "$DATA/small.yaml" "$scratch/$order"; done
head -n 4 "$DATA/rows.jsonl" >"$scratch/asis/rows.jsonl"
awk '{ row[NR % 4] = $0 } END { print row[3] "\n" row[1] "\n" row[0] "\n" row[2] }' "$scratch/asis/rows.jsonl" \
    >"$scratch/shuffled/rows.jsonl"
check "the shuffled rows are the same in another order" "they are not" \
    test "$(sort "$scratch/asis/rows.jsonl" | cksum)" = "$(sort "$scratch/shuffled/rows.jsonl" | cksum)" -a \
    "$(cksum <"$scratch/asis/rows.jsonl")" != "$(cksum <"$scratch/shuffled/rows.jsonl")" >"$scratch/checked"
[ "$table" ] || cat "$scratch/checked"

# Every answer with its log-probabilities, by the item's name, and every figure.
all_said() {
    "$BASANITE" record query "select p.task, i.id, a.sample, a.text, a.finish, a.tokens_in, a.tokens_out, a.logprobs, a.error \
from plans p join items i on i.digest = p.item join answers a on a.ask = p.ask order by p.task, i.id, a.sample" --record "$1"
    figures "$1" same
}

# one_run MODEL WEIGHTS WAY: leaves what was said in $scratch/said.
one_run() {
    threads=${3%%/*} rest=${3#*/}
    batch=${rest%%/*} rest=${rest#*/}
    sharing=${rest%%/*} order=${rest#*/} flag=
    [ "$sharing" = on ] || flag=--no-prefix-sharing
    rm -f "$scratch/one.db"
    # shellcheck disable=SC2086
    BASANITE_PATH=$scratch/$order "$BASANITE" run small --subject "$1" --record "$scratch/one.db" --run same --quiet \
        --compute "f32,weights=$2" --threads "$threads" --batch "$batch" $flag >"$scratch/log" 2>&1 &&
        all_said "$scratch/one.db" >"$scratch/said" && [ "$(wc -l <"$scratch/said")" -gt 100 ]
}

# one_model ARCHITECTURE TYPE WEIGHTS
one_model() {
    model=$scratch/$1-$2.gguf first='' others='' runs=0
    width=64
    [ "$2" != q4_k ] || width=256 # a block
    [ -s "$model" ] || "$BASANITE" convert --random "$1,layers=2,width=$width,hidden=$width,vocabulary=300,context=1024" "$model" \
        --format "gguf,type=$2" --quiet || { not_ok "$1 $2" "no model could be made"; return; }
    for way in $ways; do
        one_run "$model" "$3" "$way" || { not_ok "$1 $2 $3, $way" "the run failed: $(tail -n 2 "$scratch/log")"; return; }
        hash=$(sha256sum <"$scratch/said" | cut -c1-16)
        runs=$((runs + 1))
        [ "$first" ] || first=$hash
        [ "$hash" = "$first" ] || others="$others $way"
    done
    if [ "$others" ]; then
        not_ok "$1 $2, weights $3: one hash" "$first, but not with threads/batch/sharing/order$others"
    elif [ "$table" ]; then
        echo "| $1 | $2 | $3 | $runs | 1 | $first |"
    else
        ok "$1 $2, weights $3: one hash of $runs settings"
    fi
    seen="$seen$first\n"
}

seen= wanted=0
for model in $models; do
    rest=${model#*/} wanted=$((wanted + 1))
    one_model "${model%%/*}" "${rest%%/*}" "${rest#*/}"
done
# A hash that never changes would find nothing.
different=$(printf '%b' "$seen" | sort -u | grep -c .)
[ "$table" ] || check "models differ from each other" "only $different different hashes of $wanted" test "$different" -eq "$wanted"
finish
