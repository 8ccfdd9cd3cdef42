/* The words of a line of a recipe: see recipe.h. */
#include "recipe/recipe.h"

#include "base/line.h"

static bool put_name(void *context, struct text name, struct buffer *out, bool *known, struct error *err) {
    const struct recipe_names *names = context;
    *known = true;
    if (text_equal_c(name, "SEED") && names->seed)
        return buffer_printf(out, "%llu", (unsigned long long)names->seed), true;
    if (text_equal_c(name, "SUBJECT")) return buffer_put_c(out, names->subject), true;
    if (text_equal_c(name, "SHARED")) return buffer_put_c(out, names->shared), true;
    if (text_equal_c(name, "SEED")) return error_set(err, ERROR_USAGE, "a step that is made once has no $SEED");
    return error_set(err, ERROR_USAGE, "no '$%.*s'; there are $SEED, $SUBJECT and $SHARED", TEXT_ARG(name));
}

const char **recipe_words(const char *line, const struct recipe_names *names, struct arena *arena, struct error *err) {
    struct recipe_names own = *names;
    return line_words(line, &(struct line_names){'$', put_name, &own}, arena, err);
}
