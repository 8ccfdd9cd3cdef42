/* SQL as pieces: words, numbers, literals, signs. It never fails: what it does not know is a sign of one byte, and a
 * literal or comment that is not closed reaches to the end. Pieces are views into the text; comments and blanks are
 * left out. */
#ifndef VERIFY_SQL_LEX_H
#define VERIFY_SQL_LEX_H

#include "base/text.h"

enum sql_kind { SQL_WORD, SQL_NUMBER, SQL_STRING, SQL_QUOTED, SQL_SIGN };
/* STRING: in single quotes; QUOTED: in double quotes, backquotes or brackets, which SQLite takes as a name where there
 * is one and as a literal where not. Both with their quotes. */
struct sql_piece {
    enum sql_kind kind;
    struct text text;
};

/* The next piece of *rest; false at the end. */
bool sql_next(struct text *rest, struct sql_piece *piece);

enum { SQL_PIECES_MOST = 1 << 14 }; /* longer queries are cut there, which limits of execution refuse anyway */
/* All pieces, on the arena. */
struct sql_piece *sql_pieces(struct text sql, struct arena *arena, size_t *n, struct error *err) MUST_CHECK;

bool sql_is_word(const struct sql_piece *piece, const char *word); /* a word, in any case */
bool sql_is_sign(const struct sql_piece *piece, const char *sign);
/* What a literal says, without its quotes, doubled ones once. */
bool sql_unquoted(const struct sql_piece *piece, struct arena *arena, struct text *out, struct error *err) MUST_CHECK;

#endif
