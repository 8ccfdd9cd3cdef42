#!/bin/sh
# Writes a C file that puts files into the program: embed.sh SOURCE_ROOT LIST OUT.c OUT.d. LIST names them, one a line,
# relative to the root; OUT.d tells the build that OUT.c rests on each.
set -eu
root=$1
list=$2
out=$3
depends=$4
{
    echo '/* Made by tools/embed.sh. */'
    echo '#include "measure/rules/builtin.h"'
    n=0
    while read -r file; do
        printf '__asm__(".section .rodata\\n.balign 64\\nbuiltin_%d:\\n.incbin \\"%s/%s\\"\\nbuiltin_%d_end:\\n.byte 0\\n.previous\\n");\n' \
            "$n" "$root" "$file" "$n"
        printf 'extern const unsigned char builtin_%d[], builtin_%d_end[];\n' "$n" "$n"
        n=$((n + 1))
    done <"$list"
    echo 'const struct builtin_file builtin_table[] = {'
    n=0
    while read -r file; do
        printf '    {"%s", builtin_%d, builtin_%d_end},\n' "$file" "$n" "$n"
        n=$((n + 1))
    done <"$list"
    [ "$n" -gt 0 ] || echo '    {"", 0, 0},'
    echo '};'
    printf 'const size_t builtin_n_files = %d;\n' "$n"
} >"$out"
{
    printf '%s:' "$out"
    while read -r file; do printf '%s' " $root/$file" | sed 's/\(.\) /\1\\ /g'; done <"$list"
    echo
} >"$depends"
