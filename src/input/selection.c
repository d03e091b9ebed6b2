/* Parses selections of samples: "all", or numbers and inclusive ranges,
 * separated by commas. Of duplicates the first is kept. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/ranges.h"
#include "core/text.h"
#include "input/dataset.h"

typedef struct selection_parser {
  const char *text;
  int64_t n;      /* samples of the dataset */
  int64_t *index; /* [n] */
  int64_t count;
  bool *taken; /* [n]; NULL: only the form is checked */
} selection_parser;

static rp_status fail_malformed(const selection_parser *p, const char *at,
                                rp_error *err) {
  return rp_fail(err, RP_E_INPUT,
                 "selection '%.*s': expected 'all', or numbers and ranges such "
                 "as 0-9,17, found '%.*s'",
                 rp_text_fit(p->text, 80), p->text, rp_text_fit(at, 20), at);
}

static rp_status add_range(selection_parser *p, int64_t first, int64_t last,
                           rp_error *err) {
  if (first > last)
    return rp_fail(
        err, RP_E_INPUT,
        "selection '%.*s': expected ascending ranges, found %lld-%lld",
        rp_text_fit(p->text, 80), p->text, (long long)first, (long long)last);
  if (!p->taken) return RP_OK;
  if (last >= p->n)
    return rp_fail(
        err, RP_E_INPUT,
        "samples '%.*s': expected samples 0..%lld, of the %lld in the "
        "dataset, found %lld",
        rp_text_fit(p->text, 80), p->text, (long long)p->n - 1, (long long)p->n,
        (long long)last);
  for (int64_t i = first; i <= last; i++) {
    if (p->taken[i]) continue;
    p->taken[i] = true;
    p->index[p->count++] = i;
  }
  return RP_OK;
}

static rp_status parse_items(selection_parser *p, rp_error *err) {
  for (const char *item = p->text;;) {
    int64_t first, last;
    const char *const end = rp_range_read(item, &first, &last);
    if (!end) return fail_malformed(p, item, err);
    RP_TRY(add_range(p, first, last, err));
    if (!*end) return RP_OK;
    item = end + 1;
  }
}

bool rp_selection_is_well_formed(const char *text) {
  selection_parser p = {.text = text};
  return !strcmp(text, "all") || parse_items(&p, NULL) == RP_OK;
}

rp_status rp_selection_parse(const char *text, int64_t n, int64_t **index,
                             int64_t *count, rp_error *err) {
  selection_parser p = {.text = text, .n = n};
  p.index = rp_alloc((size_t)n, sizeof *p.index);
  p.taken = rp_alloc((size_t)n, sizeof *p.taken);
  rp_status status;
  if (!p.index || !p.taken)
    status = rp_fail(err, RP_E_MEMORY, "selection: out of memory");
  else if (!strcmp(text, "all") && n > 0)
    status = add_range(&p, 0, n - 1, err);
  else
    status = parse_items(&p, err);
  free(p.taken);
  if (status != RP_OK) {
    free(p.index);
    return status;
  }
  *index = p.index;
  *count = p.count;
  return RP_OK;
}
