/* basanite agent label: how somebody drove, by rule, by a model, or by both. */
#include "cli/agent_verbs.h"
#include "cli/commands.h"

#include "measure/drive/style_label.h"

#include <string.h>

enum way { BY_RULE, BY_MODEL, BY_BOTH };

static char label_of(const struct style_scene *s, enum way way) {
    return way == BY_RULE ? s->rule : way == BY_MODEL ? s->model : s->fused;
}

static bool read_way(const char *name, enum way *out, struct error *err) {
    static const char *const names[] = {"rule", "model", "fuse"};
    for (int w = 0; w < 3; w++)
        if (strcmp(name, names[w]) == 0) return *out = (enum way)w, true;
    const char *near = text_nearest(text_of(name), names, 3);
    return error_set(err, ERROR_USAGE, "--method: expected rule, model or fuse, found '%s'%s%s%s", name,
                     near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static json_t *letter(char c) {
    return c ? json_stringn(&c, 1) : json_null();
}

static bool put(struct arguments *args, const struct style_scene *s, enum way way, struct error *err) {
    json_t *row = json_pack("{s:o s:o s:o s:o s:i s:i s:b}", "token", json_from_text(s->token), "label",
                            letter(label_of(s, way)), "rule", letter(s->rule), "model", letter(s->model), "aggressive",
                            s->aggressive, "conservative", s->conservative, "dangerous", s->dangerous);
    bool ok = row ? print_json_line(args->out, row, err) : error_memory(err, "label");
    json_decref(row);
    return ok;
}

/* Two steps apart: for a person to look at. */
static bool far_apart(const struct style_scene *s) {
    return (s->rule == 'A' && s->model == 'C') || (s->rule == 'C' && s->model == 'A');
}

static void tell(const struct arguments *args, const struct style_scenes *all, enum way way) {
    size_t of[3] = {0}, none = 0, said = 0, same = 0, apart = 0;
    for (size_t i = 0; i < all->n; i++) {
        const struct style_scene *s = &all->at[i];
        char l = label_of(s, way);
        if (l) of[l == 'A' ? 0 : l == 'N' ? 1 : 2]++;
        none += !l, apart += far_apart(s) && !s->person;
        said += s->said != 0, same += s->said && s->said == l;
    }
    if (args_on(args, "quiet")) return;
    fprintf(stderr, "%zu scenes: A %zu, N %zu, C %zu", all->n, of[0], of[1], of[2]);
    if (none) fprintf(stderr, ", %zu without a label", none);
    if (said) fprintf(stderr, "; %zu of %zu as ANC_result says", same, said);
    if (apart) fprintf(stderr, "; %zu two steps apart, for a person to label", apart);
    fputc('\n', stderr);
}

/* A list of tokens must have as many scenes. */
static bool check_list(struct arguments *args, const struct style_scenes *all, struct error *err) {
    const char *path = args_text(args, "tokens", NULL);
    struct text *tokens;
    size_t n;
    if (!path) return true;
    if (!style_tokens_read(path, args->arena, &tokens, &n, err)) return false;
    return n == all->n ||
           error_set(err, ERROR_DATA, "%s lists %zu tokens, the labels are of %zu scenes", path, n, all->n);
}

bool agent_label(struct arguments *args, struct error *err) {
    struct style_scenes all;
    enum way way = BY_BOTH;
    if (args->n_words != 2)
        return error_set(err, ERROR_USAGE, "expected `basanite agent label SCENES [--method NAME]`");
    if (!read_way(args_text(args, "method", "fuse"), &way, err) ||
        !style_read(args->words[1], args->arena, &all, err) || !check_list(args, &all, err) ||
        !style_rule(&all, args->arena, err))
        return false;
    for (size_t i = 0; i < all.n; i++)
        if (!put(args, &all.at[i], way, err)) return false;
    tell(args, &all, way);
    return true;
}
