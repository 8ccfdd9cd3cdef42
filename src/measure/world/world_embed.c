/* Runs at build time: turns the files of pocket/ into one C file, `const struct world_file world_files[]`.
 *   world_embed OUT.c FILE... */
#include <stdio.h>
#include <string.h>

static int put_file(FILE *out, const char *path, int number) {
    FILE *in = fopen(path, "rb");
    if (!in) return perror(path), 1;
    fprintf(out, "static const unsigned char file_%d[] = {", number);
    for (int c, column = 0; (c = getc(in)) != EOF; column++) fprintf(out, "%s%d,", column % 32 ? "" : "\n", c);
    fprintf(out, "0};\n");
    int failed = ferror(in);
    fclose(in);
    return failed;
}

int main(int argc, char **argv) {
    if (argc < 3) return fprintf(stderr, "usage: world_embed OUT.c FILE...\n"), 2;
    FILE *out = fopen(argv[1], "wb");
    if (!out) return perror(argv[1]), 1;
    fprintf(out, "/* Made by world_embed from pocket/. */\n#include \"measure/world/world_internal.h\"\n\n");
    int failed = 0;
    for (int i = 2; i < argc; i++) failed |= put_file(out, argv[i], i);
    fprintf(out, "const struct world_file world_files[] = {\n");
    for (int i = 2; i < argc; i++) {
        const char *slash = strrchr(argv[i], '/');
        fprintf(out, "    {\"%s\", (const char *)file_%d, sizeof file_%d - 1},\n", slash ? slash + 1 : argv[i], i, i);
    }
    fprintf(out, "};\nconst size_t world_n_files = %d;\n", argc - 2);
    failed |= ferror(out) | (fclose(out) != 0);
    if (failed) remove(argv[1]);
    return failed;
}
