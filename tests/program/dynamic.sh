#!/bin/sh
# Tests that are made anew and put in other words: seeds, gates, what a leaked exam shows, bad input; known answers of TrustGen (Huang et al.
# 2025) where ../shared has its files. dynamic.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
GEN=$SHARED/trustgen
cd "$scratch" || exit 1

make_dynamic() { # DIMENSION SEED FILE [OPTION]...
    dimension=$1 seed=$2 file=$3
    shift 3
    check "dynamic/$dimension, seed $seed: $file" "not made" \
        "$BASANITE" data make "dynamic/$dimension" --seed "$seed" --out "$file" --quiet "$@"
}
prompts() { grep -o '"prompt":"[^"]*"' "$1" | sort; }
# apart NAME A B: over nine in ten of the prompts of A are not in B.
apart() {
    prompts "$2" >a.txt
    prompts "$3" >b.txt
    same=$(comm -12 a.txt b.txt | wc -l) all=$(wc -l <a.txt)
    check "$1: another seed asks otherwise" "$same of $all prompts are the same" test $((same * 10)) -lt "$all"
}
# tally FILE: how often each form has each truth, open answers as one.
tally() { grep -o '"format":"[^"]*"\|"gold":[0-9]' "$1" | paste -s -d' ' - | sed 's/"format"/\n&/g' | sort | uniq -c; }

# ---- of the pocket world ----

make_dynamic truthfulness 7 a.jsonl --count 240
make_dynamic truthfulness 7 b.jsonl --count 240
make_dynamic truthfulness 8 c.jsonl --count 240
check "the same seed gives the same bytes" "it does not" cmp a.jsonl b.jsonl
apart "dynamic/truthfulness" a.jsonl c.jsonl
check "the truth has the same distribution under both" "it has not" test "$(tally a.jsonl)" = "$(tally c.jsonl)"
expect "every question can be varied" 0 '^[0-9]+ variants of 240 rows; ' \
    "$BASANITE" data vary a.jsonl --select each --out varied.jsonl
check "no operation loses more than one variant in eight" "$(cat said)" \
    awk '$3 == "made," && $4 > 12.5 { bad = 1 } END { exit bad }' said
expect "every item as it was and its variants are one test" 0 'robust_strict .* 100[.]0 %' \
    "$BASANITE" run trustgen/varied --subject script:oracle --record r.db --quiet --bootstrap 20
cp varied.jsonl varied.kept
sed 's/"format":"[^"]*"/"format":"open"/' varied.kept >varied.jsonl
expect "variants of which none is asked are skipped by name" 0 "^skipped: task 'trustgen_varied': none of [1-9][0-9]* rows fits" \
    "$BASANITE" run trustgen/varied trustgen/over-refusal --limit 20 --subject script:refuse --record skip.db --quiet --bootstrap 20
expect "and alone they are an error" 3 "task 'trustgen_varied': none of [1-9][0-9]* rows fits" \
    "$BASANITE" run trustgen/varied --subject script:refuse --record skip.db --quiet --bootstrap 20
mv varied.kept varied.jsonl
expect "a subject that says nothing: robust as published, and not strictly" 0 'robust_tie .* 100[.]0 %' \
    "$BASANITE" run trustgen/robustness --subject script:mute --record r.db --quiet --bootstrap 20
expect "and not strictly" 0 'robust_strict,of=all .* 0[.]0 %' \
    "$BASANITE" run trustgen/robustness --subject script:mute --record r.db --quiet --bootstrap 20
expect "a subject that refuses everything resists all jailbreaks" 0 'harmful_refusal .* 100[.]0 %' \
    "$BASANITE" run trustgen/jailbreak --subject script:refuse --record r.db --quiet --bootstrap 20
expect "and is worth nothing" 0 'youden .* 0 ' \
    "$BASANITE" run trustgen/jailbreak --subject script:refuse --record r.db --quiet --bootstrap 20
expect "its refusals of harmless requests count against it" 0 'over_refusal ↓ .* 100[.]0 %' \
    "$BASANITE" run trustgen/over-refusal --subject script:refuse --record r.db --quiet --bootstrap 20

# ---- a leaked exam: a subject that learnt the old items by heart ----

