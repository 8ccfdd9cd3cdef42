/* Everything known about an id: see world.h. */
#include "measure/world/world_item.h"

#include <string.h>

enum { SHOWN_MOST = 1 << 20 };

/* The entity with this id; false when there is none. */
static bool find_entity(struct text id, enum kind *kind, size_t *index) {
    for (int k = 0; k < N_KINDS; k++) {
        uint64_t number;
        if (id.len != 1 + (size_t)world_kinds[k].digits || id.at[0] != world_kinds[k].letter || id.at[1] == '+' ||
            !text_to_u64(text_part(id, 1, id.len), &number) || number >= world_kinds[k].n)
            continue;
        *kind = (enum kind)k, *index = (size_t)number;
        return true;
    }
    return false;
}

static bool find_fact(struct text id, size_t *fact) {
    uint64_t number;
    if (id.len != 6 || id.at[0] != 'f' || id.at[1] == '+' || !text_to_u64(text_part(id, 1, id.len), &number))
        return false;
    *fact = (size_t)number;
    return number < ALL_FACTS;
}

/* Whether the value of the column is an entity of this kind. */
static bool is_value_of(enum kind kind, enum domain domain) {
    static const enum domain domains[N_KINDS] = {[TOWN] = OF_TOWN, [RIVER] = OF_RIVER, [BUILDING] = OF_BUILDING,
                                                 [GOOD] = OF_GOOD, [TRADE] = OF_TRADE, [ELDER] = OF_ELDER};
    return domains[kind] != OF_NUMBER && domains[kind] == domain;
}

/* The facts about an entity as rows, and the ids of those whose value it is. */
static bool add_facts(json_t *shown, const struct world *w, enum kind kind, size_t index, struct error *err) {
    json_t *about = json_array(), *value_of = json_array();
    bool ok = json_object_set_new(shown, "facts", about) == 0 && json_object_set_new(shown, "value_of", value_of) == 0;
    for (size_t i = 0; ok && i < ALL_FACTS; i++) {
        const struct fact *f = &w->facts[i];
        const struct column *c = &world_columns[f->column];
        json_t *row = NULL;
        if (c->kind == kind && f->subject == index)
            ok = (row = world_fact_row(w, i, err)) && json_array_append_new(about, row) == 0;
        else if (is_value_of(kind, c->domain) && (size_t)f->value == index)
            ok = json_array_append_new(value_of, json_sprintf("f%05zu", i)) == 0;
    }
    return ok || (err->kind ? false : error_memory(err, "facts"));
}

static json_t *show_entity(const struct world *w, enum kind kind, size_t index, struct error *err) {
    json_t *shown = world_row(w, kind, index, err);
    if (shown && kind != OUTSIDE && !add_facts(shown, w, kind, index, err)) return json_decref(shown), NULL;
    return shown;
}

static bool add_text(json_t *list, struct buffer *b, struct error *err) {
    bool ok = buffer_check(b, "sentence", err) &&
              (json_array_append_new(list, json_from_text(buffer_text(b))) == 0 || error_memory(err, "sentence"));
    buffer_clear(b);
    return ok;
}

/* The statements of a fact (the first is the almanac's) and its questions with the split of each wording. */
static bool add_wordings(json_t *shown, const struct world *w, const struct fact *f, struct error *err) {
    json_t *statements = json_array(), *questions = json_object();
    struct slot slot = {"S", world_subject(w, f)};
    struct buffer b;
    bool ok = (json_object_set_new(shown, "statements", statements) == 0 &&
               json_object_set_new(shown, "questions", questions) == 0) ||
              error_memory(err, "wordings");
    buffer_init(&b, SHOWN_MOST);
    for (unsigned i = 0; ok && i <= PARAPHRASES; i++)
        ok = world_put_statement(&b, w, f, i), ok = add_text(statements, &b, err) && ok;
    for (int s = 0; ok && s < N_SPLITS; s++) {
        json_t *list = json_array();
        ok = json_object_set_new(questions, world_split_names[s], list) == 0 || error_memory(err, "questions");
        for (unsigned i = 0; ok && i < WORDINGS; i++)
            if (w->template_split[i] == s)
                ok = world_render(&b, w->words.wording[f->relation].question[i], &slot, 1),
                ok = add_text(list, &b, err) && ok;
    }
    buffer_done(&b);
    return ok;
}

static json_t *show_fact(const struct world *w, size_t fact, struct error *err) {
    json_t *shown = world_fact_row(w, fact, err);
    if (shown && !add_wordings(shown, w, &w->facts[fact], err)) return json_decref(shown), NULL;
    return shown;
}

static json_t *show_item(const struct world *w, const struct item *item, struct error *err) {
    struct world_line scratch;
    struct buffer line;
    buffer_init(&line, SHOWN_MOST);
    world_line_init(&scratch);
    bool ok = world_put_item(&line, &scratch, w, item, 1) || error_memory(err, "item");
    json_t *shown = ok && buffer_check(&line, "item", err) ? json_read(buffer_text(&line), "world", 1, err) : NULL;
    world_line_done(&scratch);
    buffer_done(&line);
    return shown;
}

/* The members of a number, "r01234" of r01234a..d, as the first draw puts them. False: it is none such. */
static bool find_group(const struct world *w, const char *id, struct item *first) {
    char name[ITEM_ID];
    return snprintf(name, sizeof name, "%sa", id) < (int)sizeof name && world_item_find(w, text_of(name), first) &&
           first->family->members > 1;
}

static json_t *show_group(const struct world *w, const char *id, struct item item, struct error *err) {
    json_t *shown = json_pack("{s:s s:[]}", "id", id, item.family->name);
    if (!shown) return error_memory(err, "items"), NULL;
    for (int member = 0; member < item.family->members; member++, item.number++) {
        json_t *row = show_item(w, &item, err);
        if (!row || json_array_append_new(json_object_get(shown, item.family->name), row) != 0)
            return json_decref(shown), NULL;
    }
    return shown;
}

/* A row of the truth of a part. */
static bool find_row(const struct world *w, struct text id, const struct world_part **part, size_t *row) {
    for (size_t p = 0; p < world_n_parts; p++) {
        *part = world_parts[p];
        if ((*part)->find && (*row = (*part)->find(w, id)) != SIZE_MAX) return true;
    }
    return false;
}

static json_t *show_row(const struct world *w, const struct world_part *part, size_t row, struct error *err) {
    struct buffer line;
    buffer_init(&line, SHOWN_MOST);
    part->put_row(&line, w, row);
    json_t *shown = buffer_check(&line, part->name, err) ? json_read(buffer_text(&line), part->name, 1, err) : NULL;
    buffer_done(&line);
    return shown;
}

json_t *world_show(const struct world *w, const char *id, struct error *err) {
    struct text t = text_of(id);
    enum kind kind;
    size_t index;
    struct item item;
    const struct world_part *part;
    error_clear(err);
    if (find_entity(t, &kind, &index)) return show_entity(w, kind, index, err);
    if (find_fact(t, &index)) return show_fact(w, index, err);
    if (world_item_find(w, t, &item)) return show_item(w, &item, err);
    if (find_group(w, id, &item)) return show_group(w, id, item, err);
    if (find_row(w, t, &part, &index)) return show_row(w, part, index, err);
    error_set(err, ERROR_USAGE,
              "no '%.64s' in the world: there are p0417 (person), t12, b003, g05, w07 (trade), l31 (law), h04 "
              "(festival), e09 (elder), n02 (river), o0100 (outside), f03871 (fact), r01234 and r01234c (requests), "
              "and the ids that stand in the files of truth and items",
              id);
    return NULL;
}
