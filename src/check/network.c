/* The network: rows of its operators, staircases, proofs of its ranges,
 * regions, and the forward pass. Each operator gives the runs of its rows; all
 * else works on these. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/check.h"

/* ---- rows ---- */

static void append_run(block *b, size_t *n, run of) {
  if ((*n & (*n - 1)) == 0) /* full: double the capacity */
    b->run = rp_check_resize(b->run, (2 * *n + 1) * sizeof *b->run);
  b->run[(*n)++] = of;
}

/* A row of a convolution has a run for each place of its window that is not on
 * padding. Row (y width + x) channels + c is channel c at position y, x. */
static void append_window(block *b, const term *t, int32_t i, int32_t first,
                          size_t *n) {
  const shape *s = &t->shape;
  const int32_t c = i % s->out[2], position = i / s->out[2];
  const int32_t size = s->in[2] / s->groups;
  const int32_t channel = c / (s->out[2] / s->groups) * size;
  const int64_t top = (int64_t)(position / s->out[1]) * s->stride[0];
  const int64_t left = (int64_t)(position % s->out[1]) * s->stride[1];
  const int16_t *w = t->w + (int64_t)c * s->kernel[0] * s->kernel[1] * size;
  for (int32_t ky = 0; ky < s->kernel[0]; ky++)
    for (int32_t kx = 0; kx < s->kernel[1]; kx++, w += size) {
      const int64_t y = top + (int64_t)ky * s->dilation[0] - s->pad[0];
      const int64_t x = left + (int64_t)kx * s->dilation[1] - s->pad[1];
      const int64_t at = (y * s->in[1] + x) * s->in[2] + channel;
      if (y >= 0 && y < s->in[0] && x >= 0 && x < s->in[1])
        append_run(b, n, (run){first + (int32_t)at, size, w});
    }
}

/* Constant accumulators have no runs. */
static void list_runs(const net *n, block *b) {
  size_t count = 0;
  for (int32_t i = 0; i < b->n_acc; b->row[++i] = count)
    for (int32_t k = 0; k < b->n_terms && !b->folded[i]; k++) {
      const term *t = &b->term[k];
      const int32_t first = rp_check_first(n, t->source);
      if (t->kind == CONV) append_window(b, t, i, first, &count);
      if (t->kind == DENSE)
        append_run(b, &count,
                   (run){first, t->n_in, t->w + (size_t)i * t->n_in});
      if (t->kind == SELECT && t->index[i] >= 0)
        append_run(b, &count, (run){first + t->index[i], 1, t->w + i});
    }
}

/* ---- staircases ---- */

/* Thresholds are cut to this, beyond all accumulators. */
static const int64_t NEVER = INT32_MAX;

int32_t rp_check_apply_stair(const stair *s, int64_t z) {
  if (!s->threshold) {
    const int64_t half = ((int64_t)1 << s->shift) >> 1;
    const int64_t v = (z + half) >> s->shift;
    return (int32_t)(v < s->lo ? s->lo : v > s->hi ? s->hi : v);
  }
  int32_t from = s->lo, to = s->hi; /* the value is one of these */
  while (from < to) {
    const int32_t middle = from + (to - from) / 2;
    if (s->threshold[middle - s->lo] <= z)
      from = middle + 1;
    else
      to = middle;
  }
  return from;
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
  if (!from) return r;
  r->stale = from->stale;
  r->centre = from->centre;
  r->radius = from->radius;
  return r;
}

