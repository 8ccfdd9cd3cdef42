#!/bin/sh
# The files of docs/add-a-method.md: each C file compiles as it stands, beside the headers that it names, and each other file
# has a place to go to. add_method.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
page=$ROOT/docs/add-a-method.md
cc=${CC:-cc}
command -v "${cc%% *}" >/dev/null || { skip "files of $page compile" "no compiler"; finish; }

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
    sh -c 'test "$(grep -c "[.]c$" files)" = 4 && test "$(grep -vc "[.]c$" files)" -ge 3'
while read -r file; do
    kept=$(echo "$file" | tr / %)
    check "add-a-method: there is a place for $file, and nothing there" "it is there already" \
        sh -c 'test -d "$1" && test ! -e "$2"' sh "$ROOT/$(dirname "$file")" "$ROOT/$file"
    case $file in
    *.c)
        cp "$kept" one.c
        expect "add-a-method: $file compiles" 0 '^compiled' sh -c '
            $1 -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only -I"$2/src" $(pkg-config --cflags jansson) one.c && echo compiled' sh "$cc" "$ROOT"
        ;;
    esac
done <files

# The places that the page names.
for place in src/measure/score/scorer_internal.h src/measure/score/scorers.c src/measure/causal/effect_internal.h \
    src/measure/causal/estimators.c src/formalize/domain/domain.h src/formalize/domain/domain.c \
    src/formalize/contract/checker_internal.h src/formalize/contract/checker.c src/measure/material/calibrate_effect.c \
    src/cli/calibrate_contracts.c src/measure/data/lint.c src/measure/trace/audit.c; do
    check "add-a-method: $place" "not there, or the page does not name it" \
        sh -c 'test -f "$1/$2" && grep -q "$2" "$1/docs/add-a-method.md"' sh "$ROOT" "$place"
done
finish
