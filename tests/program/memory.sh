#!/bin/sh
# A run holds little beyond the model, however many items it has. ITEMS is the number of items. memory.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
# What the test runner asks for: filling what is allocated and freed makes pages real that the program never touches, 30 MB of them.
export MALLOC_PERTURB_=0
if grep -q __asan_init "$BASANITE"; then
    skip "memory held by runs" "AddressSanitizer keeps freed memory"
    finish
fi
ITEMS=${ITEMS:-5000} # of each of two tasks
LIMIT_MB=200
if [ ! -r /proc/self/status ]; then
    skip "memory" "no /proc/PID/status here"
    finish
fi

awk -v n="$ITEMS" 'BEGIN {
    for (i = 0; i < n; i++)
        printf "{\"id\": \"q%d\", \"question\": \"Who lives in house %d?\", \"answer\": \"the mill\", \"gold\": %d, \"kind\": \"%s\"}\n",
            i, i, i % 2, i % 3 ? "low" : "high"
}' >"$scratch/many.jsonl"
sed -e 's/^suite: asked/suite: few/' -e 's/many.jsonl/few.jsonl/' "$DATA/asked.yaml" >"$scratch/few.yaml"
head -n 4 "$scratch/many.jsonl" >"$scratch/few.jsonl"

# peak PROGRAM ARGUMENT...: the most memory it ever held, in kB, read while it runs.
peak() {
    "$@" >"$scratch/said" 2>&1 &
    pid=$! most=0
    while kill -0 $pid 2>/dev/null; do
        now=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' /proc/$pid/status 2>/dev/null)
        [ "${now:-0}" -le "$most" ] || most=$now
        sleep 0.02
    done
    wait $pid || { cat "$scratch/said" >&2; most=0; }
    echo "$most"
}
run() { # SUITE RECORD SUBJECT
    peak "$BASANITE" run "$1" --subject "$3" --record "$scratch/$2.db" --quiet
}
begun=$(date +%s)
few=$(run few few script:oracle)
many=$(run asked many script:oracle)
check "$((2 * ITEMS)) answers: $((many / 1024)) MB, $(((many - few) / 1024)) MB more than 8 answers ($(($(date +%s) - begun)) s)" \
    "expected at most $LIMIT_MB MB" test "$many" -gt 0 -a "$few" -gt 0 -a "$many" -le $((LIMIT_MB * 1024))
check "all of them are in the record" "some are missing" \
    test "$(value "$scratch/many.db" "select count(*) from answers")" = $((2 * ITEMS))
again=$(run asked many script:oracle)
check "the same from the record: $((again / 1024)) MB" "expected at most $LIMIT_MB MB" \
    test "$again" -gt 0 -a "$again" -le $((LIMIT_MB * 1024))
# Texts that are looked into, eight times as many: sums alone do not grow but by the texts themselves (200 bytes each).
tiny_model "$scratch/looked.gguf"
for n in 500 4000; do
    awk -v n=$n 'BEGIN { for (i = 0; i < n; i++)
        printf "{\"id\": \"t%d\", \"label\": \"%s\", \"text\": \"the mill of house %d is %s\"}\n", i, i % 2 ? "unsafe" : "safe", i, i % 3 ? "red" : "old" }' \
        >"$scratch/texts$n.jsonl"
done
low=$(peak "$BASANITE" score "$scratch/texts500.jsonl" --scorer aqi,indices=no,texts=0,resamples=20 --subject "$scratch/looked.gguf" --quiet)
high=$(peak "$BASANITE" score "$scratch/texts4000.jsonl" --scorer aqi,indices=no,texts=0,resamples=20 --subject "$scratch/looked.gguf" --quiet)
check "sums of hidden states do not grow with the texts ($low kB, $high kB)" "$low kB, then $high kB" \
    test "$low" -gt 0 -a "$high" -gt 0 -a "$high" -le $((low + 4000))
report=$(peak "$BASANITE" report --record "$scratch/many.db" --format html --out "$scratch/page.html")
check "its page: $((report / 1024)) MB, $(($(wc -c <"$scratch/page.html") / 1024)) KiB" "expected at most $LIMIT_MB MB" \
    test "$report" -gt 0 -a "$report" -le $((LIMIT_MB * 1024)) -a -s "$scratch/page.html"
verify=$(peak "$BASANITE" record verify --record "$scratch/many.db")
check "its verification: $((verify / 1024)) MB" "expected at most $LIMIT_MB MB" \
    test "$verify" -gt 0 -a "$verify" -le $((LIMIT_MB * 1024))
# A model whose matrices are left in its file: its pages, and little more. What was only looked through when it was opened,
# here most rows of the embedding, does not stay.
big="$scratch/big.gguf"
if "$BASANITE" convert --random llama,layers=1,width=768,heads=12,hidden=2048,vocabulary=16000 "$big" --quiet 2>"$scratch/said"; then
    file=$(($(wc -c <"$big") / 1024))
    held=$(peak "$BASANITE" generate --prompt "The mill" --max-tokens 4 --threads 1 --compute f32,weights=left --subject "$big" --quiet)
    check "a model of $((file / 1024)) MB in its file: $((held / 1024)) MB" "expected at most 1.1 times the file" \
        test "$held" -gt $((file / 2)) -a "$held" -le $((file * 11 / 10))
else
    not_ok "a model in its file" "$(cat "$scratch/said")"
fi
finish
