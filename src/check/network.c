/* The network: rows of its operators, staircases, proofs of its ranges,
 * regions, and the forward pass. Every operator is given by its rows alone. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/check.h"

/* Without memory the remaining claims are not checked, so the check fails. */
static void *expect_memory(void *made) {
  static const char why[] =
      "rampart-check: out of memory before all rows were checked\n";
  if (made) return made;
  (void)!write(STDERR_FILENO, why, sizeof why - 1);
  _exit(FAILED);
}

void *rp_check_alloc(size_t count, size_t size) {
  return expect_memory(calloc(count + 1, size));
}

void *rp_check_resize(void *memory, size_t bytes) {
  return expect_memory(realloc(memory, bytes));
}

int32_t rp_check_count(const net *n, int32_t source) {
  return source < 0 ? n->n_in : n->block[source].n_out;
}

int32_t rp_check_first(const net *n, int32_t source) {
  return source < 0 ? 0 : n->block[source].first;
}

int32_t rp_check_owner(const block *b, int32_t accumulator) {
  return b->owner ? b->owner[accumulator] : accumulator;
}

/* ---- rows ---- */

/* A row of a convolution has a run for each place of its window that is not on
 * padding. Row (y width + x) channels + c is channel c at position y, x. */
static bool find_next_window_run(const term *t, int32_t i, int32_t *at,
                                 run *to) {
  const shape *s = &t->shape;
  const int32_t c = i % s->out[2], position = i / s->out[2];
  const int32_t n = s->in[2] / s->groups, group = c / (s->out[2] / s->groups);
  const int32_t places = s->kernel[0] * s->kernel[1];
  while (*at < places) {
    const int32_t k = (*at)++;
    const int64_t y = (int64_t)(position / s->out[1]) * s->stride[0] +
                      (int64_t)(k / s->kernel[1]) * s->dilation[0] - s->pad[0];
    const int64_t x = (int64_t)(position % s->out[1]) * s->stride[1] +
                      (int64_t)(k % s->kernel[1]) * s->dilation[1] - s->pad[1];
    if (y < 0 || y >= s->in[0] || x < 0 || x >= s->in[1]) continue;
    to->column = (int32_t)(y * s->in[1] + x) * s->in[2] + group * n;
    to->n = n;
    to->w = t->w + ((int64_t)c * places + k) * n;
    return true;
  }
  return false;
}

bool rp_check_next_run(const block *b, const term *t, int32_t i, int32_t *at,
                       run *to) {
  if (b->folded[i]) return false;
  if (t->kind == CONV) return find_next_window_run(t, i, at, to);
  if (t->kind == SELECT)
    *to = (run){t->index[i], 1, t->w + i};
  else
    *to = (run){0, t->n_in, t->w + (size_t)i * (size_t)t->n_in};
  return (*at)++ == 0 && to->column >= 0;
}

/* ---- staircases ---- */

/* Thresholds are cut to this, beyond all accumulators. */
static const int64_t NEVER = INT32_MAX;

static int32_t count_thresholds(const stair *s, int64_t z) {
  int32_t from = 0, to = s->hi - s->lo;
  while (from < to) {
    const int32_t middle = from + (to - from) / 2;
    if (s->threshold[middle] <= z)
      from = middle + 1;
    else
      to = middle;
  }
  return from;
}

int32_t rp_check_apply_stair(const stair *s, int64_t z) {
  if (s->threshold) return s->lo + count_thresholds(s, z);
  const int64_t half = ((int64_t)1 << s->shift) >> 1;
  const int64_t v = (z + half) >> s->shift;
  return (int32_t)(v < s->lo ? s->lo : v > s->hi ? s->hi : v);
}

int64_t rp_check_threshold(const stair *s, int64_t v) {
  if (v <= s->lo) return -ACC_LIMIT;
  if (v > s->hi) return ACC_LIMIT + 1;
  if (s->threshold) return s->threshold[v - s->lo - 1];
  return v * ((int64_t)1 << s->shift) - (((int64_t)1 << s->shift) >> 1);
}

/* Whether a staircase is one; its thresholds are cut. */
static bool check_stair(stair *s) {
  const int64_t steps = (int64_t)s->hi - s->lo;
  if (steps < 0 || s->lo < -ACC_LIMIT || s->hi > ACC_LIMIT || s->shift < 0 ||
      s->shift > 30)
    return false;
  if (!s->threshold) return true;
  if (steps < 1 || steps > MOST_STEPS || s->shift != 0) return false;
  for (int64_t k = 0; k < steps; k++) {
    int64_t *t = &s->threshold[k];
    *t = *t > NEVER ? NEVER : *t < -NEVER ? -NEVER : *t;
    if (k > 0 && *t < t[-1]) return false;
  }
  return true;
}

