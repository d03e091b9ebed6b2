/* Constraints of outputs, as results write them: "-2 y0 + y3 >= 5 and y1 >= 0
 * or y2 >= 7". */
#include <stdlib.h>
#include <string.h>

#include "claims/claims.h"

enum { MOST_CONSTRAINTS = 1 << 14 };

int16_t *rp_check_add_row(constraints *r, int32_t clause, int64_t least) {
  const size_t n = (size_t)r->n + 1, width = (size_t)r->n_out;
  if (r->n == MOST_CONSTRAINTS) return NULL;
  r->w = rp_check_resize(r->w, n * width * sizeof *r->w);
  r->least = rp_check_resize(r->least, n * sizeof *r->least);
  r->clause = rp_check_resize(r->clause, n * sizeof *r->clause);
  r->least[r->n] = least;
  r->clause[r->n] = clause;
  if (clause == r->n_clauses) r->n_clauses++;
  r->n++;
  return memset(r->w + (n - 1) * width, 0, width * sizeof *r->w);
}

/* Read "-2 y0 + y3 >= 5". Returns where it ends; NULL: it is none. */
static const char *read_row(constraints *r, int32_t clause, const char *at) {
  int16_t *w = rp_check_add_row(r, clause, 0);
  char *end;
  bool has_terms = *at != '0';
  if (!has_terms) at++;
  for (int sign = 1; w && has_terms; sign = *at++ == '-' ? -1 : 1) {
    if (sign == 1 && *at == '-') sign = -1;
    if (*at == '-' || *at == ' ') at++;
    long factor = 1;
    if (*at >= '0' && *at <= '9') {
      factor = strtol(at, &end, 10);
      if (*end != ' ') return NULL;
      at = end + 1;
    }
    if (*at != 'y' || at[1] < '0' || at[1] > '9') return NULL;
    const long output = strtol(at + 1, &end, 10);
    if (output >= r->n_out || w[output] != 0 || factor > INT16_MAX + (sign < 0))
      return NULL;
    w[output] = (int16_t)(sign * factor);
    at = end;
    if (strncmp(at, " + ", 3) != 0 && strncmp(at, " - ", 3) != 0) break;
    at++;
  }
  if (!w || strncmp(at, " >= ", 4) != 0) return NULL;
  r->least[r->n - 1] = strtoll(at + 4, &end, 10);
  return end > at + 4 ? end : NULL;
}

bool rp_check_read_rows(const char *at, constraints *r) {
  for (int32_t clause = 0; (at = read_row(r, clause, at)) && *at;) {
    if (!strncmp(at, " and ", 5))
      at += 5;
    else if (!strncmp(at, " or ", 4))
      at += 4;
    else
      return false;
    clause += at[-2] == 'r'; /* of "or" */
  }
  return at != NULL;
}
