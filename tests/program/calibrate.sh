#!/bin/sh
# Known answers from the command line: calibrate.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"

expect "calibrate: a known part needs no file" 0 '^7 ok, 0 missed, 0 skipped$' "$BASANITE" calibrate template
expect "calibrate: grammars without files" 0 '^2 ok, 0 missed, 0 skipped$' "$BASANITE" calibrate grammar
expect "calibrate: containers without files" 0 '^1 ok, 0 missed, 0 skipped$' "$BASANITE" calibrate container
mkdir -p "$scratch/own"
printf 'root ::= "a' >"$scratch/own/json.gbnf"
expect "calibrate: a grammar that does not parse" 1 'json.gbnf:1:10: a literal without its closing' \
    "$BASANITE" calibrate grammar --gold "$scratch/own"
printf 'root ::= "{}" | "[]"' >"$scratch/own/json.gbnf"
expect "calibrate: texts that a grammar lacks, and has too many" 1 'json.gbnf texts \(expected 5 accepted, 8 refused, found 1 accepted, 7 refused' \
    "$BASANITE" calibrate grammar --gold "$scratch/own"
printf 'GGUF' >"$scratch/own/empty.gguf"
expect "calibrate: a container that should list" 1 'empty.gguf \(expected 0 tensors, found refused' \
    "$BASANITE" calibrate container --gold "$scratch/own/empty.gguf"
mkdir -p "$scratch/many"
expect "calibrate: a folder without grammars" 3 'many: expected a file or folder of grammars' \
    "$BASANITE" calibrate grammar --gold "$scratch/many"
for name in b.gbnf a.gbnf; do printf 'root ::= "a"' >"$scratch/many/$name"; done
for name in .a.gbnf a.txt; do printf 'no grammar' >"$scratch/many/$name"; done
expect "calibrate: of a folder, files of its ending that are not hidden" 0 '^4 ok, 0 missed, 0 skipped$' \
    "$BASANITE" calibrate grammar --gold "$scratch/many"
check "calibrate: files of a folder by name" "$(cat "$scratch/said")" \
    sh -c 'test "$(grep -o "[ab][.]gbnf" "$1" | tr "\n" " ")" = "a.gbnf b.gbnf "' sh "$scratch/said"
GRAMMARS=$SHARED/models/grammars
if [ -d "$GRAMMARS" ]; then
    expect "calibrate: public grammars" 0 '^15 ok, 0 missed, 0 skipped$' "$BASANITE" calibrate grammar --gold "$GRAMMARS"
    expect "calibrate: public containers" 0 '^10 ok, 0 missed, 0 skipped$' "$BASANITE" calibrate container --gold "$GRAMMARS/../container-fixtures"
else
    skip "calibrate: public grammars" "no $GRAMMARS"
fi
expect "calibrate: statistics" 0 '^35 ok, 0 missed, 0 skipped$' "$BASANITE" calibrate statistics
expect "calibrate: coverage, false alarms and power" 0 '^38 ok, 0 missed, 0 skipped$' "$BASANITE" calibrate coverage
check "calibrate: coverage of means and corrected shares is drawn" "$(cat "$scratch/said")" \
    sh -c 'grep -Eq "ok +coverage of corrected shares, mean over p +0.93 to 0.97" "$1" && grep -q "power of exchanges" "$1"' sh "$scratch/said"
expect "calibrate: kinship that was planted, and overlap of replies" 0 '^13 ok, 0 missed, 0 skipped$' "$BASANITE" calibrate kinship
expect "calibrate: effects that are known in closed form" 0 '^75 ok, 0 missed, 0 skipped$' "$BASANITE" calibrate effect
expect "calibrate: a colour that misleads, and the worst group" 0 '^18 ok, 0 missed, 0 skipped$' "$BASANITE" calibrate cue
expect "calibrate: sliders exchanged, and the time told with the state" 0 '^15 ok, 0 missed, 0 skipped$' \
    "$BASANITE" calibrate aligndiff --repeat 5
expect "calibrate: wrong steps of proofs are named, and no other" 0 '^18 ok, 0 missed, 0 skipped$' \
    "$BASANITE" calibrate geometry --repeat 10
expect "calibrate: rules broken in traces, a saboteur, an agent with faults" 0 '^48 ok, 0 missed, 0 skipped$' \
    "$BASANITE" calibrate trism --repeat 1
