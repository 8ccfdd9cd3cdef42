/* Room for unpacked weights: see matmul_store.h. */
#include "tensor/matmul_store.h"

#include <pthread.h>

struct matmul_store {
    pthread_mutex_t lock; /* guards idle */
    struct store_room *idle;
};

struct matmul_store *matmul_store_new(struct error *err) {
    struct matmul_store *store = memory_zeroed(1, sizeof *store);
    if (!store) return error_memory(err, "room for weights"), NULL;
    pthread_mutex_init(&store->lock, NULL);
    return store;
}

static void room_free(struct store_room *room) {
    if (!room) return;
    memory_free(room->bytes);
    memory_free(room);
}

void matmul_store_free(struct matmul_store *store) {
    if (!store) return;
    while (store->idle) {
        struct store_room *room = store->idle;
        store->idle = room->next;
        room_free(room);
    }
    pthread_mutex_destroy(&store->lock);
    memory_free(store);
}

struct store_room *store_take(struct matmul_store *store, size_t bytes, struct error *err) {
    pthread_mutex_lock(&store->lock);
    struct store_room *room = store->idle;
    if (room) store->idle = room->next;
    pthread_mutex_unlock(&store->lock);
    if (room && room->n >= bytes) return room;
    room_free(room); /* what is too small would stay beside its successor for ever */
    room = memory_zeroed(1, sizeof *room);
    if (room && (room->bytes = memory_aligned(64, bytes))) return room->n = bytes, room;
    room_free(room);
    return error_memory(err, "room for weights"), NULL;
}

void store_give(struct matmul_store *store, struct store_room *room) {
    pthread_mutex_lock(&store->lock);
    room->next = store->idle;
    store->idle = room;
    pthread_mutex_unlock(&store->lock);
}
