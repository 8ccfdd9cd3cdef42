#!/bin/sh
# Trusted text from outside: several processes make the index of one; memory and threads change nothing; the page; quotes of a model that
# is held to an index, alone and through the server. quotes.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
MODEL=$ROOT/pocket/pocket.gguf
cd "$scratch" || exit 1

# Three megabytes of documents in a folder, so that 8 MiB of memory make several shards.
"$BASANITE" world make --part quotes --part statements --out world --quiet || { not_ok quotes "no world"; finish; }
mkdir texts
cp world/truth/quotes.jsonl texts/almanac.jsonl
awk 'BEGIN { srand(7); for (d = 0; d < 1500; d++) { printf "{\"id\": \"d%d\", \"text\": \"", d; for (w = 0; w < 300; w++) printf "%s%c%c%c", w ? " " : "", 97 + int(rand() * 20), 97 + int(rand() * 5), 97 + int(rand() * 20); print "\"}" } }' >texts/words.jsonl
expect "an index of a folder" 0 '^documents +3420$' "$BASANITE" quote index texts --out one.idx --quiet --check
expect "an index in shards" 0 '^shards +[2-9]' "$BASANITE" quote index texts --out many.idx --memory 8 --quiet --check
check "shards hold the same windows" "$(head -n 20 said 2>/dev/null)" test \
    "$(sed -n 's/.*"distinct": *\([0-9]*\).*/\1/p' one.idx/index.json)" = "$(sed -n 's/.*"distinct": *\([0-9]*\).*/\1/p' many.idx/index.json)"
"$BASANITE" quote index texts --out again.idx --memory 8 --threads 1 --quiet >/dev/null
check "an index made by one thread is the same" "the folders differ" diff -r many.idx again.idx
if command -v mpirun >/dev/null && "$BASANITE" doctor mpi >/dev/null 2>&1; then
    (mpi_or_skip quotes >&2; mpirun -np 2 "$BASANITE" quote index texts --out two.idx --memory 8 --quiet) >said 2>&1
    check "an index made by two processes is the same" "$(tail -n 3 said)" diff -r many.idx two.idx
else
    skip "an index made by two processes" "no Open MPI here"
fi

# Answers: copied, half copied, neither.
awk -F'"text":"' 'NR % 60 == 1 { t = substr($2, 1, length($2) - 2); printf "{\"id\": \"a%d\", \"prompt\": \"Say something of %d\", \"text\": \"%s\"}\n{\"id\": \"b%d\", \"prompt\": \"Say more\", \"text\": \"%s, and so it goes on for long\"}\n", NR, NR, t, NR, substr(t, 1, 60) }' texts/almanac.jsonl >answers.jsonl
expect "answers are scored" 0 '^quip +[0-9.]+ %' "$BASANITE" quote score answers.jsonl --index one.idx --out a.jsonl
"$BASANITE" quote score answers.jsonl --index many.idx --out b.jsonl --memory 1 --threads 1 >/dev/null
check "shards and a limit of memory change no score" "$(diff a.jsonl b.jsonl | head -n 2 | cut -c1-200)" cmp -s a.jsonl b.jsonl
"$BASANITE" quote score answers.jsonl --index one.idx --format html --out page.html >/dev/null
check "the page marks what is quoted and names its source" "" sh -c 'grep -q "<mark" page.html && grep -q "almanac.jsonl:1" page.html'
check "the page fetches nothing and runs nothing" "" sh -c '! grep -Eq "<script|src=|https?://" page.html'
awk 'BEGIN { for (i = 0; i < 6; i++) printf "{\"id\": \"h%d\", \"prompt\": \"What of thing %d?\", \"text\": \"In the register of homes, the person named Pelai Gostine is set down as living in the town called Kernorrin.\"}\n", i, i }' >hack.jsonl
expect "one sentence for every prompt is told" 0 'warning: one stretch is 100 % of all that is quoted, in answers to 6 prompts' \
    "$BASANITE" quote score hack.jsonl --index one.idx
printf '{"id": "s", "prompt": "What?", "text": "<i>In the register of homes, the person named</i> & others"}\n' >hostile.jsonl
"$BASANITE" quote score hostile.jsonl --index one.idx --format html --out hostile.html >/dev/null
check "markup in an answer is text on the page" "" sh -c '! grep -q "<i>" hostile.html && grep -q "&lt;i&gt;" hostile.html'

# A killed build leaves the index that was there.
cp -r one.idx kept.idx
"$BASANITE" quote index texts --out kept.idx --quiet >/dev/null 2>&1 &
sleep 0.05
kill -9 $! 2>/dev/null
wait $! 2>/dev/null
check "a killed build leaves the old index" "it is damaged" "$BASANITE" quote index kept.idx --check

[ -f "$MODEL" ] || { skip "quotes of a model" "this source tree has no built-in model"; finish; }
printf 'root ::= "The almanac says: \\"" [^"]+ "\\"."\n' >says.gbnf
said_of() { sed 's/.*"text":"The almanac says: \\"\([^"\\]*\)\\".*/\1/'; }
"$BASANITE" generate --prompt "Where does Gava Crelumb live?" --subject "$MODEL" --grammar says.gbnf --quotes one.idx,least=40 \
    --temperature 1 -n 6 --max-tokens 120 --seed 3 --json --quiet >quoted.json
grep -o '"text":"[^}]*"finish":"stop"' quoted.json | sed 's/^"text":"The almanac says: \\"//; s/\\"\.".*//' >quoted.txt
check "a model that is held to an index quotes" "$(cut -c1-300 quoted.json)" test "$(wc -l <quoted.txt)" -ge 3
while read -r quote; do
    [ ${#quote} -ge 39 ] && "$BASANITE" quote find one.idx "$quote" --width 39 >found 2>&1 || { not_ok "every quote stands in the text" "$quote"; break; }
    [ "$(sed -n '1s/ .*//p' found)" -ge ${#quote} ] || { not_ok "every quote stands there whole" "$quote: $(head -n 1 found)"; break; }
done <quoted.txt
"$BASANITE" generate --prompt "Where does Gava Crelumb live?" --subject "$MODEL" --grammar says.gbnf --quotes one.idx,least=40 \
    --temperature 1 -n 6 --max-tokens 120 --seed 3 --json --quiet --threads 1 --batch 2 >again.json
check "threads and batch change no quote" "they differ" cmp -s quoted.json again.json
expect "a steer that looks at tokens is not held to quotes" 2 "best-of-n" "$BASANITE" generate --prompt "Hm" --subject "$MODEL" --quotes one.idx \
    --steer cd,alpha=0.1 --reward rule,name=r2
finish