/* ---- regions ---- */

region *rp_check_copy_region(const net *n, const region *from) {
  const size_t bytes = 2 * (size_t)n->n_vars * sizeof(int32_t);
  region *r = rp_check_alloc(1, sizeof *r + bytes);
  r->lo = (int32_t *)(r + 1);
  r->hi = r->lo + n->n_vars;
  if (from) memcpy(r->lo, from->lo, bytes);
  if (from) r->stale = from->stale;
  return r;
}

region *rp_check_make_ball(const net *n, const int32_t *x, int32_t radius) {
  region *r = rp_check_copy_region(n, NULL);
  for (int32_t v = 0; v < n->n_vars; v++) {
    const bool input = v < n->n_in;
    const int32_t at = input && x ? x[v] : 0;
    r->lo[v] = !input ? -ACC_LIMIT : at > radius ? at - radius : 0;
    r->hi[v] = !input ? ACC_LIMIT : at + radius;
    if (input && r->hi[v] > n->in_hi) r->hi[v] = n->in_hi;
  }
  return r;
}

bool rp_check_cut(const net *n, region *r, int32_t v, wide lo, wide hi) {
  if (lo > ACC_LIMIT) lo = ACC_LIMIT + 1; /* avoids overflow; stays empty */
  if (hi < -ACC_LIMIT) hi = -ACC_LIMIT - 1;
  if (lo <= r->lo[v] && hi >= r->hi[v]) return true;
  if (n->of[v] + 1 < r->stale) r->stale = n->of[v] + 1;
  if (lo > r->lo[v]) r->lo[v] = (int32_t)lo;
  if (hi < r->hi[v]) r->hi[v] = (int32_t)hi;
  return r->lo[v] <= r->hi[v];
}

/* The staircase rises: the greatest accumulator has the greatest value. */
static int32_t find_greatest_value(const block *b, int32_t i,
                                   const int32_t *z) {
  int32_t most = z[b->member[b->begin[i]]];
  for (int32_t at = b->begin[i] + 1; at < b->begin[i + 1]; at++)
    if (z[b->member[at]] > most) most = z[b->member[at]];
  return rp_check_apply_stair(&b->own[i], most);
}

/* Compute the bounds of a source's values, [2][count], to be freed by the
 * caller. */
static int32_t *compute_ends(const net *n, int32_t source, const region *r) {
  const int32_t count = rp_check_count(n, source);
  const int32_t first = rp_check_first(n, source);
  int32_t *lo = rp_check_alloc(2 * (size_t)count, sizeof *lo), *hi = lo + count;
  for (int32_t j = 0; j < count; j++) {
    const block *b = source < 0 ? NULL : &n->block[source];
    lo[j] = b ? find_greatest_value(b, j, r->lo + first) : r->lo[j];
    hi[j] = b ? find_greatest_value(b, j, r->hi + first) : r->hi[j];
  }
  return lo;
}

/* Add the least and the greatest w.a over lo <= a <= hi. */
RP_VECTOR_CLONES static void add_range(const int16_t *restrict w,
                                       const int32_t *restrict lo,
                                       const int32_t *restrict hi, int32_t n,
                                       int32_t *least, int32_t *most) {
  int32_t down = 0, up = 0;
  for (int32_t j = 0; j < n; j++) {
    down += w[j] * (w[j] < 0 ? hi[j] : lo[j]);
    up += w[j] * (w[j] < 0 ? lo[j] : hi[j]);
  }
  *least += down;
  *most += up;
}

static void add_term(const net *n, const block *b, const term *t,
                     const region *r, int32_t *least, int32_t *most) {
  int32_t *lo = compute_ends(n, t->source, r), *hi = lo + t->n_in;
  run of;
  for (int32_t i = 0; i < b->n_acc; i++)
    for (int32_t at = 0; rp_check_next_run(b, t, i, &at, &of);)
      add_range(of.w, lo + of.column, hi + of.column, of.n, &least[i],
                &most[i]);
  free(lo);
}

