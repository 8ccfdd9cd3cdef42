#!/bin/sh
# Writes a C file that holds a text as a string: embed_text.sh NAME INPUT OUTPUT.
set -eu
{
    echo '/* Made by tools/embed_text.sh. */'
    echo "extern const char $1[];"
    echo "const char $1[] ="
    sed 's/\\/\\\\/g; s/"/\\"/g; s/^/    "/; s/$/\\n"/' "$2"
    echo '    "";'
} >"$3"
