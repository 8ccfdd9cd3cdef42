/* Contracts: places of what is parsed, faults that are skipped, bases in order, each checker on a fault and its repair,
 * names that do not matter, normal forms, suppressions. */
#include "check.h"

#include "base/file.h"
#include "base/rng.h"
#include "formalize/contract/checker.h"
#include "formalize/contract/contract_json.h"
#include "formalize/contract/sol_normal.h"
#include "formalize/contract/suppress.h"

#include <stdlib.h>
#include <unistd.h>

static struct arena arena;
static struct error err;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 30);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_done(&arena);
    return 0;
}

static struct sol_program *program_of(const char *const *sources, size_t n) {
    struct sol_program *p = arena_new(&arena, struct sol_program, 1, &err);
    check_ok(p);
    check_ok(contract_program_init(p, &arena, &err));
    for (size_t i = 0; i < n; i++) {
        const char *name = arena_printf(&arena, &err, "dir/%c.sol", (char)('A' + i));
        check_ok(contract_program_add(p, text_of(sources[i]), name, &err));
    }
    check_ok(contract_program_link(p, &err));
    return p;
}

/* ---- findings as "rule:line rule:line" */

static bool put_finding(void *context, const struct finding *f, struct error *e) {
    char *all = context;
    (void)e;
    snprintf(all + strlen(all), 400 - strlen(all), "%s%s:%zu", *all ? " " : "", f->rule, f->line);
    return true;
}

static void finds(const char *source, const char *only, const char *expected) {
    char all[401] = "";
    const struct checker_settings settings = {.only = only, .sink = put_finding, .context = all};
    check_ok(checker_run(program_of(&source, 1), &settings, &err));
    assert_string_equal(all, expected);
}

/* ---- parsing */

static void places_of_functions(void **state) {
    const char *source =
        "pragma solidity ^0.4.11;\n"
        "contract C is A, B(3) { // a comment with } in it\n"
        "  uint constant x = 1 ether + 2 days; mapping(address => mapping(uint => bool)) m;\n"
        "  function C(uint a) { m[msg.sender][a] = true; }\n"
        "  function f(uint a, string s) public returns (uint, bool ok) {\n"
        "    for (uint i = 0; i < a; i++) { if (i ** 2 ** 2 == a ? true : false) continue; else break; }\n"
        "    var (p, q) = (1, \"}\"); assembly { let z := add(1, mload(0x40)) switch z case 0 { revert(0, 0) } }\n"
        "    do { a -= 1; } while (a > 0); throw;\n"
        "  }\n"
        "  function () payable { msg.sender.call.value(1).gas(2)(); }\n"
        "  modifier only(address who) { require(msg.sender == who, 'no'); _; }\n"
        "}\n";
    struct sol_program *p = program_of(&source, 1);
    (void)state;
    assert_int_equal(p->files[0].faults.n, 0);
    assert_int_equal(p->files[0].version, 4011);
    assert_int_equal(p->n_functions, 4);
    static const struct {
        const char *name, *kind;
        unsigned line, end;
    } rows[] = {{"C.C", "constructor", 4, 4},
                {"C.f", "function", 5, 9},
                {"C.fallback", "fallback", 10, 10},
                {"C.only", "modifier", 11, 11}};
    for (size_t i = 0; i < 4; i++) {
        const struct sol_function *f = p->all[i];
        assert_string_equal(contract_function_name(p, f, &arena, &err), rows[i].name);
        assert_string_equal(contract_function_kind(f), rows[i].kind);
        assert_int_equal(sol_line(f->file, f->node), rows[i].line);
        assert_int_equal(sol_end_line(f->file, f->node), rows[i].end);
        assert_int_equal(sol_source(f->file, f->node).at[sol_source(f->file, f->node).len - 1], '}');
    }
}