static bool propagate_block(const net *n, int32_t k, region *r) {
  const block *b = &n->block[k];
  int32_t *least = rp_check_alloc(2 * (size_t)b->n_acc, sizeof *least);
  int32_t *most = least + b->n_acc;
  bool left = true;
  for (int32_t i = 0; i < b->n_acc; i++) least[i] = most[i] = (int32_t)b->b[i];
  for (int32_t t = 0; t < b->n_terms; t++)
    add_term(n, b, &b->term[t], r, least, most);
  for (int32_t i = 0; i < b->n_acc; i++)
    left = rp_check_cut(n, r, b->first + i, least[i], most[i]) && left;
  free(least);
  return left;
}

bool rp_check_propagate(const net *n, region *r, int32_t last) {
  for (; r->stale <= last; r->stale++)
    if (!propagate_block(n, r->stale, r)) return false;
  return true;
}

/* In a ball of radius 0 every interval is a single value. */
int32_t rp_check_predict(const net *n, const int32_t *x) {
  region *r = rp_check_make_ball(n, x, 0);
  (void)rp_check_propagate(n, r, n->n_blocks - 1);
  int32_t *out = compute_ends(n, n->n_blocks - 1, r), class = 0;
  for (int32_t i = 1; i < n->n_out; i++)
    if (out[i] > out[class]) class = i;
  free(out);
  free(r);
  return class;
}

/* ---- shapes ---- */

/* Whether the product of positive numbers is at most int32. */
static bool is_small(const int32_t *number, int n, wide *product) {
  *product = 1;
  for (int d = 0; d < n; d++) {
    *product *= number[d];
    if (number[d] < 1 || *product > INT32_MAX) return false;
  }
  return true;
}

/* Coordinates, and the number of weights, are int32. */
static bool has_shape(const term *t, int32_t rows) {
  const shape *s = &t->shape;
  wide in, out, weights;
  if (!is_small(s->in, 3, &in) || !is_small(s->out, 3, &out) || in != t->n_in ||
      out != rows || s->groups < 1 || s->in[2] % s->groups != 0 ||
      s->out[2] % s->groups != 0)
    return false;
  for (int d = 0; d < 2; d++)
    if (s->stride[d] < 1 || s->dilation[d] < 1 || s->pad[d] < 0 ||
        (int64_t)(s->out[d] - 1) * s->stride[d] +
                (int64_t)(s->kernel[d] - 1) * s->dilation[d] >
            INT32_MAX)
      return false;
  return is_small(s->kernel, 2, &weights) &&
         weights * s->out[2] * (s->in[2] / s->groups) <= INT32_MAX;
}

/* Whether a term reads a block below and fits it. */
static bool does_term_fit(const net *n, int32_t k, const term *t) {
  const int32_t rows = n->block[k].n_acc;
  if (t->source < -1 || t->source >= k ||
      t->n_in != rp_check_count(n, t->source))
    return false;
  for (int32_t i = 0; t->kind == SELECT && i < rows; i++)
    if (t->index[i] < -1 || t->index[i] >= t->n_in) return false;
  return t->kind != CONV || has_shape(t, rows);
}

/* List the accumulators of each neuron, by counting. False: one has none, or an
 * accumulator no neuron. */
static bool list_members(block *b) {
  const size_t n_out = (size_t)b->n_out, n_acc = (size_t)b->n_acc;
  b->begin = rp_check_alloc(n_out + 2 + n_acc, sizeof *b->begin);
  b->member = b->begin + n_out + 2;
  int32_t *next = b->begin + 1; /* begin of each neuron, while filled */
  for (int32_t i = 0; i < b->n_acc; i++) {
    const int32_t owner = rp_check_owner(b, i);
    if (owner < 0 || owner >= b->n_out) return false;
    next[owner + 1]++;
  }
  for (int32_t i = 0; i < b->n_out; i++) {
    if (next[i + 1] == 0) return false;
    next[i + 1] += next[i];
  }
  for (int32_t i = 0; i < b->n_acc; i++)
    b->member[next[rp_check_owner(b, i)]++] = i;
  return true;
}

/* Outputs are no maxima. The bound of a maximum goes over all its steps. */
static bool may_have_maxima(const net *n, int32_t k) {
  const block *b = &n->block[k];
  for (int32_t c = 0; c < b->n_stairs; c++)
    if ((int64_t)b->stair[c].hi - b->stair[c].lo > MOST_STEPS) return false;
  return k + 1 < n->n_blocks && b->n_acc >= b->n_out;
}

