/* The table of domains. */
#include "formalize/domain/domain.h"

#include <string.h>

static const struct domain *const table[] = {
    &domain_geometry,
    &domain_logic,
    &domain_maths,
    &domain_contract,
    &domain_sql,
};
enum { DOMAINS = sizeof table / sizeof *table };

size_t domains(const struct domain *const **out) {
    *out = table;
    return DOMAINS;
}

const struct domain *domain_find(const char *name, struct error *err) {
    const char *names[DOMAINS];
    for (size_t i = 0; i < DOMAINS; i++) {
        names[i] = table[i]->name;
        if (strcmp(name, names[i]) == 0) return table[i];
    }
    const char *near = text_nearest(text_of(name), names, DOMAINS);
    error_set(err, ERROR_USAGE, "no domain '%s'%s%s%s; `basanite methods domain` lists them", name,
              near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return NULL;
}

const struct domain *domain_of(const json_t *row, struct json_place place, struct error *err) {
    for (size_t i = 0; i < DOMAINS; i++)
        if (table[i]->claims && table[i]->claims(row)) return table[i];
    error_set(err, ERROR_DATA, "%s:%zu: no domain is told from this row; name one with --domain", place.file,
              place.line);
    return NULL;
}

bool domain_has_ending(const struct domain *domain, const char *path) {
    struct text rest = text_of(domain->endings), one, whole = text_of(path);
    while (domain->endings && text_next(&rest, ',', &one))
        if (whole.len > one.len && text_ends(whole, one) && whole.at[whole.len - one.len - 1] == '.') return true;
    return false;
}

const struct domain *domain_of_text(const char *path, struct text file, struct error *err) {
    for (size_t i = 0; i < DOMAINS; i++)
        if (domain_has_ending(table[i], path)) return table[i];
    for (size_t i = 0; i < DOMAINS; i++)
        if (table[i]->claims_text && table[i]->claims_text(file)) return table[i];
    error_set(err, ERROR_DATA, "%s: no domain is told from this file; name one with --domain", path);
    return NULL;
}
