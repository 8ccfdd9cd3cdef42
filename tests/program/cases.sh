#!/bin/sh
# Runs tests/cases/*.case, each in a folder of its own that holds tiny.gguf (a random model) and sample.db (a record with
# the runs `constant` and `oracle` of the suite `small`). cases.sh BASANITE SOURCE_ROOT
#
# A case is lines; what a line is, its first character says:
#
#   # what the case shows (its first line is the name)
#   @ NAME    a file; its lines follow, each behind "| "
#   $ LINE    a command line for the shell; `basanite` is the program, beside it are patch_at and offset_of (below)
#   < TEXT    a line of its standard input
#   > TEXT    a line of its standard output, exactly; all of them, in order
#   ~ ERE     some line of the standard output fits
#   ! ERE     the one message on standard error fits
#   = N       its exit code; 0 where nothing is said
. "$(dirname "$0")/lib.sh"

tiny_model "$scratch/tiny.gguf" || { not_ok cases "no model could be made"; finish; }
for script in constant oracle; do
    "$BASANITE" run small --subject "script:$script" --record "$scratch/sample.db" --run $script --quiet >/dev/null ||
        { not_ok cases "no record could be made"; finish; }
done
mkdir "$scratch/bin"
ln -s "$BASANITE" "$scratch/bin/basanite"
cat >"$scratch/bin/patch_at" <<'END'
#!/bin/sh
# patch_at FILE OFFSET BYTES: overwrites; BYTES as printf takes them.
printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
END
cat >"$scratch/bin/offset_of" <<'END'
#!/bin/sh
# offset_of FILE TEXT: where the text first stands.
LC_ALL=C grep -abo -- "$2" "$1" | head -n 1 | cut -d: -f1
END
chmod +x "$scratch/bin/patch_at" "$scratch/bin/offset_of"
PATH=$scratch/bin:$PATH
BASANITE_PATH=$DATA

fault() { why=${why:-line $asked_at: $1}; } # the first of a case is told

# Runs the command that was read, and compares.
close_command() {
    [ -n "$command" ] || return 0
    (cd "$folder" && sh -c "$command" <"$scratch/in" >"$scratch/out" 2>"$scratch/err")
    found=$?
    [ $found -eq "$code" ] || fault "exit code $found instead of $code ($(tail -n 1 "$scratch/err"))"
    [ ! -s "$scratch/lines" ] || cmp -s "$scratch/lines" "$scratch/out" ||
        fault "other output: $(diff "$scratch/lines" "$scratch/out" | grep '^[<>]' | head -n 2 | tr '\n' ' ')"
    while IFS= read -r pattern; do
        grep -Eq -- "$pattern" "$scratch/out" || fault "no line of the output fits '$pattern'"
    done <"$scratch/patterns"
    messages=$(grep -c '^basanite' "$scratch/err")
    if [ "$code" -ne 0 ] && [ "$messages" -ne 1 ]; then fault "$messages messages instead of one"; fi
    [ -z "$message" ] || grep -Eq -- "$message" "$scratch/err" ||
        fault "no message fits '$message': $(tail -n 1 "$scratch/err")"
    command=
}

run_case() {
    folder=$scratch/$(basename "$1" .case)
    mkdir "$folder"
    ln -s "$scratch/tiny.gguf" "$folder/tiny.gguf"
    cp "$scratch/sample.db" "$folder/sample.db"
    name= why= command= file= at=0 commands=0
    while IFS= read -r line || [ -n "$line" ]; do
        at=$((at + 1))
        rest=${line#??}
        case $line in
        '#'*) [ -n "$name" ] || name=$rest ;;
        '@ '*) close_command; file=$folder/$rest; : >"$file" ;;
        '|'*) printf '%s\n' "$rest" >>"$file" ;;
        '$ '*)
            close_command
            command=$rest code=0 message= asked_at=$at commands=$((commands + 1))
            : >"$scratch/in"; : >"$scratch/lines"; : >"$scratch/patterns"
            ;;
        '<'*) printf '%s\n' "$rest" >>"$scratch/in" ;;
        '>'*) printf '%s\n' "$rest" >>"$scratch/lines" ;;
        '~ '*) printf '%s\n' "$rest" >>"$scratch/patterns" ;;
        '! '*) message=$rest ;;
        '= '*) code=$rest ;;
        '') ;;
        *) asked_at=$at; fault "not a line of a case: $line" ;;
        esac
    done <"$1"
    close_command
    rm -rf "$folder"
    [ $commands -gt 0 ] || why="it runs nothing"
    if [ -n "$why" ]; then not_ok "case $(basename "$1" .case)" "$why"; else ok "case $(basename "$1" .case): $name"; fi
}

n=0
for case in "$ROOT"/tests/cases/${CASES:-*}.case; do
    run_case "$case"
    n=$((n + 1))
done
[ -n "${CASES:-}" ] || check "all cases" "only $n files" test $n -ge 60
finish