static bool does_block_fit(const net *n, int32_t k) {
  block *b = &n->block[k];
  bool good = b->n_out >= 1 && b->n_terms >= 1 && b->n_stairs >= 1 &&
              b->n_out % b->n_stairs == 0;
  if (!b->owner) b->n_acc = b->n_out;
  good = good && (!b->owner || may_have_maxima(n, k)) && list_members(b);
  for (int32_t t = 0; good && t < b->n_terms; t++)
    good = does_term_fit(n, k, &b->term[t]);
  for (int32_t c = 0; good && c < b->n_stairs; c++)
    good = check_stair(&b->stair[c]);
  return good;
}

/* ---- ranges ---- */

/* Sizes beyond this are not followed, biases beyond it not taken. */
static const int64_t MOST_SIZE = (int64_t)1 << 60;

/* What is known of an accumulator over the whole input range. */
typedef struct sums {
  wide bias, size; /* no partial sum is greater than `size`, in any order */
  wide least, most;
} sums;

/* Terms see the inputs' own numbers minus the zero point; variables count from
 * the least one. The difference belongs to the bias. */
static sums sum_row(const net *n, const block *b, int32_t i,
                    int32_t *const *ends) {
  sums s = {b->b[i], 0, 0, 0};
  run of;
  for (int32_t k = 0; k < b->n_terms; k++) {
    const term *t = &b->term[k];
    const int32_t *lo = ends[k], *hi = lo + t->n_in;
    for (int32_t at = 0; rp_check_next_run(b, t, i, &at, &of);)
      for (int32_t j = 0; j < of.n; j++) {
        const wide a = (wide)of.w[j] * lo[of.column + j];
        const wide c = (wide)of.w[j] * hi[of.column + j];
        s.least += a < c ? a : c;
        s.most += a < c ? c : a;
        s.size += a + c > 0 ? (a < c ? c : a) : -(a < c ? a : c);
        if (t->source < 0) s.bias += (wide)of.w[j] * (n->in_lo - n->in_zero);
      }
  }
  s.least += s.bias;
  s.most += s.bias;
  s.size += s.bias < 0 ? -s.bias : s.bias;
  return s;
}

/* Thresholds near those to which they are cut may lie anywhere beyond. */
static bool is_known_everywhere(const stair *s) {
  return !s->threshold || (s->threshold[0] > 1 - NEVER &&
                           s->threshold[s->hi - s->lo - 1] < NEVER - 1);
}

/* Whether the accumulator gives one value over the whole range. */
static bool is_constant(const stair *s, const sums *z) {
  if (!is_known_everywhere(s) && (z->least <= -NEVER || z->most >= NEVER))
    return false;
  return z->size <= MOST_SIZE && rp_check_apply_stair(s, (int64_t)z->least) ==
                                     rp_check_apply_stair(s, (int64_t)z->most);
}

