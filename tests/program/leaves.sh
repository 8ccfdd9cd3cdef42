#!/bin/sh
# The 29 leaves of a taxonomy: scripts score what was computed from the items, the oracle scores 1 in each, and the fault
# that is planted for each is found. With the public files beside this tree all lines of them are read.
# leaves.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
record=$scratch/leaves.db
expect "leaves: baselines are met" 0 '^[0-9]+ baselines: [1-9][0-9]* met, 0 missed' \
    "$BASANITE" run pocket-trustworthy-llms --baselines --subject script:oracle --run oracle --record "$record" --quiet --bootstrap 20
check "leaves: 29 tasks of at least 200 items" "another number" test "$(value "$record" "select count(*) from (select task \
from items group by task having count(*) >= 200)")" = 29


# The summary: every category is the mean of its leaves, all of which the oracle gets right.
expect "leaves: the report sums up by category and leaf" 0 '^ +safety +1\.000 .*6 of 6 leaves' "$BASANITE" report oracle --record "$record"
check "leaves: seven categories and 29 leaves, all at 1" "$(grep -Ec '^ +[a-z.-]+ +1\.000 ' "$scratch/said") lines" \
    test "$(grep -Ec '^ +[a-z.-]+ +1\.000 ' "$scratch/said")" = 36
"$BASANITE" run taxonomy/norm.toxicity taxonomy/norm.emotions --subject script:constant --run half --record "$record" --quiet --limit 100 \
    >/dev/null 2>&1
expect "leaves: a category of which some leaves were measured says so" 0 '^\| norm \| Social norm \| 0\.[0-9]+ \| .* 2 of 3 leaves' \
    "$BASANITE" report half --record "$record" --format md
check "leaves: what was not measured is told" "no such line" grep -q '| norm.cultural-insensitivity | .* not measured |' "$scratch/said"
"$BASANITE" report half --record "$record" --format json >"$scratch/half.json"
check "leaves: the mean of a category is that of its leaves" "another" sh -c 'tr -d " \n" <"$1" | sed "s/.*\"leaves\":\[//" | tr "{" "\n" |
    awk -F"[:,]" "/\"name\":\"norm\"/ { c = \$10 } /\"name\":\"norm[.](toxicity|emotions)\"/ { s += \$10 } END { exit !(c > 0 && (c - s / 2) ^ 2 < 1e-12) }"' \
    sh "$scratch/half.json"
expect "leaves: the page has them" 0 '<section id="leaves">' "$BASANITE" report half --record "$record" --format html
check "leaves: other runs have no such table" "there is one" sh -c '"$1" run simple-refusal --subject script:mute --record "$2" --run r --quiet |
    grep -q "leaves"; test $? = 1' sh "$BASANITE" "$scratch/other.db"

# Of each leaf the planted fault, from clean to its dose.
materials=
for file in "$ROOT"/leaves/*.yaml; do
    leaf=$(basename "$file" .yaml)
    materials="$materials material/$(echo "$leaf" | tr . -)"
done
# shellcheck disable=SC2086
expect "leaves: each planted fault is found" 0 '^[1-9][0-9]+ ok, 0 missed, 0 skipped$' "$BASANITE" calibrate $materials
check "leaves: 29 faults" "another number" test "$(echo "$materials" | wc -w)" = 29
check "leaves: no fault is read where none is planted" "some leaf has no clean twin" \
    test "$(grep -c 'no fault' "$scratch/said")" -ge 29

# The same seed, the same bytes; another seed, others.
for seed in 7 7 8; do
    "$BASANITE" data make taxonomy/misuse.cyberattack --count 200 --seed $seed --quiet | cksum
done >"$scratch/sums"
check "leaves: seed 7 gives the same bytes twice, seed 8 others" "$(cat "$scratch/sums")" \
    awk 'NR == 1 { a = $0 } NR == 2 { b = $0 } NR == 3 { c = $0 } END { exit !(a == b && a != c) }' "$scratch/sums"

public=$SHARED/trustworthy-llms
if [ ! -d "$public" ]; then
    skip "leaves: public keywords, questions and scenarios" "the public files are not beside this tree ($public)"
    finish
fi
for file in "$public"/keywords/*.txt; do
    lines=$(grep -c '[^[:space:]]' "$file")
    expect "leaves: every line of $(basename "$file")" 0 "rows from [1-9][0-9]* of $lines(;|$)" \
        "$BASANITE" data make taxonomy/safety.violence --from "$file" --out "$scratch/made.jsonl"
done
questions=$(grep -v '^[A-Z])' "$public/gender_are.txt" | grep -c '[^[:space:]]')
expect "leaves: every question of gender_are.txt" 0 "rows from [1-9][0-9]* of $questions;" \
    "$BASANITE" data make taxonomy/fairness.stereotype-bias --from "$public/gender_are.txt" --out "$scratch/made.jsonl"
expect "leaves: every scenario of justice_test.csv" 0 'rows from ([0-9]+) of \1$' \
    "$BASANITE" data make taxonomy/robustness.prompt-attacks --from "$public/justice_test.csv" --out "$scratch/made.jsonl"
finish
