#!/bin/sh
# Plane geometry with the supplied files: rules redrawn, public problems solved, every proof judged again, what is true
# but not proved left so. geometry.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
export BASANITE_PATH="$SHARED"
data=$SHARED/trustgeogen

if [ -f "$data/rules_neutral.txt" ]; then
    expect "geometry: 68 rules" 0 "^geometry: 68 of 68 hold" "$BASANITE" formal check "$data/rules_neutral.txt"
    "$BASANITE" formal solve "$data/one_rule_problems.txt" --out "$scratch/one.jsonl" 2>/dev/null
    expect "geometry: 44 problems of one rule each, every proof judged anew" 0 "^geometry: 44 of 44 hold" \
        "$BASANITE" formal check "$scratch/one.jsonl" --strict
    expect "geometry: with the 68 rules alone one of them is open" 1 "^.*43 of 44|1 of 44 claims" \
        "$BASANITE" formal solve "$data/one_rule_problems.txt" --rules "$data/rules_neutral.txt"
    expect "geometry: 95 examples can be read" 0 "geometry: 95 of 95 hold" "$BASANITE" formal parse "$data/examples.txt"
    "$BASANITE" formal solve "$data/jgex_231_dev.txt" --timeout 30 --out "$scratch/jgex.jsonl" 2>/dev/null
    grep '"holds":true' "$scratch/jgex.jsonl" >"$scratch/proved.jsonl"
    proved=$(wc -l <"$scratch/proved.jsonl")
    if [ "$proved" -ge 100 ]; then ok "geometry: $proved of 116 public problems"; else not_ok "geometry: public problems" "$proved proved"; fi
    expect "geometry: none of them wrongly" 0 "^geometry: $proved of $proved hold" "$BASANITE" formal check "$scratch/proved.jsonl"
    "$BASANITE" formal solve "$data/jgex_231_dev.txt" --timeout 30 --out "$scratch/again.jsonl" 2>/dev/null
    if cmp -s "$scratch/jgex.jsonl" "$scratch/again.jsonl"; then ok "geometry: the same bytes again"; else not_ok "geometry: the same bytes again" "they differ"; fi
else
    skip "geometry" "its files are not beside this tree (../shared/data/trustgeogen)"
fi
finish
