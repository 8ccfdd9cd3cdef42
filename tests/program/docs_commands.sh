#!/bin/sh
# Runs every `basanite` command line that stands in indented or fenced code of README.md and docs/*.md, in one folder, as a
# reader would who goes through README, docs/start.md and then the other pages. Of `make` lines only the target is looked up.
# docs_commands.sh BASANITE SOURCE_ROOT FAULT_SERVER|"" [only|but PAGE...]
#
# Pages that take long and stand by themselves are tests of their own (only), beside the one with all others (but), so that they
# run side by side; a page that nobody names is among the others.
#
# A line must end with exit code 0, or with the one that its comment names ("# exit 1"); a comment "# takes ..." (hours) makes
# it a --dry-run. A fenced block behind a line that names a file in backquotes and ends with a colon is that file. The test
# itself provides model.gguf and a server, at a free port in place of http://127.0.0.1:8080/v1.
. "$(dirname "$0")/lib.sh"

mkdir "$scratch/bin" "$scratch/here"
ln -s "$BASANITE" "$scratch/bin/basanite"
PATH=$scratch/bin:$PATH
unset BASANITE_PATH
cd "$scratch/here" || exit 1
if [ -f "$ROOT/pocket/pocket.gguf" ]; then
    cp "$ROOT/pocket/pocket.gguf" model.gguf
else
    tiny_model "$scratch/here/model.gguf" || { not_ok docs "no model could be made"; finish; }
    BASANITE_SUBJECT=model.gguf
    export BASANITE_SUBJECT
    skip "docs on the built-in model" "this source tree has none; a random model stands in for it"
fi
for suite in demo simple-refusal; do
    "$BASANITE" methods suite/$suite >/dev/null 2>&1 && continue
    skip "command lines of the docs" "the suite $suite, which the pages use, is not part of this build"
    finish
done
endpoint=
if [ -n "$SERVER" ]; then
    if fresh_server --model my-model --life 3000; then endpoint=$url; fi
fi

# serve_line PLACE LINE: starts our own server and waits until it is there.
own=
serve_line() {
    stop_own
    line=$(printf '%s\n' "$2" | sed 's/--port [0-9]*/--port 0/')
    : >"$scratch/own.url"
    sh -c "exec $line" </dev/null >"$scratch/own.url" 2>"$scratch/said" &
    own=$!
    servers="$servers $own"
    if wait_for 60 test -s "$scratch/own.url"; then ok "$1: $2"; else not_ok "$1: $2" "$(tail -n 1 "$scratch/said")"; fi
}
stop_own() {
    [ -n "$own" ] || return 0
    kill "$own"
    wait "$own" || not_ok "docs: the server ends" "exit code $?"
    own=
}

run_line() { # PLACE COMMAND
    comment=$(printf '%s\n' "$2" | sed -n 's/.*[[:space:]]#[[:space:]]\(.*\)$/\1/p')
    line=$(printf '%s\n' "$2" | sed 's/[[:space:]]#[[:space:]].*$//; s/[[:space:]]*$//')
    expected=$(printf '%s\n' "$comment" | sed -n 's/.*exit \([0-9][0-9]*\).*/\1/p')
    case $line in
    make*)
        target=$(echo "$line" | awk '{ for (i = 2; i <= NF; i++) if ($i !~ /=/) { print $i; exit } }')
        check "$1: $line" "the Makefile has no target '$target'" grep -q "^${target:-all}:" "$ROOT/Makefile"
        return
        ;;
    "basanite serve "*)
        serve_line "$1" "$line"
        return
        ;;
    *http://127.0.0.1:8080/v1*)
        if [ -n "$own" ]; then line=$(printf '%s\n' "$line" | sed "s|http://127.0.0.1:8080/v1|$(cat "$scratch/own.url")|"); fi
        ;;
    esac
    case $line in
    curl*)
        if ! command -v curl >/dev/null; then skip "$1: $line" "curl is not installed"; return; fi
        line="$line --fail"
        ;;
    *http://127.0.0.1:8080/*)
        if [ -z "$endpoint" ]; then skip "$1: $line" "the test server was not built (libmicrohttpd)"; return; fi
        line=$(printf '%s\n' "$line" | sed "s|http://127.0.0.1:8080/v1#[A-Za-z0-9_.-]*|$endpoint#my-model|")
        ;;
    esac
    case $comment in *takes*) line="$line --dry-run" ;; esac
    timeout "${LINE_SECONDS:-120}" sh -c "$line" </dev/null >"$scratch/said" 2>&1
    code=$?
    if [ $code -eq "${expected:-0}" ]; then
        ok "$1: $line"
    else
        not_ok "$1: $line" "exit code $code instead of ${expected:-0}: $(tail -n 1 "$scratch/said")"
    fi
}

# pages WHICH PAGE...: the pages of this test, in order.
pages() {
    which=$1
    shift
    if [ "$which" = only ]; then
        printf '%s\n' "$@"
        return
    fi
    for page in README.md docs/start.md "$ROOT"/docs/*.md; do
        page=${page#"$ROOT"/}
        case " $seen $* " in *" $page "*) continue ;; esac
        seen="$seen $page"
        echo "$page"
    done
}

commands=0 seen=
if [ $# -gt 3 ]; then shift 3; else set --; fi
[ $# -gt 0 ] || set -- but
for page in $(pages "$@"); do
    if ! [ -f "$ROOT/$page" ]; then not_ok "docs: $page" "there is no such page"; continue; fi
    read_page "$ROOT/$page" "$scratch/here" >"$scratch/lines"
    while IFS='	' read -r place line; do
        commands=$((commands + 1))
        run_line "$place" "$line"
    done <"$scratch/lines"
    stop_own
done
check "docs: command lines are found" "only $commands" test $commands -ge 4
finish