expect "calibrate: quotes that were planted, and a naive search" 0 '^10 ok, 0 missed, 0 skipped$' "$BASANITE" calibrate quote
if [ -d "$SHARED/quote-tuning" ]; then
    expect "calibrate: public windows, filters and pairs" 0 '^35 ok, 0 missed, 0 skipped$' \
        "$BASANITE" calibrate quote --gold "$SHARED/quote-tuning"
else
    skip "calibrate: public windows, filters and pairs" "no $SHARED/quote-tuning"
fi
expect "calibrate: areas of agents whose errors are known" 0 '^13 ok, 0 missed, 0 skipped$' "$BASANITE" calibrate metric/area
expect "calibrate: separation that was planted" 0 '^49 ok, 0 missed, 0 skipped$' "$BASANITE" calibrate aqi
expect "calibrate: too few repetitions show nothing" 0 'skipped +what is drawn' "$BASANITE" calibrate coverage --repeat 20
expect "calibrate: without files their parts are skipped" 0 'skipped +engine .*give --gold' \
    "$BASANITE" calibrate --repeat 5
check "calibrate: without a name materials run, too" "$(tail -n 1 "$scratch/said")" \
    grep -Eq '^  recovered +p=0.9, q=0.05 +harmful_refusal +0.9000 ' "$scratch/said"
"$BASANITE" methods scorer >"$scratch/scorers"
check "calibrate: every scorer has a material" "$(grep -v '\]$' "$scratch/scorers")" sh -c '! grep -qv "\]$" "$1" && grep -q reward "$1"' sh "$scratch/scorers"
check "calibrate: every metric has a material" "$(grep 'no material yet' "$scratch/said")" \
    sh -c '! grep -q "no material yet" "$1"' sh "$scratch/said"
expect "calibrate: an unknown part" 2 "no part 'tokeniser'; did you mean 'tokenizer'" "$BASANITE" calibrate tokeniser
expect "calibrate: a part without its file" 2 'engine: no known answers: give --gold' "$BASANITE" calibrate engine
expect "calibrate: gold of no part" 2 'belongs to one part' "$BASANITE" calibrate --gold "$scratch"
expect "calibrate: gold that is not there" 4 'nowhere.json' "$BASANITE" calibrate engine --gold "$scratch/nowhere.json"

echo '{"model": ' >"$scratch/cut.json"
expect "calibrate: gold that is cut off" 3 'cut.json:' "$BASANITE" calibrate engine --gold "$scratch/cut.json"
expect "calibrate: an empty folder" 3 'no known ids' "$BASANITE" calibrate tokenizer --gold "$scratch"

# Blocks of storage types: zeros are zeros; a wrong block, an odd length and a type that is not built.
zeros() { printf "%0$1d" 0; }
gold_case() { printf '[{"type": "%s", "case": 7, "n": 32, "bytes": 34, "x_f32le": "%s", "blocks": "%s", "y_f32le": "%s"}]' \
    "$1" "$(zeros 256)" "$2" "$(zeros 256)" >"$scratch/codec.json"; }
gold_case Q8_0 "$(zeros 68)"
expect "calibrate: known blocks" 0 '^2 ok, 0 missed, 0 skipped$' "$BASANITE" calibrate codec --gold "$scratch/codec.json"
gold_case Q8_0 "$(zeros 66)01"
expect "calibrate: a wrong block is named" 1 'Q8_0 7 blocks \(expected 34 equal, found 33 equal.*difference is at 33' \
    "$BASANITE" calibrate codec --gold "$scratch/codec.json"
gold_case Q8_0 "$(zeros 67)"
expect "calibrate: half a byte" 3 "Q8_0 7: 'blocks' has 67 characters, expected 68" \
    "$BASANITE" calibrate codec --gold "$scratch/codec.json"
gold_case Q9_9 "$(zeros 68)"
expect "calibrate: a type that is not there" 1 'Q9_9 7' "$BASANITE" calibrate codec --gold "$scratch/codec.json"

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

