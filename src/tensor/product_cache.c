/* Products kept by shape: see product.h. A linear list: a model has a few dozen shapes. */
#include "tensor/product.h"

static bool layout_equal(struct layout a, struct layout b) {
    return a.row == b.row && a.column == b.column;
}

static void entry_free(struct product_entry *entry, size_t workers) {
    for (size_t i = 0; entry->lanes && i < workers; i++) lane_done(&entry->lanes[i]);
    memory_free(entry->lanes);
    product_done(&entry->product);
    memory_free(entry);
}

void product_cache_done(struct product_cache *cache) {
    while (cache->entries) {
        struct product_entry *entry = cache->entries;
        cache->entries = entry->next;
        entry_free(entry, cache->workers);
    }
}

struct product_entry *product_cached(struct product_cache *cache, bool half, size_t m, size_t n, size_t k,
                                     struct layout a, const struct layout *b, struct layout c, bool accumulate,
                                     struct error *err) {
    struct layout b_layout = b ? *b : (struct layout){0, 0};
    for (struct product_entry *e = cache->entries; e; e = e->next) {
        if (e->product.m == m && e->product.n == n && e->product.k == k && e->product.half == half &&
            e->accumulate == accumulate && layout_equal(e->a_layout, a) && layout_equal(e->b_layout, b_layout) &&
            layout_equal(e->c_layout, c))
            return e;
    }
    struct product_entry *entry = memory_zeroed(1, sizeof *entry);
    if (!entry) return error_memory(err, "product"), NULL;
    *entry = (struct product_entry){.a_layout = a, .b_layout = b_layout, .c_layout = c, .accumulate = accumulate};
    entry->lanes = memory_zeroed(cache->workers, sizeof *entry->lanes);
    bool ok = entry->lanes || error_memory(err, "lanes of a product");
    ok = ok && product_init(&entry->product, half, m, n, k, a, b, c, accumulate, err);
    for (size_t i = 0; ok && i < cache->workers; i++) ok = lane_init(&entry->lanes[i], &entry->product, err);
    if (!ok) return entry_free(entry, cache->workers), NULL;
    entry->next = cache->entries;
    return cache->entries = entry;
}