static int32_t find_common_divisor(int32_t a, int32_t b) {
  while (b != 0) {
    const int32_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/* Accumulators can be folded alone, but positions of a convolution share
 * weights: they are folded together. Count the sets, of every so many
 * accumulators, that share neither weights nor maxima; 0 if there are none. */
static int32_t count_foldable(const block *b) {
  int32_t sets = find_common_divisor(b->n_out, b->n_acc);
  for (const term *t = b->term; t < b->term + b->n_terms; t++)
    if (t->kind == CONV) sets = find_common_divisor(sets, t->shape.out[2]);
  if (!b->folds || sets % b->n_stairs != 0) return 0;
  for (int32_t i = 0; i < b->n_acc; i++)
    if (rp_check_owner(b, i) % sets != i % sets) return 0;
  return sets;
}

/* Accumulators i, i + every, i + 2 every ... become constants: they have no
 * taps. Neurons are the greatest of theirs. False: one of them is none. */
static bool fold_set(block *b, int32_t first, int32_t every, sums *z) {
  const stair *s = &b->stair[first % b->n_stairs];
  for (int32_t i = first; i < b->n_out; i += every)
    b->own[i] = (stair){s->lo, s->lo, 0, NULL};
  for (int32_t i = first; i < b->n_acc; i += every) {
    if (!is_constant(s, &z[i])) return false;
    const int32_t value = rp_check_apply_stair(s, (int64_t)z[i].least);
    stair *own = &b->own[rp_check_owner(b, i)];
    if (value > own->lo) own->lo = own->hi = value;
    b->folded[i] = true;
    z[i] = (sums){0};
  }
  return true;
}

/* Prove a block's ranges, and fold what leaves them. */
static bool prove_block(net *n, int32_t k, region *all) {
  block *b = &n->block[k];
  const int32_t every = count_foldable(b);
  int32_t **ends = rp_check_alloc((size_t)b->n_terms, sizeof *ends);
  sums *z = rp_check_alloc((size_t)b->n_acc, sizeof *z);
  bool good = true;
  for (int32_t t = 0; t < b->n_terms; t++)
    ends[t] = compute_ends(n, b->term[t].source, all);
  for (int32_t i = 0; i < b->n_out; i++) b->own[i] = b->stair[i % b->n_stairs];
  for (int32_t i = 0; good && i < b->n_acc; i++) {
    z[i] = sum_row(n, b, i, ends);
    good = b->b[i] <= MOST_SIZE && b->b[i] >= -MOST_SIZE;
  }
  for (int32_t i = 0; good && i < b->n_acc; i++)
    if (z[i].size > ACC_LIMIT)
      good = every > 0 && fold_set(b, i % every, every, z);
  for (int32_t i = 0; good && i < b->n_acc; i++) {
    b->b[i] = (int64_t)z[i].bias;
    all->lo[b->first + i] = (int32_t)z[i].least;
    all->hi[b->first + i] = (int32_t)z[i].most;
  }
  for (int32_t t = 0; t < b->n_terms; t++) free(ends[t]);
  free(ends);
  free(z);
  return good;
}

/* Whether the weights that read one value sum to at most the limit. */
static bool are_columns_within_limit(const net *n) {
  int64_t *sum = rp_check_alloc((size_t)n->n_vars, sizeof *sum);
  bool good = true;
  run of;
  for (int32_t k = 0; k < n->n_blocks; k++)
    for (int32_t t = 0; t < n->block[k].n_terms; t++) {
      const block *b = &n->block[k];
      const int32_t first = rp_check_first(n, b->term[t].source);
      for (int32_t i = 0; i < b->n_acc; i++)
        for (int32_t at = 0; rp_check_next_run(b, &b->term[t], i, &at, &of);)
          for (int32_t j = 0; j < of.n; j++)
            sum[first + of.column + j] += abs(of.w[j]);
    }
  for (int32_t v = 0; good && v < n->n_vars; v++) good = sum[v] <= COLUMN_LIMIT;
  free(sum);
  return good;
}

/* ---- the network ---- */

static bool is_read(const net *n, int32_t source) {
  for (int32_t k = source + 1; k < n->n_blocks; k++)
    for (int32_t t = 0; t < n->block[k].n_terms; t++)
      if (n->block[k].term[t].source == source) return true;
  return source + 1 == n->n_blocks;
}

/* Number the variables. False: blocks do not fit together. */
static bool number_variables(net *n) {
  if (n->n_blocks < 1 || n->n_in < 1 || n->n_in > MOST_INPUTS || n->in_hi < 1 ||
      n->in_hi > 255 || n->in_lo != (int16_t)n->in_lo ||
      n->in_zero != (int16_t)n->in_zero)
    return false;
  n->n_vars = n->n_in;
  for (int32_t k = 0; k < n->n_blocks; k++) {
    block *b = &n->block[k];
    if (!does_block_fit(n, k) || !is_read(n, k) ||
        b->n_acc > INT32_MAX - n->n_vars)
      return false;
    b->first = n->n_vars;
    n->n_vars += b->n_acc;
    n->n_out = b->n_out;
  }
  return true;
}

const char *rp_check_prepare(net *n) {
  if (!number_variables(n)) return "its blocks do not fit together";
  n->of = rp_check_alloc((size_t)n->n_vars, sizeof *n->of);
  for (int32_t v = 0; v < n->n_in; v++) n->of[v] = -1;
  region *all =
      rp_check_make_ball(n, NULL, n->in_hi); /* contains every input */
  bool good = true;
  for (int32_t k = 0; good && k < n->n_blocks; k++) {
    block *b = &n->block[k];
    b->own = rp_check_alloc((size_t)b->n_out, sizeof *b->own);
    b->folded = rp_check_alloc((size_t)b->n_acc, sizeof *b->folded);
    for (int32_t i = 0; i < b->n_acc; i++) n->of[b->first + i] = k;
    good = prove_block(n, k, all);
  }
  free(all);
  if (!good) return "an accumulator may exceed 2^30";
  for (int32_t i = 0; good && i < n->n_out; i++)
    good = n->block[n->n_blocks - 1].own[i].lo <
           n->block[n->n_blocks - 1].own[i].hi;
  if (!good || n->n_out < 2)
    return "expected two outputs that are not constant";
  return are_columns_within_limit(n) ? NULL
                                     : "the readers' weights exceed 2^31";
}