# Reference materials: the ones built in, one of one's own, and what is missed.
expect "calibrate: a material by name" 0 '^  no fault +k=?0? *0 .*exact' "$BASANITE" calibrate material/copy-k
expect "calibrate: materials of a metric" 0 '^material/flip-a: ' "$BASANITE" calibrate metric/attack_success --repeat 5
expect "calibrate: an unknown material" 2 "no reference material 'copy-j'; did you mean 'copy-k'" \
    "$BASANITE" calibrate material/copy-j
expect "calibrate: materials of an unknown metric" 2 "no metric 'atack_success'; did you mean 'attack_success'" \
    "$BASANITE" calibrate metric/atack_success
expect "calibrate: materials are listed" 0 '^material +refuse-pq +Refuses' "$BASANITE" methods material
cat >"$scratch/own.yaml" <<'END'
material: own
title: Right with p
plant: {kind: script, doses: [{p: 1}, {p: 0.8}]}
rows:
  count: 200
  columns: {id: "r{{i}}", town: "{{ ['Ashmere', 'Vintash'][i % 2] }}"}
task: {id: id, output_type: generate_until, doc_to_text: "Where does {{id}} live?", doc_to_target: town}
make: {cases: [{chance: "{p}", take: gold}, {text: Oldmarket}]}
metric: exact_match
recovers: p
tol: ci
END
expect "calibrate: a material of one's own" 0 '^  recovered +p=0.8 +exact_match +0.8000 ' \
    "$BASANITE" calibrate --material "$scratch/own.yaml"
cp "$scratch/said" "$scratch/two"
for threads in 1 3; do
    "$BASANITE" calibrate --material "$scratch/own.yaml" --threads $threads >"$scratch/said"
    check "calibrate: the same bytes with $threads threads" "they differ" cmp -s "$scratch/said" "$scratch/two"
done
sed 's/recovers: p/recovers: p - 0.05/' "$scratch/own.yaml" >"$scratch/wrong.yaml"
expect "calibrate: a wrong claim is missed" 1 \
    'missed: material/own p=1 exact_match \(expected 0.9500, found 1.0000, tolerance ci: too few intervals cover it' \
    "$BASANITE" calibrate --material "$scratch/wrong.yaml" --repeat 50
expect "calibrate: the table shows what was missed" 1 '^  MISSED +p=0.8 +exact_match +0.7500 ' \
    "$BASANITE" calibrate --material "$scratch/wrong.yaml" --repeat 50
# A broken scorer: what is right is not seen any more.
sed 's/doc_to_target: town}/doc_to_target: town, scorer: "match,mode=exact", filter_list: [{function: lowercase}]}/' \
    "$scratch/own.yaml" >"$scratch/broken.yaml"
expect "calibrate: a reader that spoils answers is caught" 1 'p=0.8 exact_match \(expected 0.8000, found 0.0000' \
    "$BASANITE" calibrate --material "$scratch/broken.yaml" --repeat 20
expect "calibrate: materials as JSON" 1 '"passed": ?false' \
    "$BASANITE" calibrate --material "$scratch/wrong.yaml" --repeat 20 --json
sed 's/recovers: p/recover: p/' "$scratch/own.yaml" >"$scratch/bad.yaml"
expect "calibrate: a key that is not known" 3 "bad.yaml:10:1: unknown key 'recover'; did you mean 'recovers'" \
    "$BASANITE" calibrate --material "$scratch/bad.yaml"
expect "calibrate: --make takes one material" 2 'writes one reference material' \
    "$BASANITE" calibrate material --make "$scratch/made"

# What is written runs like any task, and finds what repetition 0 found.
expect "calibrate: a material is written" 0 'truth.json' \
    "$BASANITE" calibrate --material "$scratch/own.yaml" --make "$scratch/made"
subject=$(sed -n 's/.*"subject": "\(.*\)",/\1/p' "$scratch/made/dose-2/truth.json")
"$BASANITE" run "$scratch/made/dose-2/task.yaml" --subject "$subject" --record "$scratch/made.db" --json --quiet \
    >"$scratch/run.json" 2>"$scratch/run.log"
found=$("$BASANITE" calibrate --material "$scratch/own.yaml" --repeat 1 --json |
    awk -F: '/"dose": "p=0.8"/ { here = 1 } here && /"found"/ { gsub(/[ ,]/, "", $2); print $2; exit }')
check "calibrate: what was written gives the same figure ($found)" "$(cat "$scratch/run.json" "$scratch/run.log")" \
    grep -Eq "\"value\": ?$found," "$scratch/run.json"
