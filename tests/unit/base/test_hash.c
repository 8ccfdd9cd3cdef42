/* Known answers of the hashes. */
#include "scratch.h"

#include "base/hash.h"

/* FIPS 180-4 examples (NIST "SHA-256 example values" and the million 'a' of FIPS 180-2, appendix B.3). */
static void sha256_vectors(void **state) {
    (void)state;
    static const struct { const char *text, *hex; } known[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"}};
    char hex[HASH_HEX];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        sha256_hex(known[i].text, strlen(known[i].text), hex);
        assert_string_equal(hex, known[i].hex);
    }
    struct sha256 sha;
    sha256_init(&sha);
    char chunk[977]; /* no multiple of the block */
    memset(chunk, 'a', sizeof chunk);
    for (size_t left = 1000000; left;) {
        size_t n = left < sizeof chunk ? left : sizeof chunk;
        sha256_add(&sha, chunk, n);
        sha256_add(&sha, NULL, 0);
        left -= n;
    }
    sha256_end_hex(&sha, hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Large pieces may be hashed with instructions of their own, small ones are not. */
static void sha256_in_large_and_small_pieces(void **state) {
    (void)state;
    enum { MOST = 40001 };
    unsigned char *bytes = memory_alloc(MOST);
    assert_non_null(bytes);
    for (size_t i = 0; i < MOST; i++) bytes[i] = (unsigned char)(i * 2654435761u >> 13);
    for (size_t n = 16300; n <= MOST; n += 1693) {
        char large[HASH_HEX], small[HASH_HEX];
        struct sha256 sha;
        sha256_hex(bytes, n, large);
        sha256_init(&sha);
        for (size_t at = 0; at < n; at += 100) sha256_add(&sha, bytes + at, n - at < 100 ? n - at : 100);
        sha256_end_hex(&sha, small);
        assert_string_equal(large, small);
    }
    memory_free(bytes);
}

static void sha256_of_files(void **state) {
    (void)state;
    struct error err = {0};
    struct scratch s;
    char hex[HASH_HEX];
    scratch_init(&s);
    scratch_put(&s, "abc", 3);
    check_ok(sha256_file(s.file, hex, &err));
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check_fails(sha256_file("/nonexistent/x", hex, &err), ERROR_ENVIRONMENT, "cannot open");
    check_fails(sha256_file(s.folder, hex, &err), ERROR_ENVIRONMENT, "cannot read");
    scratch_done(&s);
}

/* Streams are keyed by XXH3, so it must never change: the empty input's value stands in the specification's sanity
 * table (seed 0); the others were recorded from libxxhash 0.8.1. */
static void xxh3_is_stable(void **state) {
    (void)state;
    assert_true(hash_xxh3("", 0) == 0x2d06800538d394c2u);
    assert_true(hash_xxh3(NULL, 0) == 0x2d06800538d394c2u);
    assert_true(hash_xxh3("abc", 3) == 0x78af5f94892f3950u);
    char bytes[1000];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)(i * 7);
    assert_true(hash_xxh3(bytes, sizeof bytes) == 0x10ad30264426c830u);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(sha256_vectors), cmocka_unit_test(sha256_in_large_and_small_pieces),
                                       cmocka_unit_test(sha256_of_files),
                                       cmocka_unit_test(xxh3_is_stable)};
    return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
