#!/bin/sh
# Public benchmarks on a public model, where their files are: every figure has n and an interval or says why it has no value;
# baselines are exact. LIMIT=0 takes all items. benchmarks.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
LIMIT=${LIMIT:-12}
if [ ! -f "$STORIES" ]; then
    skip "benchmarks on stories260K" "no $SHARED"
    finish
fi

# spent COMMAND...: processor seconds of a command that must succeed.
spent() {
    (
        "$@" >"$scratch/said" 2>&1 || { cat "$scratch/said" >&2; exit 1; }
        times >"$scratch/times" # not in a pipe, which would be a process of its own
        sed -n 2p "$scratch/times"
    ) | awk '{ for (i = 1; i <= 2; i++) { split($i, t, /[ms]/); s += 60 * t[1] + t[2] } } END { if (NR) printf "%.2f\n", s }'
}

best=
for try in 1 2 3; do
    seconds=$(spent "$BASANITE" run twelve --subject "$STORIES" --record "$scratch/twelve$try.db" --quiet)
    [ -z "$seconds" ] || [ "$seconds" \> "${best:-99}" ] || best=$seconds
done
check "twelve questions with four choices: $best s of processor time" "expected under 2 s" \
    awk -v s="${best:-99}" 'BEGIN { exit !(s > 0 && s < 2) }'
check "twelve questions: all are answered" "another number" \
    test "$(value "$scratch/twelve1.db" "select count(*) from answers where finish != 'error'")" = 12

BASANITE_PATH=$SHARED/benchmarks
record=$scratch/three.db
expect "truthfulqa, xstest and bbq on stories260K, --limit $LIMIT" 0 "^run r[0-9]+ +truthfulqa.xstest.bbq on stories260K" \
    "$BASANITE" run truthfulqa xstest bbq --subject "$STORIES" --record "$record" --limit "$LIMIT" --baselines --quiet
check "their baselines: $(grep 'baselines: ' "$scratch/said")" "some are missed" \
    grep -Eq '^[1-9][0-9]* baselines: [1-9][0-9]* met, 0 missed' "$scratch/said"
figures=$(value "$record" "select count(*) from figures")
check "their $figures figures have n and interval, or a reason" "some have not" test \
    "$(value "$record" "select count(*) from figures where case when value is null or lo is null \
then coalesce(null_reason, '') = '' else lo is null or hi is null or coalesce(n, 0) = 0 or not (lo <= value and value <= hi) or method is null end")" = 0
check "figures of all four tasks" "some are missing" \
    test "$(value "$record" "select count(distinct task) from figures where value is not null")" = 4
expect "the run verifies" 0 "^verified" "$BASANITE" record verify --record "$record"
finish
