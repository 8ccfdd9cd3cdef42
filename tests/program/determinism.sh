#!/bin/sh
# Figures, answers and the evidence chain are the same bytes for any number of threads, any batch size, and with shared
# beginnings computed once or anew. determinism.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"

# one_run RECORD SUBJECT SUITES OPTION...: leaves RECORD.figures, RECORD.chain and RECORD.answers.
one_run() {
    record=$1 subject=$2 suites=$3
    shift 3
    # shellcheck disable=SC2086
    "$BASANITE" run $suites --subject "$subject" --record "$record" --run same --quiet "$@" >"$scratch/log" 2>&1 ||
        { cat "$scratch/log" >&2; return 1; }
    figures "$record" same >"$record.figures"
    chain "$record" same >"$record.chain"
    answers "$record" same >"$record.answers"
}

# compare NAME SUBJECT SUITES LIMIT WAYS: each way THREADS/BATCH/SHARING against the first one.
compare() {
    first=
    for way in $5; do
        threads=${way%%/*} rest=${way#*/}
        batch=${rest%%/*} flag=
        [ "${rest#*/}" = on ] || flag=--no-prefix-sharing
        record=$scratch/$1-$(echo "$way" | tr / -).db
        # shellcheck disable=SC2086
        if ! one_run "$record" "$2" "$3" --limit "$4" --threads "$threads" --batch "$batch" $flag; then
            not_ok "$1, $way" "the run failed"
        elif [ -z "$first" ]; then
            first=$record
            check "$1, $way: there is something to compare" "no figures, chain or answers" \
                test -s "$first.figures" -a -s "$first.chain" -a "$(wc -l <"$first.answers")" -gt 10
        elif ! cmp -s "$record.figures" "$first.figures"; then
            not_ok "$1, $way" "other figures than with the first settings"
        elif ! cmp -s "$record.chain" "$first.chain" || ! cmp -s "$record.answers" "$first.answers"; then
            not_ok "$1, $way" "other answers or another evidence chain than with the first settings"
        else
            ok "$1, threads/batch/sharing $way"
        fi
    done
}

tiny_model "$scratch/tiny.gguf" || { not_ok determinism "no model could be made"; finish; }
compare random "$scratch/tiny.gguf" small 8 \
    "1/1/on 1/7/on 1/64/on 1/1/off 1/7/off 1/64/off 2/1/on 2/7/on 2/64/on 2/1/off 2/7/off 2/64/off"

if [ -f "$STORIES" ]; then
    BASANITE_PATH=$SHARED/benchmarks
    compare stories260K "$STORIES" "truthfulqa xstest bbq" 2 "1/1/on 2/7/off 1/64/off 2/64/on"
else
    skip "determinism of stories260K" "no $SHARED"
fi
# Resamples and exchanges of a comparison are made by as many threads as there are: figures of fractions, which need them.
for subject in pocket pocket-help; do
    "$BASANITE" run demo --limit 12 --subject $subject --record "$scratch/compared.db" --run $subject --quiet >/dev/null 2>&1
done
for threads in 1 2 5; do
    "$BASANITE" compare pocket pocket-help --record "$scratch/compared.db" --threads $threads --json >"$scratch/compared.$threads" 2>/dev/null
done
check "a comparison: some of its rows are resampled" "none" grep -q '"paired-bootstrap,B=1000' "$scratch/compared.1"
for threads in 2 5; do
    check "a comparison, $threads threads: the same bytes as with one" "they differ" cmp -s "$scratch/compared.1" "$scratch/compared.$threads"
done
finish
