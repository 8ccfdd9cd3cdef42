/* The table of codecs, and their specs: see codec.h. */
#include "act/compress/codec.h"

#include "act/compress/grid_options.h"

#include <string.h>

static const struct codec *const table[] = {&codec_rtn,       &codec_gptq,  &codec_awq,
                                            &codec_magnitude, &codec_wanda, &codec_sparsegpt};
enum { N = sizeof table / sizeof *table };

size_t codecs(const struct codec *const **out) {
    *out = table;
    return N;
}

/* Storage types have names of their own and no settings. */
static bool find(struct text name, struct codec_choice *out, struct error *err) {
    const char *names[N + 64];
    const struct lm_type_info *types;
    size_t n = 0, n_types = lm_types(&types);
    for (size_t i = 0; i < N; i++) {
        names[n++] = table[i]->name;
        if (text_equal_c(name, table[i]->name)) return out->codec = table[i], true;
    }
    for (size_t i = 0; i < n_types; i++)
        if (types[i].from_f32 && n < sizeof names / sizeof *names) names[n++] = types[i].name;
    const struct lm_type_info *type = lm_type_named(name);
    if (type && type->from_f32) return out->codec = &codec_store, out->stored = type, true;
    const char *near = text_nearest(name, names, n);
    return error_set(err, ERROR_USAGE, "no codec '%.*s'%s%s%s; `basanite methods codec` lists them", TEXT_ARG(name),
                     near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* gptq,bits=3,act=yes: gptq-bits3-act; bits are always told. */
static const char *file_name(struct arena *arena, const struct codec_choice *c, struct error *err) {
    struct buffer b;
    buffer_init(&b, 4096);
    struct text rest = text_of(c->spec), piece;
    if (!c->stored && !c->codec->prunes && text_find(rest, TEXT(",bits="), 0) == SIZE_MAX) {
        buffer_printf(&b, "%s-bits%lld", c->codec->name, (long long)c->options[GRID_BITS].integer);
        if (!text_next(&rest, ',', &piece)) rest = TEXT("");
    }
    while (text_next(&rest, ',', &piece)) {
        size_t equals = text_find(piece, TEXT("="), 0);
        struct text value = equals == SIZE_MAX ? TEXT("") : text_part(piece, equals + 1, piece.len);
        if (equals != SIZE_MAX) piece = text_part(piece, 0, equals);
        if (b.len) buffer_put_char(&b, '-');
        buffer_put_text(&b, piece);
        if (!text_equal_c(value, "yes")) buffer_put_text(&b, value);
    }
    const char *name = buffer_check(&b, "name of a codec", err) ? text_copy(arena, buffer_text(&b), err) : NULL;
    buffer_done(&b);
    return name;
}

static bool choose(struct arena *arena, struct text spec, struct codec_choice *out, struct error *err) {
    struct buffer b;
    const struct codec *c = out->codec;
    if (!(out->options = spec_parse(arena, spec, c->options, c->n_options, err)) ||
        (c->check && !c->check(out->options, err)))
        return false;
    buffer_init(&b, 4096);
    char name[32] = "";
    for (size_t i = 0; out->stored && out->stored->name[i] && i + 1 < sizeof name; i++) /* Q4_K: q4_k */
        name[i] = (char)(out->stored->name[i] | (out->stored->name[i] >= 'A' && out->stored->name[i] <= 'Z' ? 32 : 0));
    bool ok = spec_put(&b, text_of(out->stored ? name : c->name), c->options, c->n_options, out->options) &&
              buffer_check(&b, "codec", err) && (out->spec = text_copy(arena, buffer_text(&b), err)) &&
              (out->name = file_name(arena, out, err));
    buffer_done(&b);
    return ok;
}

bool codec_choices(struct arena *arena, const char *const *specs, size_t n, struct codec_choice **out, size_t *n_out,
                   struct error *err) {
    enum { MOST = 4096 };
    struct codec_choice *all = arena_new(arena, struct codec_choice, MOST, err);
    size_t count = 0;
    if (!all) return false;
    for (size_t i = 0; i < n; i++) {
        struct codec_choice found = {0};
        struct text *cells, spec = text_of(specs[i]);
        size_t n_cells;
        if (!find(spec_name(spec), &found, err) ||
            !spec_grid(arena, spec, found.codec->options, found.codec->n_options, &cells, &n_cells, err))
            return false;
        if (n_cells > MOST - count) return error_set(err, ERROR_USAGE, "--codec: more than %d cells", MOST);
        for (size_t k = 0; k < n_cells; k++) {
            all[count] = found;
            if (!choose(arena, cells[k], &all[count], err)) return false;
            for (size_t j = 0; j < count; j++)
                if (strcmp(all[j].name, all[count].name) == 0)
                    return error_set(err, ERROR_USAGE, "--codec: '%s' comes twice", all[count].spec);
            count++;
        }
    }
    *out = all;
    *n_out = count;
    return true;
}

bool codec_fits(const struct codec_choice *c, const struct codec_matrix *m, struct error *err) {
    if (!c->stored) return !c->codec->fits || c->codec->fits(c->options, m, err);
    return m->columns % c->stored->block == 0 ||
           error_set(err, ERROR_DATA, "tensor '%s': rows of %zu values are no whole blocks of %zu (%s)", m->name,
                     m->columns, c->stored->block, c->stored->name);
}

double codec_bits(const struct codec_choice *c, size_t columns) {
    if (c->stored) return 8.0 * (double)c->stored->bytes / (double)c->stored->block;
    return c->codec->bits(c->options, columns);
}

bool grid_fits(const struct codec_matrix *m, size_t group, struct error *err) {
    return group == 0 || m->columns % group == 0 ||
           error_set(
               err, ERROR_DATA,
               "tensor '%s': rows of %zu values are no whole groups of %zu; give group= a divisor of it, or 0 for "
               "whole rows",
               m->name, m->columns, group);
}

double grid_bits(size_t bits, size_t group, size_t columns) {
    return (double)bits + (16.0 + (double)bits) / (double)(group ? group : columns);
}
