#!/bin/sh
# The file NAME as a page prints it: the fenced block behind a line that ends with `NAME`: (in backquotes). page_file.sh PAGE NAME
awk -v name="$2" '
    /^```/ { if (inside) exit; inside = named; next }
    inside { print; found = 1; next }
    NF { named = substr($0, length($0) - length(name) - 2) == "`" name "`:" }
    END { exit !found }' "$1"