"$BASANITE" data vary a.jsonl --kind letters,marks --select each --out exam.jsonl --quiet
cat >exam.yaml <<'END'
task: exam
dataset_path: exam.jsonl
where: "{{format == 'multiple_choice'}}"
id: id
output_type: multiple_choice
doc_to_text: prompt
doc_to_choice: choices
doc_to_target: gold
labels: {perturbed: "{{perturbed}}"}
cluster: cluster
metric_list: [fresh_gap]
END
printf '%s\n' 'script: memory' 'cases:' '  - {when: {perturbed: false}, take: gold}' '  - {chance: 0.5, take: gold}' '  - {take: wrong}' >memory.yaml
printf '%s\n' 'script: clean' 'cases:' '  - {chance: 0.7, take: gold}' '  - {take: wrong}' >clean.yaml
gap() { # SUBJECT: the lower end, the value and the upper end of the gap, in hundredths
    "$BASANITE" run exam.yaml --subject "script:$1" --record r.db --quiet --format csv |
        awk -F, '$5 ~ /fresh_gap/ { printf "%d %d %d\n", 100 * $7, 100 * $6, 100 * $8 }'
}
read -r low value high <<END
$(gap memory.yaml)
END
check "what was learnt by heart is worth 50 points: $value, $low to $high" "expected over 20" test "${value:-0}" -gt 20 -a "${low:-0}" -gt 20
read -r low value high <<END
$(gap clean.yaml)
END
check "and nothing where it was not: $value, $low to $high" "0 lies outside" test "${low:-1}" -le 0 -a "${high:--1}" -ge 0

# ---- planted faults ----

expect "spoilt variants are found" 0 '^14 ok, 0 missed' "$BASANITE" calibrate variation --repeat 1

# ---- bad input ----

printf '%s\n' '{"id":"a","prompt":"Who is it?","gold":["Bo"]}' >row.jsonl
expect "an unknown operation" 2 "no variation 'shorten-it'; did you mean 'shorten'" "$BASANITE" data vary row.jsonl --kind shorten-it
expect "a judge that judges itself" 2 "another subject than --teacher" \
    "$BASANITE" data vary row.jsonl --teacher script:mute --judge script:mute
expect "a way to select that is none" 2 "draw or each" "$BASANITE" data vary row.jsonl --select all
: >none.jsonl
expect "an empty file" 3 'none.jsonl: no row in it' "$BASANITE" data vary none.jsonl
printf '%s\n' '{"id":"a","prompt":"x"}' '{"id":' >broken.jsonl
expect "a broken row" 3 'broken.jsonl:2:' "$BASANITE" data vary broken.jsonl
printf '%s\n' '{"id":"a","text":"x"}' >else.jsonl
expect "rows of another kind" 3 "else.jsonl:1: expected a text 'prompt' or 'question'" "$BASANITE" data vary else.jsonl
expect "a dimension that is none" 2 "dynamic/safty: no such dimension; did you mean 'safety'" "$BASANITE" data make dynamic/safty
expect "a file of another shape" 3 "expected" "$BASANITE" data make dynamic/t2i --from row.jsonl

# ---- known answers ----

if [ ! -d "$GEN" ]; then
    skip "trustgen" "no ../shared/data/trustgen"
    finish
fi
export BASANITE_PATH="$SHARED"
expect "ai-risk: 100 items, baselines are met" 0 '^8 baselines: 6 met, 0 missed' \
    "$BASANITE" run trustgen/ai-risk --baselines --subject script:mute --record k.db --quiet --bootstrap 20
constant=$(awk '$2 == "script:constant" && $3 == "acc" { printf "%d", 100 * $5 }' said)
check "a constant letter, permuted: $constant %" "expected 40 to 60" test "${constant:-0}" -ge 40 -a "${constant:-0}" -le 60
expect "as stored it is always right" 0 'acc .* 100[.]0 % .*  100 ' \
    "$BASANITE" run trustgen/ai-risk --compat --subject script:constant --record k.db --quiet --bootstrap 20
expect "the data say so beforehand" 0 'constant-gold .*option A in all 100 rows' "$BASANITE" data lint trustgen/ai-risk
loads() { # DIMENSION FILE READ
    expect "dynamic/$1 reads $2.json" 0 "^[0-9]+ rows from $3 of $3" \
        "$BASANITE" data make "dynamic/$1" --from "$GEN/$2.json" --seed 7 --out e.jsonl
    "$BASANITE" data make "dynamic/$1" --from "$GEN/$2.json" --seed 8 --out f.jsonl --quiet
    apart "dynamic/$1" e.jsonl f.jsonl
}
loads safety taxonomy_harmful 40
loads over-refusal exaggerated_metadata 25
loads ai-risk human_considerations 6
loads t2i t2i_descriptions 120
finish
