#!/bin/sh
# Pictures that are made, corrupted, and refused. corrupt.sh BASANITE SOURCE_ROOT
. "$(dirname "$0")/lib.sh"
cd "$scratch" || exit 1

# digests DIR: of all files below it, by their names.
digests() { (cd "$1" && find . -type f | LC_ALL=C sort | xargs sha256sum); }

expect "corrupt: pictures to corrupt" 0 '"setting":"unrelated-scene"' \
    "$BASANITE" data make pictures/scene,dir=in,width=48,height=40 --count 3
expect "corrupt: every kind at one severity" 0 '^66 written from 3 of 3 files$' \
    "$BASANITE" data corrupt in one --kind image,severity=4 --threads 1 --out one.jsonl
expect "corrupt: with three threads" 0 '^66 written' "$BASANITE" data corrupt in three --kind image,severity=4 --threads 3 --out three.jsonl
digests one >one.sums
digests three >three.sums
check "corrupt: the same bytes for any threads" "digests differ" cmp -s one.sums three.sums
check "corrupt: 66 files" "$(wc -l <one.sums)" [ "$(wc -l <one.sums)" -eq 66 ]
sed 's/"out":"one/"out":"three/' one.jsonl >expected
check "corrupt: the same log for any threads" "logs differ" cmp -s expected three.jsonl
check "corrupt: the log has the digest of what is written" "it has not" \
    grep -q "$(sha256sum one/fog/4/scene/v0002.png | cut -d ' ' -f 1)" one.jsonl

"$BASANITE" data make pictures/scene,dir=more,width=48,height=40 --count 4 --quiet >rows.jsonl
"$BASANITE" data corrupt more more-out --kind snow,severity=4 --quiet >log.jsonl
check "corrupt: one more file changes no other" "it does" \
    cmp -s one/snow/4/scene/v0002.png more-out/snow/4/scene/v0002.png
"$BASANITE" data corrupt more seed-out --kind snow,severity=4 --seed 2 --quiet >log.jsonl
check "corrupt: another seed is another picture" "it is not" \
    test "$(sha256sum <one/snow/4/scene/v0002.png)" != "$(sha256sum <seed-out/snow/4/scene/v0002.png)"
expect "corrupt: own parameters" 0 '"severity":null,"parameters":\{"sd":0.05\}' \
    "$BASANITE" data corrupt in/scene/v0001.png a.png --kind gaussian-noise,sd=0.05
expect "corrupt: a bound holds" 0 '"linf":16\.?0?\}' "$BASANITE" data corrupt in/scene/v0001.png a.png --kind bounded-noise,linf=16
expect "corrupt: as one value" 0 '"written": 10' "$BASANITE" data corrupt in/scene/v0001.png grid --kind fog --kind frost --json

# ---- refused ----

mkdir bad
cp in/scene/v0001.png bad/good.png
head -c 900 in/scene/v0001.png >bad/cut.png
echo text >bad/notes.txt
: >bad/nothing.png
# 0 x 0 and 65,536 x 65,536 pixels, by the header alone
printf '\211PNG\r\n\032\n\0\0\0\015IHDR\0\0\0\0\0\0\0\0\010\002\0\0\0\0\0\0\0' >bad/empty.png
printf '\211PNG\r\n\032\n\0\0\0\015IHDR\0\001\0\0\0\001\0\0\010\002\0\0\0\0\0\0\0' >bad/large.png
expect "corrupt: bad files end with 3" 3 '5 of 6 files failed; the first: bad/cut.png' "$BASANITE" data corrupt bad out --kind contrast -o bad.jsonl
for line in 'bad/cut.png: the PNG is cut short: no IEND within its 900 bytes' 'bad/notes.txt: neither a PNG or JPEG picture' \
    'bad/nothing.png: the file is empty' 'bad/empty.png: the picture has no pixels \(0 x 0\)' \
    'bad/large.png: 65536 x 65536 pixels, at most 64 million are read'; do
    check "corrupt: $line" "not said" grep -Eq "^$line" "$scratch/said"
    check "corrupt: in the log: ${line%%:*}" "not there" grep -q "\"file\":\"${line%%:*}\"" bad.jsonl
