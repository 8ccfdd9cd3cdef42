/* What `basanite reproduce` prints: recipes, their steps, and figures beside those of the paper. */
#ifndef CLI_REPRODUCE_PAGE_H
#define CLI_REPRODUCE_PAGE_H

#include "cli/options.h"
#include "recipe/recipe.h"

/* format: "table", "md" or "json"; JSON is one object a recipe. */
bool reproduce_put_findings(const struct arguments *args, const char *format, const struct recipe *recipe,
                            const struct recipe_settings *settings, const struct recipe_finding *findings,
                            struct error *err) MUST_CHECK;
/* One line a recipe. */
bool reproduce_put_list(const struct arguments *args, const struct recipe *const *recipes, size_t n,
                        struct error *err) MUST_CHECK;
/* The steps of one, as lines that can be typed. */
bool reproduce_put_steps(const struct arguments *args, const struct recipe *recipe, struct error *err) MUST_CHECK;

#endif
