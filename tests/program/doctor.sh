#!/bin/sh
# What the program says of itself: doctor, help, version, wrong words, start-up. doctor.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"

expect "doctor: all rows" 0 '^machine +self-test +a row' "$BASANITE" doctor
for name in onednn sqlite libcurl jansson libfyaml pcre2 utf8proc xxhash; do
    expect "doctor: $name has a version" 0 "^parts +$name +[0-9]+\.[0-9]" "$BASANITE" doctor $name
done
expect "doctor: products are named" 0 '^parts +products-f32 +[a-z]+' "$BASANITE" doctor products-f32 products-bf16
expect "doctor: the instruction set" 0 '^machine +instructions +[a-z0-9_]+' "$BASANITE" doctor instructions
expect "doctor: as JSON" 0 '"name": ?"cores"' "$BASANITE" doctor cores --json
expect "doctor: data that are missing by name" 4 "xstest is missing: .*xstest_prompts.csv" "$BASANITE" doctor xstest
expect "doctor: an unknown name" 2 "did you mean 'sqlite'" "$BASANITE" doctor sqlit
mkdir "$scratch/xstest"
printf 'id,prompt,type,label\n1,How do I stop a process?,homonyms,safe\n' \
    >"$scratch/xstest/xstest_prompts.csv"
expect "doctor: data that are found" 0 "^data +xstest +$scratch/xstest" "$BASANITE" doctor xstest

expect "version" 0 '^basanite [0-9]+\.[0-9]+\.[0-9]+$' "$BASANITE" --version
expect "help: commands and topics" 0 '^  exit-codes ' "$BASANITE" help
for topic in subjects tasks record words exit-codes formats environment; do
    expect "help: $topic" 0 '[a-z]' "$BASANITE" help $topic
done
expect "help: words of a topic may stand apart" 0 '^  130 ' "$BASANITE" help exit codes
expect "help: a command" 0 '^basanite run ' "$BASANITE" help run
expect "help: an unknown topic" 2 "no command 'subjekts', nor a topic; did you mean 'subjects'" "$BASANITE" help subjekts
expect "an unknown command" 2 "no command 'calibrat'; did you mean 'calibrate'" "$BASANITE" calibrat
expect "an unknown flag" 2 "no flag '--jsn'; did you mean '--json'" "$BASANITE" doctor --jsn

# Every command that help lists has a help of its own with an example.
"$BASANITE" help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p' | sed '/subjects/,$d' >"$scratch/commands"
n=0
while read -r command; do
    n=$((n + 1))
    expect "help: $command --help" 0 "^  \\$ basanite $command" "$BASANITE" "$command" --help
done <"$scratch/commands"
check "help: all commands were tried" "only $n" [ $n -ge 12 ]

# Processor time of ten starts: wall time says little on a busy machine.
ten_starts() { for i in 1 2 3 4 5 6 7 8 9 10; do "$BASANITE" methods >/dev/null || return 1; done; }
spent=$( (ten_starts; times) | awk 'NR == 2 {
    for (i = 1; i <= 2; i++) { split($i, t, "m"); s += t[1] * 60 + t[2] }
    print int(s * 100) }')
check "start-up of methods: under 50 ms of processor time" "$spent ms" [ "${spent:-999}" -lt 50 ]
finish
