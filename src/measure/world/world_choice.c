/* Styles and languages of items: see world_choice.h. */
#include "measure/world/world_choice.h"
#include "measure/world/world_manner.h"

#include <string.h>

static const char *const languages[LANGUAGES] = {"en", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9"};

static size_t language_of(struct text name) {
    size_t i = 0;
    while (i < LANGUAGES && !text_equal_c(name, languages[i])) i++;
    return i;
}

static bool read_languages(struct world_choice *c, struct text list, struct error *err) {
    struct text name;
    c->given = true;
    while (text_next(&list, ',', &name)) {
        size_t i = language_of(name);
        if (i == LANGUAGES)
            return error_set(err, ERROR_USAGE,
                             "--lang: no language '%.*s' in this world; there are en and p1 to p9, as en,p1",
                             TEXT_ARG(name));
        if (c->lang[i]) return error_set(err, ERROR_USAGE, "--lang: '%.*s' stands twice", TEXT_ARG(name));
        c->lang[i] = true;
    }
    return true;
}

bool world_choice_read(struct world_choice *c, const char *style, const char *lang, struct error *err) {
    enum manner manner;
    *c = (struct world_choice){.style_name = style, .lang_names = lang};
    if (style) {
        if (!world_manner_find(style, &manner, err)) return error_wrap(err, "--style");
        c->manner = 1 + (int)manner;
    }
    return !lang || read_languages(c, text_of(lang), err);
}

static bool holds(const struct world_part *part, const struct world_family *family) {
    return family >= part->families && family < part->families + part->n_families;
}

static bool renders_one(const struct world_part *part, const struct world_family *family) {
    for (size_t f = 0; family->renders && f < part->n_families; f++)
        if (strcmp(part->families[f].name, family->renders) == 0) return true;
    return false;
}

bool world_choice_makes(const struct world_choice *c, const struct world_part *part,
                        const struct world_family *family) {
    if (!c->given) return holds(part, family);
    return c->lang[language_of(text_of(family->lang ? family->lang : "en"))] &&
           (holds(part, family) || renders_one(part, family));
}

/* Whether it makes any item, and whether all that it makes are English. */
static bool makes_any(const struct world_choice *c, const struct world_part *part, bool *english) {
    const struct world_family *family;
    bool any = false;
    *english = true;
    for (size_t i = 0; (family = world_family_at(i)); i++) {
        if (!world_choice_makes(c, part, family)) continue;
        any = true;
        *english = *english && !family->lang;
    }
    return any;
}

static bool is_allowed(const struct world_choice *c, const struct world_part *part) {
    bool english, any = makes_any(c, part, &english);
    return any && (!c->manner || (part->styled && english));
}

bool world_choice_allows(const struct world_choice *c, const struct world_part *part, const char *name,
                         struct error *err) {
    if ((!c->given && !c->manner) || (part && is_allowed(c, part))) return true;
    struct buffer others;
    buffer_init(&others, 1 << 12);
    for (size_t p = 0; p < world_n_parts; p++)
        if (is_allowed(c, world_parts[p]))
            buffer_printf(&others, "%s%s", others.len ? ", " : "", world_parts[p]->name);
    error_set(err, ERROR_USAGE, "part '%s' has no items%s%s%s%s; parts that have: %s", name,
              c->given ? " in --lang " : "", c->given ? c->lang_names : "",
              c->manner ? " that could be said in --style " : "", c->manner ? c->style_name : "",
              others.len ? others.at : "none, styles are English");
    buffer_done(&others);
    return false;
}
