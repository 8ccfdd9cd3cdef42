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
    expect "geometry: 70 public traces, every step before the labelled one read" 0 "^geometry: 70 of 70 hold" \
        "$BASANITE" formal parse "$data/geobench_6_faulty_branch.json" --out "$scratch/traces.jsonl"
    "$BASANITE" run trustgeogen --baselines --subject script:mute --record "$scratch/bench.db" --quiet --bootstrap 20 >"$scratch/bench.txt" 2>&1
    for pair in numeric:80 structure:65 subgoal:63 irrelevant:71 theorem:113 faulty:70; do
        found=$(value "$scratch/bench.db" "select count(distinct digest) from items where task = 'trustgeogen_${pair%:*}'")
        if [ "$found" = "${pair#*:}" ]; then ok "geometry: $found questions of ${pair%:*}"; else not_ok "geometry: questions of ${pair%:*}" "found $found"; fi
    done
    if grep -qE "baselines: [0-9]+ met, 0 missed" "$scratch/bench.txt"; then ok "geometry: baselines are met"; else not_ok "geometry: baselines" "$(tail -3 "$scratch/bench.txt")"; fi
    for image in "$data"/images/*.png; do
        size=$(od -An -tu1 -j16 -N8 "$image" | awk '{ print ($3 * 256 + $4) "x" ($7 * 256 + $8) }')
        case $size in [1-9]*x[1-9]*) ok "geometry: image $(basename "$image") is $size" ;; *) not_ok "geometry: image" "$image: $size" ;; esac
    done
else
    skip "geometry" "its files are not beside this tree (../shared/data/trustgeogen)"
fi
finish
