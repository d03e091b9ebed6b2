/* Patches: that a claim about any patch has a row for each of its places. What
 * the places are follows from the size of the patch and the shape of the image
 * alone; results only say the size. */
#include "check/check.h"

static int32_t count_columns(const net *n, int32_t patch) {
  return n->image[1] - patch + 1;
}

int32_t rp_check_count_places(const net *n, int32_t patch) {
  const bool fits = patch > 0 && patch <= n->image[0] && patch <= n->image[1];
  return fits ? (n->image[0] - patch + 1) * count_columns(n, patch) : 0;
}

bool rp_check_is_in_patch(const net *n, int32_t patch, int64_t place,
                          int32_t input) {
  const int64_t columns = count_columns(n, patch);
  const int64_t top = place / columns, left = place % columns;
  const int64_t pixel = input / n->image[2];
  const int64_t down = pixel / n->image[1], across = pixel % n->image[1];
  return down >= top && down < top + patch && across >= left &&
         across < left + patch;
}

/* The rows of the same table as row i, and where i is in it. */
static const row *get_table(const results *r, int64_t *i, int64_t *count) {
  const bool search = *i >= r->n_queries;
  *count = search ? r->n_searches : r->n_queries;
  if (search) *i -= r->n_queries;
  return search ? r->search : r->query;
}

/* How many rows from the first one on are about its sample. */
static int64_t count_same(const row *of, int64_t left) {
  int64_t n = 0;
  while (n < left && of[n].sample == of->sample) n++;
  return n;
}

bool rp_check_has_all_places(const results *r, int64_t i) {
  int64_t count;
  const row *table = get_table(r, &i, &count), *const own = table + i;
  const bool search = table == r->search;
  if (i > 0 && own[-1].sample == own->sample) return true; /* not the first */
  const int64_t n = count_same(own, count - i);
  const int64_t each = n / r->places; /* rows of a place, one for each radius */
  if (each < 1 || n % r->places || (search && each > 1)) return false;
  for (int64_t k = 0; k < n; k++)
    if (own[k].target != k / each || own[k].label != own->label ||
        (!search && own[k].lo != own[k % each].lo))
      return false;
  return true;
}

/* What is known at all places of a sample, or at a radius of it: 1, robust at
 * all; -1: refuted at one; 0: neither. */
static int join_places(const int8_t *state, int64_t stride, int64_t places) {
  bool all = true;
  for (int64_t k = 0; k < places; k++) {
    if (state[k * stride] < 0) return -1;
    all = all && state[k * stride] > 0;
  }
  return all;
}

void rp_check_join_places(const results *r, const int8_t *state,
                          long long of[3]) {
  for (int64_t i = 0, n; i < r->n_queries; i += n) {
    n = count_same(r->query + i, r->n_queries - i);
    const int64_t each = n / r->places;
    const bool is_whole = each > 0 && n == each * r->places;
    for (int64_t k = 0; is_whole && k < each && state[i] != UNSEEN; k++)
      of[1 + join_places(state + i + k, each, r->places)]++;
  }
}
