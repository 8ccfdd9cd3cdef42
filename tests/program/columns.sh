#!/bin/sh
# Fails on a line of src/ that is longer than 120 columns, counted in characters.
# columns.sh SOURCE_ROOT
cd "$1/src" || exit 1
find . -name '*.[ch]' | sort | xargs awk '
{ lines++; text = $0; if (length(text) > 120) { gsub("[\200-\277]", "", text) } }
length(text) > 120 { print "not ok - columns: " FILENAME ":" FNR ": " length(text) " columns, at most 120"; faults++ }
END {
    if (lines < 50000) { print "not ok - columns: only " lines + 0 " lines seen"; faults++ }
    if (!faults) print "ok - columns: " lines " lines, none longer than 120"
    exit faults > 0
}'
