#!/bin/sh
# Task files in the words of lm-evaluation-harness, one for each construct (tests/lm_eval). What a file must do, its first
# lines say:
#   # runs: SCRIPT FIGURE VALUE   with script:SCRIPT (_ stands for a blank) the figure has this value, and can be verified
#   # asks: TEXT                  the first prompt, as it is sent, holds this
#   # refused: LINE ERE           exit code 3, and the message names FILE:LINE and why
# lm_eval.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
TASKS=$ROOT/tests/lm_eval
cd "$TASKS" || exit 1

runs() { # FILE NAME SCRIPT FIGURE VALUE
    script=$(printf '%s' "$3" | tr _ ' ')
    if ! "$BASANITE" run "$1" --subject "script:$script" --record "$scratch/$2.db" --quiet --bootstrap 20 >"$scratch/said" 2>&1; then
        not_ok "$2" "$(tail -n 1 "$scratch/said")"
        return
    fi
    found=$(value "$scratch/$2.db" "select printf('%.6g', min(value)) from figures where name = '$4' and grp = ''")
    check "$2: $4 of $3" "found $found, expected $5" test "$found" = "$5"
    check "$2: what the record keeps suffices" "$(tail -n 1 "$scratch/said")" \
        sh -c "'$BASANITE' record verify --record '$scratch/$2.db' >'$scratch/said' 2>&1"
}

n=0
for file in *.yaml; do
    name=${file%.yaml}
    n=$((n + 1))
    while IFS= read -r line; do
        rest=${line#\# *: }
        case $line in
        '# runs: '*)
            value=${rest##* }
            rest=${rest% *}
            runs "$file" "$name" "${rest% *}" "${rest##* }" "$value"
            ;;
        '# asks: '*)
            "$BASANITE" run "$file" --subject script:oracle --dry-run --json --record "$scratch/dry.db" >"$scratch/plan" 2>&1
            tr -d '\n' <"$scratch/plan" | sed 's/  *"/ "/g; s/\[ "/["/g; s/", "/","/g; s/"  *\]/"]/g' >"$scratch/line"
            check "$name: asks what it should" "no '$rest' in $(cut -c 1-600 "$scratch/line")" grep -qF -- "$rest" "$scratch/line"
            ;;
        '# refused: '*) expect "$name: is refused, with its place" 3 "$file:${rest%% *}(:[0-9]+)?: .*${rest#* }" \
            "$BASANITE" run "$file" --subject script:oracle --record "$scratch/no.db" ;;
        *) break ;;
        esac
    done <"$file"
done
check "a file for each construct" "only $n" test $n -ge 55
finish
