/* Who is what, by trying every way. See island.h. */
#include "formalize/domain/island.h"

static bool holds(const struct said *s, uint32_t knights) {
    switch (s->kind) {
    case SAID_KNIGHT:
        return knights >> s->person & 1;
    case SAID_KNAVE:
        return !(knights >> s->person & 1);
    case SAID_NOT:
        return !holds(s->of[0], knights);
    case SAID_IF:
        return !holds(s->of[0], knights) || holds(s->of[1], knights);
    case SAID_IFF:
        return holds(s->of[0], knights) == holds(s->of[1], knights);
    default:
        break;
    }
    bool all = s->kind == SAID_AND;
    for (size_t i = 0; i < s->n; i++)
        if (holds(s->of[i], knights) != all) return !all;
    return all;
}

size_t island_enumerate(const struct island *island, uint32_t *ways, size_t most) {
    size_t n = 0;
    for (uint32_t all = 0; all < (uint32_t)1 << island->n; all++) {
        size_t fits = 0;
        while (fits < island->n && holds(island->said[fits], all) == (all >> fits & 1)) fits++;
        if (fits < island->n) continue;
        if (n < most) ways[n] = all;
        n++;
    }
    return n;
}

bool island_put_solution(struct buffer *out, const struct island *island, uint32_t knights) {
    for (size_t i = 0; i < island->n; i++)
        buffer_printf(out, "%s(%zu) %.*s is a %s", i ? "\n" : "", i + 1, TEXT_ARG(island->name[i]),
                      knights >> i & 1 ? "knight" : "knave");
    return !out->failed;
}
