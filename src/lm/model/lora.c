/* Settings of low-rank adapters, and specs that name them: see lora.h. */
#include "lm/model/lora.h"

#include "base/file.h"

#include <math.h>
#include <string.h>

const struct option_def lm_lora_options[] = {
    {"r", OPTION_INT, "16", 1, 1024, NULL, "rank"},
    {"alpha", OPTION_REAL, NULL, 1e-6, 1e6, NULL,
     "scale of the adapter, divided by the rank (default: twice the rank)"},
    {"targets", OPTION_TEXT, "all", 1, 0, NULL,
     "matrices, joined by ':': attn_q, attn_k, attn_v, attn_output, ffn_gate, ffn_up, ffn_down, or attention, ffn, "
     "all"},
};
const size_t lm_lora_n_options = sizeof lm_lora_options / sizeof *lm_lora_options;
enum { RANK, ALPHA, TARGETS };

const char *const lm_lora_target_names[LM_LORA_TARGETS] = {"attn_q",   "attn_k", "attn_v",  "attn_output",
                                                           "ffn_gate", "ffn_up", "ffn_down"};

struct lm_matrix *lm_lora_matrix(struct lm_layer *layer, size_t target) {
    struct lm_matrix *const all[LM_LORA_TARGETS] = {&layer->q,    &layer->k,  &layer->v,   &layer->o,
                                                    &layer->gate, &layer->up, &layer->down};
    return all[target];
}

static bool target_add(struct text name, struct lm_lora *out, struct error *err) {
    static const struct {
        const char *name;
        size_t from, to;
    } groups[] = {{"all", 0, 7}, {"attention", 0, 4}, {"ffn", 4, 7}};
    enum { GROUPS = sizeof groups / sizeof *groups };
    const char *names[LM_LORA_TARGETS + GROUPS];
    for (size_t i = 0; i < GROUPS; i++) {
        names[LM_LORA_TARGETS + i] = groups[i].name;
        for (size_t j = groups[i].from; text_equal_c(name, groups[i].name) && j < groups[i].to; j++)
            out->targets[j] = true;
        if (text_equal_c(name, groups[i].name)) return true;
    }
    for (size_t i = 0; i < LM_LORA_TARGETS; i++) {
        names[i] = lm_lora_target_names[i];
        if (text_equal_c(name, names[i])) return out->targets[i] = true;
    }
    const char *near = text_nearest(name, names, LM_LORA_TARGETS + GROUPS);
    return error_set(err, ERROR_USAGE,
                     "lora: no target '%.*s'%s%s%s; there are all, attention, ffn, attn_q, attn_k, attn_v, "
                     "attn_output, ffn_gate, ffn_up, ffn_down",
                     TEXT_ARG(name), near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

bool lm_lora_parse(struct text spec, struct lm_lora *out, struct error *err) {
    struct arena arena;
    arena_init(&arena, (size_t)1 << 20);
    *out = (struct lm_lora){0};
    char *whole = arena_printf(&arena, err, "lora%s%.*s", spec.len ? "," : "", TEXT_ARG(spec));
    struct option_value *o = whole ? spec_parse(&arena, text_of(whole), lm_lora_options, lm_lora_n_options, err) : NULL;
    bool ok = o != NULL;
    if (ok) {
        out->rank = (size_t)o[RANK].integer;
        out->alpha = o[ALPHA].given ? o[ALPHA].real : 2.0 * (double)out->rank;
        struct text rest = o[TARGETS].text, name;
        while (ok && text_next(&rest, ':', &name)) ok = target_add(name, out, err);
    }
    arena_done(&arena);
    return ok;
}

/* ---- specs ---- */

/* Takes "@0.5" off the end. */
static double take_factor(struct text *piece) {
    double factor = 1;
    for (size_t i = piece->len; i-- > 0;) {
        if (piece->at[i] != '@') continue;
        if (!text_to_f64(text_part(*piece, i + 1, piece->len), &factor)) return 1;
        piece->len = i;
        return factor;
    }
    return 1;
}

static bool exists(struct arena *arena, struct text path) {
    char *copy = path.len ? text_copy(arena, path, NULL) : NULL;
    return copy && file_exists(copy);
}

/* The first piece: up to a '+' where a file's name ends, else up to the first '+'. with_factor:
 * @ and a number may follow. */
static struct text first_piece(struct arena *arena, struct text spec, bool with_factor) {
    size_t shortest = SIZE_MAX;
    for (size_t at = 0;; at++) {
        at = text_find(spec, TEXT("+"), at);
        struct text piece = text_part(spec, 0, at == SIZE_MAX ? spec.len : at), path = piece;
        if (with_factor) take_factor(&path);
        if (exists(arena, piece) || exists(arena, path)) return piece;
        if (shortest == SIZE_MAX) shortest = piece.len;
        if (at == SIZE_MAX) return text_part(spec, 0, shortest);
    }
}

bool lm_spec_split(struct arena *arena, struct text spec, char **base, struct lm_adapter **adapters, size_t *n,
                   struct error *err) {
    *n = 0;
    *adapters = NULL;
    struct text first = exists(arena, spec) ? spec : first_piece(arena, spec, false);
    if (!(*base = text_copy(arena, first, err))) return false;
    size_t most = 1;
    for (size_t i = first.len; i < spec.len; i++) most += spec.at[i] == '+';
    if (first.len < spec.len && !(*adapters = arena_new(arena, struct lm_adapter, most, err))) return false;
    for (size_t at = first.len; at < spec.len;) {
        struct text piece = first_piece(arena, text_part(spec, at + 1, spec.len), true), path = piece;
        struct lm_adapter *adapter = &(*adapters)[*n];
        adapter->factor = exists(arena, piece) ? 1 : take_factor(&path);
        if (!isfinite(adapter->factor) || fabs(adapter->factor) > 1e6)
            return error_set(err, ERROR_USAGE, "'%.*s': the factor behind '@' must lie in -1e6..1e6", TEXT_ARG(piece));
        if (!path.len)
            return error_set(err, ERROR_USAGE, "'%.*s': an adapter is named behind each '+'", TEXT_ARG(spec));
        if (!(adapter->path = text_copy(arena, path, err))) return false;
        ++*n;
        at += 1 + piece.len;
    }
    return true;
}

bool lm_spec_is_adapted(struct text spec) {
    size_t plus = text_find(spec, TEXT("+"), 0);
    take_factor(&spec);
    return plus != SIZE_MAX && plus > 0 && text_ends(spec, TEXT(".gguf"));
}
