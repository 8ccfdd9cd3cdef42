#!/bin/sh
# Writes pocket/CARD.md and pocket/pocket.log.jsonl from the cards, logs and acceptance tables of the stages of training.
#   tools/pocket_card.sh FOLDER STAGE...     FOLDER: where they lie; then their names in the order of training
set -eu
folder=$1
shift
stage=0
for part; do
  stage=$((stage + 1))
  sed "s/^{/{\"stage\":$stage,/" "$folder/$part.log.jsonl"
done >pocket/pocket.log.jsonl
# Headings one level down, without the card's own first one.
inner() { sed -e 1,2d -e 's/^#/##/' "$1"; }
{
  cat pocket/card.md.in
  n=0
  for part; do
    n=$((n + 1))
    title=$(sed -n '1s/^# //p' "$folder/$part.card.md")
    printf '\n## Stage %s: %s\n\n' "$n" "$title"
    inner "$folder/$part.card.md"
    [ ! -f "$folder/$part.acceptance.md" ] || {
      printf '\n### Acceptance of %s\n\n' "$title"
      sed -n -e 's/^## \(.* bands met\)/\1:/p' -e '/^| band/,/^$/p' "$folder/$part.acceptance.md"
    }
  done
} >pocket/CARD.md