done
check "corrupt: the others go on" "no file" test -s out/contrast/5/good.png
check "corrupt: nothing half written" "a file is left" test -z "$(find out -name '*.tmp-*')"
expect "corrupt: bad files with --lenient" 0 '^5 written from 1 of 6 files$' "$BASANITE" data corrupt bad out --kind contrast --lenient
{
    printf 'RIFF\044\175\000\000WAVEfmt \020\000\000\000\001\000\001\000\200\076\000\000\000\175\000\000\002\000\020\000data\000\175\000\000'
    head -c 32000 /dev/zero
} >silent.wav
expect "corrupt: what fails of a file says its kind and severity" 3 '^silent.wav, white-noise at severity 2: a silent sound has no ratio to noise$' \
    "$BASANITE" data corrupt silent.wav quiet --kind white-noise --kind level -o silent.jsonl
check "corrupt: a file that gave some is no file that gave none" "$(grep written "$scratch/said")" grep -q '^5 written from 1 of 1 files$' "$scratch/said"
check "corrupt: it failed in part" "$(tail -n 1 "$scratch/said")" grep -q '1 of 1 files failed (1 of them in part)' "$scratch/said"
mkfifo pipe
expect "corrupt: a pipe is refused" 3 'pipe: neither a regular file nor a folder' timeout 20 "$BASANITE" data corrupt pipe p.png --kind fog,severity=1
expect "corrupt: a missing file" 3 "cannot open 'no.png': No such file" "$BASANITE" data corrupt no.png b.png --kind fog,severity=1
expect "corrupt: severity 6" 2 "expected a number from 1 to 5, found '6'" "$BASANITE" data corrupt in out --kind fog,severity=6
expect "corrupt: an unknown kind" 2 "no corruption 'frog'; did you mean 'fog'?" "$BASANITE" data corrupt in out --kind frog
expect "corrupt: an unknown key" 2 "'fog' has no key 'strenght'; did you mean 'strength'?" "$BASANITE" data corrupt in out --kind fog,strenght=1
expect "corrupt: no kind" 2 'expected `basanite data corrupt IN OUT --kind SPEC`' "$BASANITE" data corrupt in out
expect "corrupt: another extension" 2 "the extension '.png'" "$BASANITE" data corrupt in/scene/v0001.png a.gif --kind fog,severity=1
expect "corrupt: OUT within IN" 2 'lies within IN' "$BASANITE" data corrupt in in/out --kind fog
expect "corrupt: the input itself" 3 'is a file that is read' "$BASANITE" data corrupt a.png a.png --kind fog,severity=1
expect "corrupt: an OUT that cannot be made" 4 'a.png' "$BASANITE" data corrupt in a.png/out --kind fog
check "corrupt: nothing is left where nothing was made" "in/out is there" test ! -e in/out
expect "pictures: an unknown WHAT" 2 "did you mean 'noise'" "$BASANITE" data make pictures/nois
expect "pictures: beside rows" 0 '"id":"a/b/colour","text":"hello","pair":"a/b"' sh -c "echo '{\"id\":\"a/b\",\"text\":\"hello\"}' >rows.jsonl &&
    \"$BASANITE\" data make pictures/colour,width=2,height=2 --from rows.jsonl"
expect "pictures: the text of a row" 0 '"setting":"related-text"' "$BASANITE" data make pictures/text --from rows.jsonl
expect "pictures: text without rows" 2 'pictures/text: expected --from FILE' "$BASANITE" data make pictures/text
printf '{"id":"a","text":"caf\\u00e9"}\n{"id":"b","text":"tea"}\n' >rows.jsonl
expect "pictures: a character that the font lacks" 3 'rows.jsonl:1: the font has no character U\+00E9' "$BASANITE" data make pictures/text --from rows.jsonl
expect "pictures: with --lenient it is left out" 0 '1 bad rows left out' "$BASANITE" data make pictures/text --from rows.jsonl --lenient

# ---- pictures of others ----

PUBLIC=$SHARED/trustgeogen/images
if [ ! -d "$PUBLIC" ]; then skip "corrupt: the pictures of GeoBench open" "no $PUBLIC"; finish; fi
n=$(find "$PUBLIC" -name '*.png' | wc -l)
expect "corrupt: the pictures of GeoBench open" 0 "^$n written from $n of $n files\$" \
    "$BASANITE" data corrupt "$PUBLIC" geobench --kind pixelate,severity=5
check "corrupt: there are some" "none" [ "$n" -gt 0 ]
finish
