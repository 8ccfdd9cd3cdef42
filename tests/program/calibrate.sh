#!/bin/sh
# Known answers from the command line: calibrate.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"

expect "calibrate: a known part needs no file" 0 '^7 ok, 0 missed, 0 skipped$' "$BASANITE" calibrate template
expect "calibrate: statistics" 0 '^33 ok, 0 missed, 0 skipped$' "$BASANITE" calibrate statistics
expect "calibrate: without files their parts are skipped" 0 'skipped +engine .*give --gold' \
    "$BASANITE" calibrate --repeat 100
expect "calibrate: an unknown part" 2 "no part 'tokeniser'; did you mean 'tokenizer'" "$BASANITE" calibrate tokeniser
expect "calibrate: a part without its file" 2 'engine: no known answers: give --gold' "$BASANITE" calibrate engine
expect "calibrate: gold of no part" 2 'belongs to one part' "$BASANITE" calibrate --gold "$scratch"
expect "calibrate: gold that is not there" 4 'nowhere.json' "$BASANITE" calibrate engine --gold "$scratch/nowhere.json"

echo '{"model": ' >"$scratch/cut.json"
expect "calibrate: gold that is cut off" 3 'cut.json:' "$BASANITE" calibrate engine --gold "$scratch/cut.json"
expect "calibrate: an empty folder" 3 'no known ids' "$BASANITE" calibrate tokenizer --gold "$scratch"

cat >"$scratch/gold.json" <<'END'
[{"name": "right", "function": "normal_cdf", "args": [0], "expected": 0.5, "tolerance": 1e-15},
 {"name": "wrong", "function": "normal_cdf", "args": [0], "expected": 0.75, "tolerance": 0.125}]
END
expect "calibrate: a missed value is named" 1 'statistics wrong \(expected 0.75, found 0.5, tolerance 0.125' \
    "$BASANITE" calibrate statistics --gold "$scratch/gold.json" --repeat 100
expect "calibrate: the table shows it too" 1 'MISSED +wrong +0.75 +0.5 +0.125' \
    "$BASANITE" calibrate statistics --gold "$scratch/gold.json" --repeat 100
expect "calibrate: as JSON" 1 '"state": ?"MISSED"' \
    "$BASANITE" calibrate statistics --gold "$scratch/gold.json" --repeat 100 --json
sed -i '2s/normal_cdf/normal_cd/' "$scratch/gold.json"
expect "calibrate: an unknown statistic" 3 "did you mean 'normal_cdf'" \
    "$BASANITE" calibrate statistics --gold "$scratch/gold.json" --repeat 100

if [ -d "$SHARED/models" ]; then
    gold=$SHARED/models/stories260K/golden.json
    expect "calibrate: engine" 0 '^104 ok, 0 missed, 3 skipped$' "$BASANITE" calibrate engine --gold "$gold"
    for threads in 1 2; do
        "$BASANITE" calibrate engine --gold "$gold" --threads $threads >"$scratch/engine.$threads"
    done
    check "calibrate: engine, the same bytes for 1 and 2 threads" "they differ" \
        cmp -s "$scratch/engine.1" "$scratch/engine.2"
    # A value that is off by more than its tolerance is missed.
    mkdir "$scratch/stories260K" && cp "$SHARED"/models/stories260K/* "$scratch/stories260K"
    sed -i 's/"mean_nll": *\([0-9]\)/"mean_nll": 1\1/' "$scratch/stories260K/golden.json"
    expect "calibrate: engine, a wrong value is missed" 1 'missed: .*mean negative log-likelihood 0' \
        "$BASANITE" calibrate engine --gold "$scratch/stories260K/golden.json"
    expect "calibrate: tokenizer" 0 '^6 ok, 0 missed, 10 skipped$' \
        "$BASANITE" calibrate tokenizer --gold "$SHARED/models"
    expect "calibrate: templates of public models" 0 '^31 ok, 0 missed, 0 skipped$' \
        "$BASANITE" calibrate template --gold "$SHARED/models/chat-templates"
    expect "calibrate: all parts find their files" 0 ' ok, 0 missed, 13 skipped$' \
        env BASANITE_PATH="$SHARED" "$BASANITE" calibrate --repeat 100
else
    skip "calibrate: engine, tokenizer, templates" "no ../shared/data/models"
fi
if [ -d "$SHARED/benchmarks/xstest" ]; then
    expect "calibrate: refusal detector" 0 '^6 ok, 0 missed, 0 skipped$' \
        "$BASANITE" calibrate scorer/refusal --gold "$SHARED/benchmarks/xstest"
else
    skip "calibrate: refusal detector" "no ../shared/data/benchmarks/xstest"
fi
finish
