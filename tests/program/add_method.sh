#!/bin/sh
# The files of docs/add-a-method.md have a place to go to, and what it names is there (tests/unit/docs compiles them and runs
# them). add_method.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
page=$ROOT/docs/add-a-method.md

# A fenced block behind a line that names a file in backquotes and ends with a colon is that file.
cd "$scratch" || exit 1
awk '
    /^```/ { if (inside) { inside = 0; close(file); file = "" } else { inside = 1; if (file) print file } next }
    inside && file { name = file; gsub("/", "%", name); print >name; next }
    /:$/ { # the last one of the line
        for (file = ""; match($0, /`[^` ]+\/[^` ]+`/); $0 = substr($0, RSTART + RLENGTH)) file = substr($0, RSTART + 1, RLENGTH - 2)
        next
    }
    /^$/ { next }
    { file = "" }' "$page" >files
check "add-a-method: a scorer, an estimator, a domain, a checker and what goes with them" "$(tr '\n' ' ' <files)" \
    sh -c 'test "$(grep -c "[.]c$" files)" = 5 && test "$(grep -vc "[.]c$" files)" -ge 3'
while read -r file; do
    check "add-a-method: there is a place for $file" "no such folder" test -d "$ROOT/$(dirname "$file")"
done <files

# The places that the page names.
for place in src/measure/score/scorer_internal.h src/measure/score/scorers.c src/measure/causal/effect_internal.h \
    src/measure/causal/estimators.c src/formalize/domain/domain.h src/formalize/domain/domain.c \
    src/formalize/contract/checker_internal.h src/formalize/contract/checker.c src/measure/material/calibrate_effect.c \
    src/measure/data/lint.c src/measure/trace/audit.c; do
    check "add-a-method: $place" "not there, or the page does not name it" \
        sh -c 'test -f "$1/$2" && grep -q "$2" "$1/docs/add-a-method.md"' sh "$ROOT" "$place"
done
finish