static void new_forms(void **state) {
    const char *source =
        "// SPDX-License-Identifier: X\npragma solidity >=0.8.4 <0.9.0;\n"
        "import {A as B} from \"./x.sol\"; using L for uint; type T is uint; error E(uint a);\n"
        "struct S { uint a; address payable b; } uint constant K = 5;\n"
        "function free(uint a) pure returns (uint) { return a; }\n"
        "abstract contract C { event V(uint indexed a); error F(); address immutable own; uint transient t;\n"
        "  constructor(address o) payable { own = o; } receive() external payable {} fallback(bytes calldata x) "
        "external returns (bytes memory) { return x; }\n"
        "  function g(S calldata s, function (uint) external returns (bool) h) external virtual override(A, B) returns "
        "(uint[] memory r) {\n"
        "    (bool ok, bytes memory d) = s.b.call{value: 1, gas: 2}(\"\"); (, uint z) = (1, 2); r = new uint[](3);\n"
        "    unchecked { z += 1_000e3; } if (!ok) revert F(); else emit V({a: z});\n"
        "    try this.g(s, h) returns (uint[] memory q) { r = q; } catch Error(string memory) {} catch { r[0] = "
        "x[1:2].length; }\n"
        "    assembly (\"memory-safe\") { z := 1 } address payable w = payable(address(uint160(z))); w.transfer(1 "
        "gwei);\n"
        "  }\n  function none() external virtual;\n}\n";
    struct sol_program *p = program_of(&source, 1);
    (void)state;
    for (size_t i = 0; i < p->files[0].faults.n; i++)
        fail_msg("line %u: %s", p->files[0].faults.at[i].line, p->files[0].faults.at[i].what);
    assert_int_equal(p->n_functions, 6);
    assert_int_equal(p->n_contracts, 1);
    assert_int_equal(p->files[0].version, 8004);
}