expect "calibrate: data that are built in are written, too" 0 'truth.json' \
    "$BASANITE" calibrate material/refuse-pq --make "$scratch/built"
expect "calibrate: and run from there" 0 'harmful_refusal' "$BASANITE" run "$scratch/built/dose-2/task.yaml" \
    --subject script:refuse,harmful=0.9,benign=0.05 --record "$scratch/made.db" --limit 40

if [ -d "$SHARED/models" ]; then
    gold=$SHARED/models/stories260K/golden.json
    expect "calibrate: engine" 0 '^106 ok, 0 missed, 0 skipped$' "$BASANITE" calibrate engine --gold "$gold"
    for threads in 1 2; do
        "$BASANITE" calibrate engine --gold "$gold" --threads $threads >"$scratch/engine.$threads"
    done
    check "calibrate: engine, the same bytes for 1 and 2 threads" "they differ" \
        cmp -s "$scratch/engine.1" "$scratch/engine.2"
    expect "calibrate: dpo of a real model, loss and gradients" 0 '^61 ok, 0 missed, 0 skipped$' \
        "$BASANITE" calibrate objective/dpo --gold "$gold"
    # A value that is off by more than its tolerance is missed.
    mkdir "$scratch/stories260K" && cp "$SHARED"/models/stories260K/* "$scratch/stories260K"
    sed -i 's/"mean_nll": *\([0-9]\)/"mean_nll": 1\1/' "$scratch/stories260K/golden.json"
    expect "calibrate: engine, a wrong value is missed" 1 'missed: .*mean negative log-likelihood 0' \
        "$BASANITE" calibrate engine --gold "$scratch/stories260K/golden.json"
    expect "calibrate: tokenizer" 0 '^8 ok, 0 missed, 9 skipped$' \
        "$BASANITE" calibrate tokenizer --gold "$SHARED/models"
    expect "calibrate: templates of public models" 0 '^31 ok, 0 missed, 0 skipped$' \
        "$BASANITE" calibrate template --gold "$SHARED/models/chat-templates"
    # Skipped: nine vocabularies without a file, one case of driving without its map.
    expect "calibrate: the parts that have files find them" 0 ' ok, 0 missed, 10 skipped$' \
        env BASANITE_PATH="$SHARED" "$BASANITE" calibrate engine codec codec/weights tokenizer template grammar container styledrive quote \
        scorer/refusal trustllm agent-align trustformers objective/dpo objective/trpa steer
else
    skip "calibrate: engine, tokenizer, templates" "no ../shared/data/models"
fi
if [ -d "$SHARED/compressed-trust" ]; then
    expect "calibrate: blocks made by the formats' reference" 0 '^60 ok, 0 missed, 0 skipped$' \
        "$BASANITE" calibrate codec --gold "$SHARED/compressed-trust/gguf_quant_vectors.json"
else
    skip "calibrate: blocks made by the formats' reference" "no ../shared/data/compressed-trust"
fi
if [ -d "$SHARED/benchmarks/xstest" ]; then
    expect "calibrate: refusal detector" 0 '^6 ok, 0 missed, 0 skipped$' \
        "$BASANITE" calibrate scorer/refusal --gold "$SHARED/benchmarks/xstest"
else
    skip "calibrate: refusal detector" "no ../shared/data/benchmarks/xstest"
fi
if [ -d "$SHARED/transfer-q" ]; then
    expect "calibrate: steering, problems that were counted out" 0 '^246 ok, 0 missed, 0 skipped$' \
        "$BASANITE" calibrate steer --gold "$SHARED/transfer-q"
    mkdir "$scratch/toys" && sed 's/"Z": 1/"Z": 2/' "$SHARED/transfer-q/toy_exact_a.json" >"$scratch/toys/toy_exact_a.json"
    expect "calibrate: steering, a wrong value is missed" 1 'missed' "$BASANITE" calibrate steer --gold "$scratch/toys"
else
    skip "calibrate: steering, problems that were counted out" "no ../shared/data/transfer-q"
fi
echo '[{"V": 2, "T": 40, "beta": 1}]' >"$scratch/long.json"
expect "calibrate: a toy that is too large" 3 'expected V from 2' "$BASANITE" calibrate steer --gold "$scratch/long.json"
finish