/* In L0 an input that changes may be anything. */
region *rp_check_make_ball(const net *n, const int32_t *x, int32_t radius) {
  region *r = rp_check_copy_region(n, NULL);
  r->centre = n->norm == LINF ? NULL : x;
  r->radius = radius;
  if (n->norm == L0 && radius > 0) radius = n->in_hi;
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

/* The staircase rises: the greatest accumulator has the greatest value.
 * @param z  [n_vars] */
static int32_t find_greatest_value(const block *b, int32_t i,
                                   const int32_t *z) {
  int32_t most = z[b->member[b->begin[i]]];
  for (int32_t at = b->begin[i] + 1; at < b->begin[i + 1]; at++)
    if (z[b->member[at]] > most) most = z[b->member[at]];
  return rp_check_apply_stair(&b->own[i], most);
}

/* Compute the bounds of a block's neurons, or of the inputs. They have the
 * numbers of the first variables. */
static void find_values(const net *n, int32_t k, const region *r,
                        region *values) {
  const int32_t first = rp_check_first(n, k);
  for (int32_t i = 0; i < rp_check_count(n, k); i++) {
    const block *b = k < 0 ? NULL : &n->block[k];
    values->lo[first + i] = b ? find_greatest_value(b, i, r->lo) : r->lo[i];
    values->hi[first + i] = b ? find_greatest_value(b, i, r->hi) : r->hi[i];
  }
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

/* Add the least and the greatest sum of what a row takes from the inputs, which
 * are in a ball.
 * @param c  [n_in] scratch */
static void add_range_of_ball(const net *n, const block *b, int32_t i,
                              const region *r, int64_t *c, int32_t *least,
                              int32_t *most) {
  wide price;
  bool reads = false;
  memset(c, 0, (size_t)n->n_in * sizeof *c);
  for (size_t at = b->row[i]; at < b->row[i + 1]; at++) {
    const run of = b->run[at];
    for (int32_t j = 0; of.first < n->n_in && j < of.n; j++)
      c[of.first + j] += of.w[j];
    reads = reads || of.first < n->n_in;
  }
  if (!reads) return;
  *most += (int32_t)rp_check_bound_inputs(n, r, c, &price, NULL);
  for (int32_t p = 0; p < n->n_in; p++) c[p] = -c[p];
  *least -= (int32_t)rp_check_bound_inputs(n, r, c, &price, NULL);
}

static bool propagate_block(const net *n, int32_t k, const region *values,
                            region *r) {
  const block *b = &n->block[k];
  bool left = true;
  int64_t *c = r->centre ? rp_check_alloc((size_t)n->n_in, sizeof *c) : NULL;
  for (int32_t i = 0; i < b->n_acc; i++) {
    int32_t least = (int32_t)b->b[i], most = least;
    for (size_t at = b->row[i]; at < b->row[i + 1]; at++) {
      const run of = b->run[at];
      if (c && of.first < n->n_in) continue;
      add_range(of.w, values->lo + of.first, values->hi + of.first, of.n,
                &least, &most);
    }
    if (c) add_range_of_ball(n, b, i, r, c, &least, &most);
    left = rp_check_cut(n, r, b->first + i, least, most) && left;
  }
  free(c);
  return left;
}

bool rp_check_propagate(const net *n, region *r, int32_t last) {
  bool left = true;
  if (r->stale > last) return true;
  if (r->stale == 0 && !rp_check_shrink(n, r)) return false;
  region *values = rp_check_copy_region(n, NULL);
  for (int32_t k = -1; k < r->stale; k++) find_values(n, k, r, values);
  while (left && r->stale <= last) {
    left = propagate_block(n, r->stale, values, r);
    if (left) find_values(n, r->stale++, r, values);
  }
  free(values);
  return left;
}

/* In a ball of radius 0 every interval is a single value. */
int32_t rp_check_predict(const net *n, const int32_t *x) {
  region *r = rp_check_make_ball(n, x, 0);
  r->centre = NULL;
  (void)rp_check_propagate(n, r, n->n_blocks - 1);
  find_values(n, n->n_blocks - 1, r, r);
  const int32_t *out = r->lo + n->n_vars - n->n_out;
  int32_t class = 0;
  for (int32_t i = 1; i < n->n_out; i++)
    if (out[i] > out[class]) class = i;
  free(r);
  return class;
}

/* ---- sizes ---- */

/* Coordinates are 64 bits, so that any numbers will do. */
static bool has_shape(const term *t, int32_t rows) {
  const shape *s = &t->shape;
  for (int d = 0; d < 3; d++)
    if (s->in[d] < 1 || s->out[d] < 1) return false;
  for (int d = 0; d < 2; d++)
    if (s->kernel[d] < 1 || s->stride[d] < 1 || s->dilation[d] < 1 ||
        s->pad[d] < 0)
      return false;
  return (wide)s->in[0] * s->in[1] * s->in[2] == t->n_in &&
         (wide)s->out[0] * s->out[1] * s->out[2] == rows && s->groups >= 1 &&
         s->in[2] % s->groups == 0 && s->out[2] % s->groups == 0;
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
    b->member[next[rp_check_owner(b, i)]++] = b->first + i;
  return true;
}

/* Outputs are no maxima. The bound of a maximum goes over all its steps. */
static bool may_have_maxima(const net *n, int32_t k) {
  const block *b = &n->block[k];
  for (int32_t c = 0; c < b->n_stairs; c++)
    if ((int64_t)b->stair[c].hi - b->stair[c].lo > MOST_STEPS) return false;
  return k + 1 < n->n_blocks;
}

static bool is_read(const net *n, int32_t source) {
  for (int32_t k = source + 1; k < n->n_blocks; k++)
    for (int32_t t = 0; t < n->block[k].n_terms; t++)
      if (n->block[k].term[t].source == source) return true;
  return source + 1 == n->n_blocks;
}

/* Number a block's variables. Returns NULL, or what is wrong. */
static const char *check_block(net *n, int32_t k) {
  block *b = &n->block[k];
  if (!b->owner) b->n_acc = b->n_out;
  if (b->n_out < 1 || b->n_terms < 1 || b->n_stairs < 1 ||
      b->n_out % b->n_stairs != 0 || b->n_acc > INT32_MAX - n->n_vars)
    return "expected neurons, terms, and channels that divide the neurons";
  b->first = n->n_vars;
  n->n_vars += b->n_acc;
  n->n_out = b->n_out;
  for (int32_t c = 0; c < b->n_stairs; c++)
    if (!check_stair(&b->stair[c]))
      return "expected staircases that ascend, with numbers in their ranges";
  if (b->owner && !may_have_maxima(n, k))
    return "expected no outputs that are maxima, and maxima of fewer steps";
  if (!list_members(b)) return "expected an accumulator for each neuron";
  for (int32_t t = 0; t < b->n_terms; t++)
    if (!does_term_fit(n, k, &b->term[t]))
      return "expected terms of the sizes of their block and source";
  return is_read(n, k) ? NULL : "expected a block that reads it";
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
                    const region *values) {
  sums s = {b->b[i], 0, 0, 0};
  for (size_t at = b->row[i]; at < b->row[i + 1]; at++)
    for (int32_t j = 0; j < b->run[at].n; j++) {
      const int32_t w = b->run[at].w[j], from = b->run[at].first + j;
      const wide a = (wide)w * values->lo[from], c = (wide)w * values->hi[from];
      s.least += w > 0 ? a : c;
      s.most += w > 0 ? c : a;
      s.size += a + c > 0 ? (w > 0 ? c : a) : -(w > 0 ? a : c);
      if (from < n->n_in) s.bias += (wide)w * (n->in_lo - n->in_zero);
    }
  s.least += s.bias;
  s.most += s.bias;
  s.size += s.bias < 0 ? -s.bias : s.bias;
  return s;
}

/* Whether the accumulator gives one value over the whole range. Thresholds near
 * those to which they are cut may lie anywhere beyond. */
static bool is_constant(const stair *s, const sums *z) {
  const bool is_known =
      !s->threshold || (s->threshold[0] > 1 - NEVER &&
                        s->threshold[s->hi - s->lo - 1] < NEVER - 1);
  return (is_known || (z->least > -NEVER && z->most < NEVER)) &&
         z->size <= MOST_SIZE &&
         rp_check_apply_stair(s, (int64_t)z->least) ==
             rp_check_apply_stair(s, (int64_t)z->most);
}

static bool is_divisor_of_sizes(const block *b, int32_t number) {
  for (const term *t = b->term; t < b->term + b->n_terms; t++)
    if (t->kind == CONV && t->shape.out[2] % number != 0) return false;
  return b->n_out % number == 0 && b->n_acc % number == 0;
}

/* Accumulators can be folded alone, but positions of a convolution share
 * weights: they are folded together. Count the sets, of every so many
 * accumulators, that share neither weights nor maxima; 0 if there are none. */
static int32_t count_foldable(const block *b) {
  int32_t sets = b->n_out;
  while (!is_divisor_of_sizes(b, sets)) sets--;
  if (!b->folds || sets % b->n_stairs != 0) return 0;
  for (int32_t i = 0; i < b->n_acc; i++)
    if (rp_check_owner(b, i) % sets != i % sets) return 0;
  return sets;
}

/* Accumulators i, i + every, i + 2 every ... become constants: they have no
 * runs. Neurons are the greatest of theirs. False: one of them is none. */
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
static bool prove_block(const net *n, block *b, const region *values,
                        region *all) {
  const int32_t every = count_foldable(b);
  sums *z = rp_check_alloc((size_t)b->n_acc, sizeof *z);
  bool good = true;
  for (int32_t i = 0; i < b->n_out; i++) b->own[i] = b->stair[i % b->n_stairs];
  for (int32_t i = 0; good && i < b->n_acc; i++) {
    z[i] = sum_row(n, b, i, values);
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
  free(z);
  list_runs(n, b);
  return good;
}

/* Whether the weights that read one value sum to at most the limit. */
static bool are_columns_within_limit(const net *n) {
  int64_t *sum = rp_check_alloc((size_t)n->n_vars, sizeof *sum);
  bool good = true;
  for (const block *b = n->block; b < n->block + n->n_blocks; b++)
    for (size_t at = 0; at < b->row[b->n_acc]; at++)
      for (int32_t j = 0; j < b->run[at].n; j++)
        sum[b->run[at].first + j] += abs(b->run[at].w[j]);
  for (int32_t v = 0; good && v < n->n_vars; v++) good = sum[v] <= COLUMN_LIMIT;
  free(sum);
  return good;
}

/* ---- the network ---- */

/* List the rows of all blocks and prove their ranges. */
static const char *prove_ranges(net *n) {
  region *all = rp_check_make_ball(n, NULL, n->in_hi); /* all inputs */
  region *values = rp_check_copy_region(n, NULL);
  bool good = true;
  find_values(n, -1, all, values);
  for (int32_t k = 0; good && k < n->n_blocks; k++) {
    block *b = &n->block[k];
    b->own = rp_check_alloc((size_t)b->n_out, sizeof *b->own);
    b->folded = rp_check_alloc((size_t)b->n_acc, sizeof *b->folded);
    b->row = rp_check_alloc((size_t)b->n_acc + 1, sizeof *b->row);
    b->run = NULL;
    for (int32_t i = 0; i < b->n_acc; i++) n->of[b->first + i] = k;
    list_runs(n, b);
    good = prove_block(n, b, values, all);
    if (good) find_values(n, k, all, values);
  }
  free(all);
  free(values);
  return !good                         ? "an accumulator may exceed 2^30"
         : are_columns_within_limit(n) ? NULL
                                       : "the readers' weights exceed 2^31";
}

const char *rp_check_prepare(net *n) {
  const char *wrong = NULL;
  if (n->n_blocks < 1 || n->n_in < 1 || n->n_in > MOST_INPUTS || n->in_hi < 1 ||
      n->in_hi > 255 || n->in_lo != (int16_t)n->in_lo ||
      n->in_zero != (int16_t)n->in_zero)
    return "expected blocks, and inputs in their ranges";
  n->n_vars = n->n_in;
  for (int32_t k = 0; !wrong && k < n->n_blocks; k++) {
    wrong = check_block(n, k);
    snprintf(n->why, sizeof n->why, "block %d: %s", k, wrong ? wrong : "");
  }
  if (wrong) return n->why;
  n->of = rp_check_alloc((size_t)n->n_vars, sizeof *n->of);
  for (int32_t v = 0; v < n->n_in; v++) n->of[v] = -1;
  wrong = prove_ranges(n);
  const stair *own = n->block[n->n_blocks - 1].own;
  for (int32_t i = 0; !wrong && i < n->n_out; i++)
    if (own[i].lo == own[i].hi) wrong = "expected outputs that vary";
  return wrong || n->n_out > 1 ? wrong : "expected two outputs";
}