/* What is broken is named with its lines, and the functions around it are read. */
static void broken_sources(void **state) {
    static const struct {
        const char *source;
        unsigned faults, line, functions;
    } rows[] = {
        {"contract C { function f() { uint a = = 3; g(); } function g() {} }", 1, 1, 2},
        {"contract C {\n function f() {\n  if (a) {\n g();\n function h() {}\n}\n", 2, 3, 2},
        {"contract C {\n ### function f() {}\n function g() {} }", 4, 2, 1},
        {"contract C { function f() { /* never", 3, 1, 1},
        {"contract C { string s = \"never; }\n function f() {} }", 2, 1, 0},
        {"contract C { function f() {} } }\ncontract D { function g() {} }", 1, 1, 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sol_program *p = program_of(&rows[i].source, 1);
        const struct sol_faults *f = &p->files[0].faults;
        assert_in_range(f->n, 1, rows[i].faults);
        assert_in_range(f->at[0].line, 1, rows[i].line);
        assert_int_equal(p->n_functions, rows[i].functions);
    }
}

static void no_sources(void **state) {
    static const struct {
        const char *at;
        size_t n;
        const char *part;
    } rows[] = {
        {"", 0, "f.sol:1: an empty file"},
        {" \n\t\n", 4, "f.sol:1: an empty file"},
        {"contract C {\n\0}", 15, "f.sol:2: a binary file"},
        {"# @version 0.3\n@external\ndef f(): pass\n", 38, "f.sol:1: this looks like Vyper"},
        {"Lorem ipsum dolor.", 18, "f.sol:1: no declaration of Solidity"},
    };
    struct sol_program p;
    (void)state;
    check_ok(contract_program_init(&p, &arena, &err));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_fails(contract_program_add(&p, (struct text){rows[i].at, rows[i].n}, "f.sol", &err), ERROR_DATA,
                    rows[i].part);
    char *line = malloc(SOL_LINE_MOST + 2);
    assert_non_null(line);
    memset(line, 'x', SOL_LINE_MOST + 2);
    check_fails(contract_program_add(&p, (struct text){line, SOL_LINE_MOST + 2}, "f.sol", &err), ERROR_DATA,
                "f.sol:1: a line of 1048578 bytes");
    free(line);
    assert_int_equal(p.n_files, 0);
}

/* No nesting is too deep for the stack, and what is deeper than the most is a fault. */
static void deep_nesting(void **state) {
    static const char *const opens[] = {"(", "[", "!", "{", "if(a)", "f(", "-", "a?b:", "mapping(uint=>", "a="};
    enum { TIMES = 20000 };
    (void)state;
    for (size_t i = 0; i < sizeof opens / sizeof *opens; i++) {
        struct buffer b;
        buffer_init(&b, 1 << 20);
        buffer_put_c(&b, "contract C { function f() { x = ");
        for (size_t k = 0; k < TIMES; k++) buffer_put_c(&b, opens[i]);
        buffer_put_c(&b, "; } function g() {} }");
        const char *source = b.at;
        struct sol_program *p = program_of(&source, 1);
        assert_true(p->files[0].faults.n > 0);
        struct contract_profiles profiles;
        check_ok(contract_profiles(p, &arena, &profiles, &err));
        buffer_done(&b);
    }
}

/* ---- bases */

static const char *order_of(const struct sol_program *p, const char *name) {
    char all[200] = "";
    for (size_t i = 0; i < p->n_contracts; i++) {
        const struct sol_contract *c = &p->contracts[i];
        if (!text_equal_c(sol_name_text(&p->names, c->word), name)) continue;
        for (size_t k = 0; k < c->n_order; k++)
            snprintf(all + strlen(all), sizeof all - strlen(all), "%.*s",
                     TEXT_ARG(sol_name_text(&p->names, c->order[k]->word)));
        if (c->tangled) strcat(all, "?");
    }
    return arena_copy(&arena, all, strlen(all), &err);
}

static void bases_in_order(void **state) {
    const char *sources[] = {
        "import './B.sol'; contract X {} contract Y is X {} contract Z is X {} contract D is Y, Z {} contract E is Q, "
        "D {}",
        "import './A.sol'; contract Q is P {} contract P is Q {} contract G is Y, X {} contract H is X, Nowhere {}"};
    struct sol_program *p = program_of(sources, 2);
    (void)state;
    assert_string_equal(order_of(p, "D"), "DZYX");
    assert_string_equal(order_of(p, "H"), "HX");
    assert_string_equal(order_of(p, "G"), "GXY?"); /* a base after what it stands on */
    assert_non_null(strchr(order_of(p, "P"), '?'));
    assert_true(contract_imports(p, 0, 0));
}

/* On drawn hierarchies: what C3 promises holds of every order, and where it finds none, none exists that keeps all the
 * orders of the bases and their own (a circle among "stands before"). */
static void orders_keep_their_promise(void **state) {
    enum { N = 7, CASES = 1000 };
    unsigned tangled = 0;
    struct rng rng = rng_stream(5, "test/bases", 0);
    (void)state;
    for (uint64_t i = 0; i < CASES; i++) {
        bool before[N][N] = {{false}};
        struct arena one;
        struct buffer b;
        arena_init(&one, (size_t)1 << 24);
        buffer_init(&b, 1 << 16);
        for (int c = 0; c < N; c++) {
            buffer_printf(&b, "contract %c ", 'A' + c);
            uint64_t draw = rng_u64(&rng);
            int n = 0, taken[3];
            for (int k = 0; k < 3 && c > 0; k++) {
                int base = (int)(draw >> 8 * k & 255) % (2 * c);
                bool again = base >= c;
                for (int t = 0; t < n; t++) again |= taken[t] == base;
                if (!again) taken[n++] = base;
            }
            for (int t = 0; t < n; t++) buffer_printf(&b, "%s %c", t ? "," : "is", 'A' + taken[t]);
            buffer_put_c(&b, " {} ");
        }
        struct sol_program p;
        check_ok(contract_program_init(&p, &one, &err));
        check_ok(contract_program_add(&p, buffer_text(&b), "f.sol", &err));
        check_ok(contract_program_link(&p, &err));
        for (size_t c = 0; c < N; c++) {
            const struct sol_contract *k = &p.contracts[c];
            memset(before, 0, sizeof before);
            for (size_t x = 0; x < k->n_bases; x++) {
                before[c][k->bases[x] - p.contracts] = true;
                if (x) before[k->bases[x] - p.contracts][k->bases[x - 1] - p.contracts] = true;
                for (size_t y = 1; y < k->bases[x]->n_order; y++)
                    before[k->bases[x]->order[y - 1] - p.contracts][k->bases[x]->order[y] - p.contracts] = true;
            }
            for (size_t m = 0; m < N; m++)
                for (size_t x = 0; x < N; x++)
                    for (size_t y = 0; y < N; y++) before[x][y] |= before[x][m] && before[m][y];
            bool circle = false, bases_tangled = false;
            for (size_t x = 0; x < N; x++) circle |= before[x][x];
            for (size_t x = 0; x < k->n_bases; x++) bases_tangled |= k->bases[x]->tangled;
            if (bases_tangled) continue;
            assert_int_equal(k->tangled, circle);
            tangled += k->tangled;
            for (size_t x = 0; !k->tangled && x < k->n_order; x++)
                for (size_t y = 0; y < x; y++)
                    assert_false(before[k->order[x] - p.contracts][k->order[y] - p.contracts]);
        }
        buffer_done(&b);
        arena_done(&one);
    }
    assert_in_range(tangled, CASES / 5, CASES * N);
}

/* ---- checkers: a fault, and its repair */

#define OLD "pragma solidity ^0.4.24;\n"
#define NEW "pragma solidity ^0.8.0;\n"

static void faults_and_repairs(void **state) {
    static const struct {
        const char *rule, *source, *expected;
    } rows[] = {
        {"reentrancy",
         OLD "contract C { mapping(address=>uint) b; function w() {\n uint a = b[msg.sender];\n "
             "require(msg.sender.call.value(a)());\n b[msg.sender] = 0; } }",
         "reentrancy:4"},
        {"reentrancy",
         OLD "contract C { mapping(address=>uint) b; function w() { uint a = b[msg.sender]; b[msg.sender] = 0; "
             "require(msg.sender.call.value(a)()); } }",
         ""},
        {"reentrancy",
         OLD "contract C { bool l; mapping(address=>uint) b; modifier m { require(!l); l = true; _; l = false; } "
             "function w() m { uint a = b[msg.sender]; require(msg.sender.call.value(a)()); b[msg.sender] = 0; } }",
         ""},
        {"reentrancy",
         OLD "contract C { mapping(address=>uint) b; function w() { pay(msg.sender, b[msg.sender]); b[msg.sender] = 0; "
             "}\n function pay(address a, uint n) private { require(a.call.value(n)()); } }",
         "reentrancy:3"},
        {"reentrancy",
         OLD "contract C { mapping(address=>uint) b; function w(bool x) { if (x) { "
             "require(msg.sender.call.value(b[msg.sender])()); } else { b[msg.sender] = 0; } } }",
         ""},
        {"reentrancy",
         OLD "contract C { mapping(address=>uint) b; function w() { msg.sender.transfer(b[msg.sender]); b[msg.sender] "
             "= 0; } }",
         ""},
        {"reentrancy",
         NEW "interface I { function f() external; } contract C { uint n; I immutable i; constructor(I x) { i = x; } "
             "function w() external { require(n == 0); i.f(); n = 1; } }",
         ""},
        {"reentrancy",
         NEW "interface I { function f() external; } contract C { uint n;\n function w(I i) external { require(n == "
             "0); i.f(); n = 1; } }",
         "reentrancy:3"},
        {"unchecked-call", OLD "contract C { function f(address a) {\n a.send(1); } }", "unchecked-call:3"},
        {"unchecked-call",
         OLD "contract C { function f(address a) { if (!a.send(1)) throw; bool ok = a.send(2); require(ok); } }", ""},
        {"unchecked-call",
         NEW "contract C { function f(address payable a) external {\n (bool ok, ) = a.call{value: 1}(\"\"); } }",
         "unchecked-call:3"},
        {"tx-origin", OLD "contract C { address o; function f() {\n require(tx.origin == o); } }", "tx-origin:3"},
        {"tx-origin", OLD "contract C { function f() { require(tx.origin == msg.sender); } }", ""},
        {"access",
         OLD "contract C { address o; function f() { require(msg.sender == o); } function g(address a) public {\n o = "
             "a; } }",
         "access:3"},
        {"access",
         OLD "contract C { address o; modifier m { require(msg.sender == o); _; } function g(address a) public m { o = "
             "a; } }",
         ""},
        {"access",
         OLD "contract C { address o; bool done; function f() { require(msg.sender == o); } function init() public { "
             "require(!done); done = true; o = msg.sender; } }",
         ""},
        {"access",
         OLD "contract C { address o; function is() internal returns (bool) { return msg.sender == o; } function "
             "g(address a) public { require(is()); o = a; } }",
         ""},
        {"access",
         OLD "contract C { mapping(address=>uint) b; uint t; function mint(address a, uint n) public {\n b[a] += n; t "
             "+= n; } }",
         "access:3"},
        {"access",
         OLD "contract C { mapping(address=>uint) b; function f(uint n) public {\n msg.sender.transfer(n); } }",
         "access:3"},
        {"access",
         NEW "contract C { mapping(address=>uint) b; function f(uint n) public { b[msg.sender] -= n; "
             "payable(msg.sender).transfer(n); } }",
         ""},
        {"wrong-constructor", OLD "contract Vault { address o;\n function vault() public { o = msg.sender; } }",
         "wrong-constructor:3"},
        {"wrong-constructor", OLD "contract Vault { address o; function Vault() public { o = msg.sender; } }", ""},
        {"overflow", OLD "contract C { uint t; function f(uint n) public {\n t += n; } }", "overflow:3"},
        {"overflow", OLD "contract C { uint t; function f(uint n) public { require(t + n >= t); t += n; } }", ""},
        {"overflow",
         OLD "library M { function add(uint a, uint b) internal returns (uint) { uint c = a + b; assert(c >= a); "
             "return c; } } contract C { using M for uint; uint t; function f(uint n) public { t = t.add(n); } }",
         ""},
        {"overflow", NEW "contract C { uint t; function f(uint n) public { t += n; unchecked {\n t -= n; } } }",
         "overflow:3"},
        {"overflow", OLD "contract C { uint t; function f(uint n) public { require(n <= t); t -= n; } }", ""},
        {"overflow", OLD "contract C { uint t; function f(uint n) public { require(n >= t);\n t -= n; } }",
         "overflow:3"},
        {"delegatecall", OLD "contract C { function f(address a, bytes d) public {\n require(a.delegatecall(d)); } }",
         "delegatecall:3"},
        {"delegatecall",
         OLD "contract C { address constant L = 0x1; function f(bytes d) public { require(L.delegatecall(d)); } }", ""},
        {"timestamp", OLD "contract C { function f() public {\n if (now == 5) msg.sender.transfer(1); } }",
         "timestamp:3"},
        {"timestamp",
         OLD "contract C { uint s; function f() public { require(now > s + 1 hours); msg.sender.transfer(1); } }", ""},
        {"randomness",
         OLD "contract C { uint w; function f() public {\n w = uint(block.blockhash(block.number - 1)) % 7; } }",
         "randomness:3"},
        {"randomness", OLD "contract C { uint w; uint n; function f() public { w = uint(blockhash(n + 3)); } }", ""},
        {"randomness", OLD "contract C { function f() public returns (uint) { return now % 1 days; } }", ""},
        {"dos-loop",
         OLD "contract C { address[] a; function p() public { a.push(msg.sender); } function f() public {\n for (uint "
             "i = 0; i < a.length; i++)\n a[i].transfer(1); } }",
         "dos-loop:4 dos-loop:3"},
        {"dos-loop",
         OLD "contract C { mapping(address=>uint) b; function f() public { for (uint i = 0; i < 10; i++) b[msg.sender] "
             "+= i; } }",
         ""},
        {"front-run",
         OLD "contract C { bytes32 h; function f(bytes x) public { require(sha3(x) == h);\n msg.sender.transfer(1 "
             "ether); } }",
         "front-run:3"},
        {"selfdestruct", OLD "contract C { function f() public {\n selfdestruct(msg.sender); } }", "selfdestruct:3"},
        {"selfdestruct",
         OLD "contract C { address o; constructor() { o = msg.sender; } function f() public { if (msg.sender != o) "
             "return; selfdestruct(o); } }",
         ""},
        {"shadow-uninit", OLD "contract A { uint x; } contract B is A {\n uint x; }", "shadow-uninit:3"},
        {"shadow-uninit", OLD "contract C { struct S { uint a; } function f() public {\n S s; s.a = 1; S memory t; } }",
         "shadow-uninit:3"},
        {"price-read",
         NEW "interface T { function balanceOf(address) external view returns (uint); } contract C { T t; address p; "
             "mapping(address=>uint) b;\n function f() external { uint r = t.balanceOf(p); b[msg.sender] += r * 2; } }",
         "price-read:3"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) finds(rows[i].source, rows[i].rule, rows[i].expected);
}

/* Across files: a base and its modifier, in another file. */
static void across_files(void **state) {
    const char *sources[] = {"import './B.sol'; contract C is Owned { function f(address a) public only { o = a; } "
                             "function g(address a) public {\n o = a; } }",
                             "contract Owned { address o; modifier only { require(msg.sender == o); _; } }"};
    char all[401] = "";
    const struct checker_settings settings = {.only = "access", .sink = put_finding, .context = all};
    (void)state;
    check_ok(checker_run(program_of(sources, 2), &settings, &err));
    assert_string_equal(all, "access:2");
}

/* Other names, comments and blanks: the same findings and the same normal form. */
static void names_do_not_matter(void **state) {
    const char *a = OLD "contract Vault { mapping(address=>uint) balances; function withdraw(uint amount) public { "
                        "require(balances[msg.sender] >= amount); require(msg.sender.call.value(amount)()); "
                        "balances[msg.sender] -= amount; } }";
    const char *b = OLD "contract Q7 { mapping(address=>uint) z; /* x */ function safe_do(uint k) public {\n\n "
                        "require(z[msg.sender] >= k); require(msg.sender.call.value(k)()); z[msg.sender] -= k; } }";
    char ha[SOL_HASH_HEX], hb[SOL_HASH_HEX];
    (void)state;
    finds(a, NULL, "reentrancy:2");
    finds(b, NULL, "reentrancy:4");
    struct sol_program *pa = program_of(&a, 1), *pb = program_of(&b, 1);
    check_ok(sol_normal_hash(pa, pa->all[0], ha, &err));
    check_ok(sol_normal_hash(pb, pb->all[0], hb, &err));
    assert_string_equal(ha, hb);
    struct buffer text;
    buffer_init(&text, 1 << 16);
    check_ok(sol_normal(pb, pb->all[0], false, &text, &err));
    assert_non_null(
        strstr(text.at, "function fn1 ( uint param1 ) public { require ( state1 [ msg . sender ] >= param1 )"));
    buffer_done(&text);
}

/* "simple_dao shows the write after the external call with both lines; its repair does not." */
static void late_writes(void **state) {
    const char *a = OLD "contract C { mapping(address=>uint) b; function w(uint n) public {\n if (b[msg.sender] >= n) "
                        "{\n require(msg.sender.call.value(n)());\n b[msg.sender] -= n; } } }";
    struct sol_program *p = program_of(&a, 1);
    struct contract_profiles profiles;
    (void)state;
    check_ok(contract_profiles(p, &arena, &profiles, &err));
    assert_int_equal(FEATURES, 64);
    assert_int_equal(profiles.at[0].features[FEATURE_late_writes], 1);
    assert_int_equal(profiles.at[0].late[0].read, 3);
    assert_int_equal(profiles.at[0].late[0].call, 4);
    assert_int_equal(profiles.at[0].late[0].write, 5);
    assert_int_equal(profiles.at[0].features[FEATURE_low_calls], 1);
    assert_int_equal(profiles.at[0].features[FEATURE_public], 1);
}

static void every_checker_has_a_row(void **state) {
    const struct checker *all;
    size_t n = checkers(&all), m;
    const struct finding_rule *const *rules = checker_rules(&m);
    unsigned hits, alarms;
    (void)state;
    assert_int_equal(m, n);
    for (size_t i = 0; i < n; i++) {
        assert_ptr_equal(rules[i], &all[i].is);
        double c = checker_confidence(all[i].is.name, &hits, &alarms);
        assert_true(hits <= alarms);
        check_near(c, (hits + 1.0) / (alarms + 2.0), 1e-12);
    }
}

/* ---- suppressions */

/* They hold through their last day, for one rule, function and form; what meets nothing or is past is told. */
static void suppressions_end(void **state) {
    static const char rows[] =
        "{\"rule\":\"reentrancy\",\"function\":\"V.w\",\"hash\":\"aa\",\"reason\":\"looked at\",\"until\":\"2026-03-31\"}\n"
        "{\"rule\":\"reentrancy\",\"function\":\"V.x\",\"hash\":\"bb\",\"reason\":\"for good\"}\n";
    static const struct {
        const char *today, *told;
    } days[] = {{"2026-03-30", "stale:2"}, {"2026-03-31", "stale:2"}, {"2026-04-01", "stale:1 stale:2"}};
    char path[64];
    size_t n;
    const struct finding_rule *const *rules = checker_rules(&n);
    (void)state;
    snprintf(path, sizeof path, "suppress-%d.jsonl", (int)getpid());
    check_ok(file_write(path, text_of(rows), &err));
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        struct suppressions s;
        char all[401] = "";
        arena_reset(&arena);
        check_ok(suppress_read(&s, path, days[i].today, rules, n, &arena, &err));
        const char *reason = suppress_reason(&s, "reentrancy", "V.w", "aa");
        assert_true(i == 2 ? reason == NULL : reason && strcmp(reason, "looked at") == 0);
        assert_null(suppress_reason(&s, "reentrancy", "V.w", "ab"));
        assert_null(suppress_reason(&s, "overflow", "V.w", "aa"));
        check_ok(suppress_stale(&s, "stale", put_finding, all, &err));
        assert_string_equal(all, days[i].told);
    }
    remove(path);
}

/* ---- allocations that fail */

static void no_memory(void **state) {
    const char *source = OLD "contract C { mapping(address=>uint) b; function w() { uint a = b[msg.sender]; "
                             "require(msg.sender.call.value(a)()); b[msg.sender] = 0; } }";
    uint64_t n = 1;
    bool done = false;
    (void)state;
    for (; !done && n < 1000; n++) {
        struct arena small;
        struct sol_program p;
        char all[401] = "";
        const struct checker_settings settings = {.sink = put_finding, .context = all};
        arena_init(&small, (size_t)1 << 26);
        error_clear(&err);
        memory_fail_at(n);
        done = contract_program_init(&p, &small, &err) && contract_program_add(&p, text_of(source), "f.sol", &err) &&
               contract_program_link(&p, &err) && checker_run(&p, &settings, &err);
        memory_fail_at(0);
        if (!done) assert_int_equal(err.kind, ERROR_ENVIRONMENT);
        arena_done(&small);
    }
    assert_true(done && n > 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_of_functions),
        cmocka_unit_test(new_forms),
        cmocka_unit_test(broken_sources),
        cmocka_unit_test(no_sources),
        cmocka_unit_test(deep_nesting),
        cmocka_unit_test(bases_in_order),
        cmocka_unit_test(orders_keep_their_promise),
        cmocka_unit_test(faults_and_repairs),
        cmocka_unit_test(across_files),
        cmocka_unit_test(names_do_not_matter),
        cmocka_unit_test(late_writes),
        cmocka_unit_test(every_checker_has_a_row),
        cmocka_unit_test(suppressions_end),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
