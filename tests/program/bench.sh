#!/bin/sh
# `basanite bench` on a tiny model: rows of every part, as JSON and as a table. bench.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"

tiny_model "$scratch/tiny.gguf" || { not_ok bench "no model could be made"; finish; }

# has JSON-LINE-PATTERN: in the rows that were printed.
has() { grep -Eq -- "$1" "$scratch/rows.json"; }
count() { grep -c -- "$1" "$scratch/rows.json"; }

if "$BASANITE" bench --json --repeat 1 --subject "$scratch/tiny.gguf" >"$scratch/rows.json" 2>"$scratch/err"; then
    for part in start load types matmul cluster rows generate grammar serve steer train corrupt; do
        check "bench --json has part $part" "$(head -n 3 "$scratch/rows.json")" has "\"part\": \"$part\""
    done
    rows=$(count '"part":')
    for key in case value unit gflops floor ratio; do
        check "every row has $key" "$(count "\"$key\":") of $rows" [ "$(count "\"$key\":")" -eq "$rows" ]
    done
    # Of each part the rows that are measured by processor time too.
    timed() { awk -v part="\"$1\"," '/"part":/ { on = $2 == part } on && /"per_cpu": [0-9]/ { n++ } END { print n + 0 }' "$scratch/rows.json"; }
    for wanted in generate=5 grammar=2 serve=3 steer=4 corrupt=20; do
        found=$(timed "${wanted%=*}")
        check "processor time stands beside ${wanted%=*}" "$found rows" test "$found" -eq "${wanted#*=}"
    done
    numbers=$(grep -Ec '"value": [0-9]+(\.[0-9]+)?(e-?[0-9]+)?,' "$scratch/rows.json")
    check "every value is a number" "$numbers of $rows" [ "$numbers" -eq "$rows" ]
else
    not_ok "bench --json" "$(cat "$scratch/err")"
fi
expect "bench prints a table" 0 '^start +methods +[0-9.]+ ms ' "$BASANITE" bench start --repeat 1
expect "an unknown part is refused" 2 "no part 'trian'; did you mean 'train'" "$BASANITE" bench trian
expect "no repeat is refused" 2 'expected 1 to 1000000, found 0' "$BASANITE" bench start --repeat 0
expect "a missing subject is refused" 4 'no-such.gguf' "$BASANITE" bench load --subject "$scratch/no-such.gguf"
finish
