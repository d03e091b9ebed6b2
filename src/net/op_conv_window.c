/* Passes of convolutions, window by window.
 *
 * The rows of a group at one position share a window. Its input is copied to a
 * patch in the order of the taps, with 0 for taps that do not exist, and is
 * then what a dense operator's input is for these rows (op_matrix.h);
 * transposes fill a patch and add it to where it belongs. A window that is one
 * run needs no copy. Large windows are taken in parts, so that patches lie on
 * the stack. */
#include <string.h>

#include "net/op_conv_internal.h"
#include "net/op_matrix.h"

enum { PATCH = 1024 };

/* Rows that share a window. */
typedef struct batch {
  rp_window window;
  rp_matrix matrix; /* all taps */
  rp_rows rows;
  int32_t base; /* vectors over rows are to be used from here on */
} batch;

/* How many rows from place r on are among those of a group. */
static int32_t count_rows(rp_rows rows, int32_t r, int32_t first, int32_t n) {
  const int32_t left = rows.n - r;
  if (!rows.row) return n < left ? n : left;
  int32_t count = 1;
  while (count < left && rows.row[r + count] >= first &&
         rows.row[r + count] < first + n)
    count++;
  return count;
}

/* Those from place r of the rows on: a whole group if these are all rows. */
static batch find_batch(const rp_conv *c, rp_rows rows, int32_t r) {
  const int32_t i = rp_rows_get(rows, r);
  const int32_t position = i / c->shape.out_c, oc = i % c->shape.out_c;
  const int32_t group = c->shape.groups == 1 ? 0 : oc / c->group_out;
  const int32_t first = i - oc + group * c->group_out;
  const int32_t n = count_rows(rows, r, first, c->group_out);
  const int16_t *weight =
      c->weight + (size_t)(group * c->group_out) * (size_t)c->taps;
  RP_ASSERT(rows.row || i == first);
  return (batch){
      rp_conv_window(c, position, group),
      {weight, rows.row ? first : 0, c->taps, (size_t)c->taps},
      {n, rows.row ? rows.row + r : NULL},
      rows.row ? 0 : i,
  };
}

/* Some taps of a window. */
typedef struct part {
  int32_t first, n;
  int32_t col; /* where all of them lie side by side; -1: they do not */
} part;

/* Of a window without taps there is none. */
static part find_first_part(const batch *b) {
  const rp_window *w = &b->window;
  const int32_t taps = b->matrix.n_cols;
  if (w->y.from >= w->y.to || w->x.from >= w->x.to) return (part){0};
  rp_walk at = {0};
  rp_run run;
  if (w->conv->may_be_run && rp_window_next(w, &at, &run) && run.n == taps)
    return (part){0, taps, run.col};
  return (part){0, taps < PATCH ? taps : PATCH, -1};
}

static void advance(const batch *b, part *p) {
  p->first += p->n;
  const int32_t left = b->matrix.n_cols - p->first;
  if (p->n > left) p->n = left;
}

static rp_matrix get_columns(const batch *b, const part *p) {
  rp_matrix m = b->matrix;
  m.weight += p->first;
  m.n_cols = p->n;
  return m;
}

/* What a run has in common with a part, with taps counted from the part's. */
static bool clip_run(const part *p, rp_run *run) {
  run->tap -= p->first;
  if (run->tap < 0) {
    run->n += run->tap;
    run->col -= run->tap;
    run->tap = 0;
  }
  if (run->n > p->n - run->tap) run->n = p->n - run->tap;
  return run->n > 0;
}

#define DEFINE_GATHER(name, type)                                              \
  static const type *name(const batch *b, const part *p, const type *from,     \
                          type *patch) {                                       \
    if (p->col >= 0) return from + p->col;                                     \
    memset(patch, 0, (size_t)p->n * sizeof *patch);                            \
    rp_walk at = {0};                                                          \
    rp_run run;                                                                \
    while (rp_window_next(&b->window, &at, &run))                              \
      if (clip_run(p, &run))                                                   \
        memcpy(patch + run.tap, from + run.col,                                \
               (size_t)run.n * sizeof *patch);                                 \
    return patch;                                                              \
  }

DEFINE_GATHER(gather_bytes, uint8_t)
DEFINE_GATHER(gather_narrow, int16_t)
DEFINE_GATHER(gather_wide, int32_t)
DEFINE_GATHER(gather_float, float)
DEFINE_GATHER(gather_real, double)

#define DEFINE_SCATTER(name, type)                                             \
  static void name(const batch *b, const part *p, const type *patch,           \
                   type *to) {                                                 \
    rp_walk at = {0};                                                          \
    rp_run run;                                                                \
    while (rp_window_next(&b->window, &at, &run))                              \
      if (clip_run(p, &run))                                                   \
        for (int32_t t = 0; t < run.n; t++)                                    \
          to[run.col + t] += patch[run.tap + t];                               \
  }

DEFINE_SCATTER(scatter_float, float)
DEFINE_SCATTER(scatter_real, double)
DEFINE_SCATTER(scatter_exact, int64_t)

/* ------------------------------------------------------------------ passes */

/* z += M a for every window; which_rows is b.rows or b.rows.n. */
#define APPLY(type, gather, multiply, which_rows)                              \
  do {                                                                         \
    type patch[PATCH];                                                         \
    batch b;                                                                   \
    for (int32_t r = 0; r < rows.n; r += b.rows.n) {                           \
      b = find_batch(c, rows, r);                                              \
      for (part p = find_first_part(&b); p.n > 0; advance(&b, &p)) {           \
        const rp_matrix m = get_columns(&b, &p);                               \
        multiply(&m, which_rows, gather(&b, &p, a, patch), z + b.base);        \
      }                                                                        \
    }                                                                          \
  } while (0)

void rp_conv_apply_bytes(const rp_op *op, const uint8_t *a, int32_t *z) {
  const rp_conv *c = rp_conv_of(op);
  const rp_rows rows = rp_op_rows(op);
  if (c->by_tap)
    rp_depthwise_apply_bytes(c, a, z);
  else
    APPLY(uint8_t, gather_bytes, rp_matrix_apply_bytes, b.rows.n);
}

static void apply_narrow(const rp_conv *c, const int16_t *a, int32_t *z) {
  const rp_rows rows = rp_op_rows(&c->op);
  if (c->by_tap)
    rp_depthwise_apply_narrow(c, a, z);
  else
    APPLY(int16_t, gather_narrow, rp_matrix_apply_narrow, b.rows.n);
}

static void apply_wide(const rp_conv *c, const int32_t *a, int32_t *z) {
  const rp_rows rows = rp_op_rows(&c->op);
  if (c->by_tap)
    rp_depthwise_apply_wide(c, a, z);
  else
    APPLY(int32_t, gather_wide, rp_matrix_apply_wide, b.rows.n);
}

void rp_conv_apply(const rp_op *op, const int32_t *a, int16_t *spare,
                   int32_t *z) {
  if (rp_narrow(a, op->n_in, spare))
    apply_narrow(rp_conv_of(op), spare, z);
  else
    apply_wide(rp_conv_of(op), a, z);
}

void rp_conv_apply_float(const rp_op *op, rp_rows rows, const float *a,
                         double *z) {
  RP_ASSERT(rows.n >= 0 && rows.n <= op->n_out);
  const rp_conv *c = rp_conv_of(op);
  if (c->by_tap && rows.n == op->n_out)
    rp_depthwise_apply_float(c, a, z);
  else
    APPLY(float, gather_float, rp_matrix_apply_float, b.rows);
}

void rp_conv_apply_real(const rp_op *op, rp_rows rows, const double *a,
                        double *z) {
  RP_ASSERT(rows.n >= 0 && rows.n <= op->n_out);
  const rp_conv *c = rp_conv_of(op);
  if (c->by_tap && rows.n == op->n_out)
    rp_depthwise_apply_real(c, a, z);
  else
    APPLY(double, gather_real, rp_matrix_apply_real, b.rows);
}

/* The range of every window's rows. */
#define FIND_RANGE(type, gather, find)                                         \
  do {                                                                         \
    type patch[PATCH], patch_width[PATCH];                                     \
    const rp_rows rows = rp_op_rows(op);                                       \
    batch b;                                                                   \
    for (int32_t r = 0; r < rows.n; r += b.rows.n) {                           \
      b = find_batch(c, rows, r);                                              \
      for (part p = find_first_part(&b); p.n > 0; advance(&b, &p)) {           \
        const rp_matrix m = get_columns(&b, &p);                               \
        find(&m, b.rows.n, gather(&b, &p, lo, patch),                          \
             gather(&b, &p, width, patch_width), z_lo + b.base,                \
             z_hi + b.base);                                                   \
      }                                                                        \
    }                                                                          \
  } while (0)

void rp_conv_range_narrow(const rp_op *op, const int16_t *lo,
                          const int16_t *width, int32_t *z_lo, int32_t *z_hi) {
  const rp_conv *c = rp_conv_of(op);
  if (c->by_tap)
    rp_depthwise_range_narrow(c, lo, width, z_lo, z_hi);
  else
    FIND_RANGE(int16_t, gather_narrow, rp_matrix_range_narrow);
}

void rp_conv_range(const rp_op *op, const int32_t *lo, const int32_t *width,
                   int32_t *z_lo, int32_t *z_hi) {
  const rp_conv *c = rp_conv_of(op);
  if (c->by_tap)
    rp_depthwise_range(c, lo, width, z_lo, z_hi);
  else
    FIND_RANGE(int32_t, gather_wide, rp_matrix_range);
}

/* Have rows of a batch a multiplier? */
#define HAS_MULTIPLIER(found)                                                  \
  do {                                                                         \
    for (int32_t s = 0; s < b.rows.n && !(found); s++)                         \
      (found) = lambda[b.base + rp_rows_get(b.rows, s)] != 0;                  \
  } while (0)

/* mu += M^T lambda for every window with a multiplier. */
#define TRANSPOSE(type, scatter, multiply)                                     \
  do {                                                                         \
    type patch[PATCH];                                                         \
    batch b;                                                                   \
    for (int32_t r = 0; r < rows.n; r += b.rows.n) {                           \
      b = find_batch(c, rows, r);                                              \
      bool found = false;                                                      \
      HAS_MULTIPLIER(found);                                                   \
      if (!found) continue;                                                    \
      for (part p = find_first_part(&b); p.n > 0; advance(&b, &p)) {           \
        const rp_matrix m = get_columns(&b, &p);                               \
        if (p.col >= 0) {                                                      \
          multiply(&m, b.rows, lambda + b.base, mu + p.col);                   \
          continue;                                                            \
        }                                                                      \
        memset(patch, 0, (size_t)p.n * sizeof *patch);                         \
        multiply(&m, b.rows, lambda + b.base, patch);                          \
        scatter(&b, &p, patch, mu);                                            \
      }                                                                        \
    }                                                                          \
  } while (0)

void rp_conv_transpose_float(const rp_op *op, rp_rows rows,
                             const double *lambda, float *mu) {
  RP_ASSERT(rows.n >= 0 && rows.n <= op->n_out);
  const rp_conv *c = rp_conv_of(op);
  if (c->by_tap && rows.n == op->n_out)
    rp_depthwise_transpose_float(c, lambda, mu);
  else
    TRANSPOSE(float, scatter_float, rp_matrix_transpose_float);
}

void rp_conv_transpose(const rp_op *op, rp_rows rows, const double *lambda,
                       double *mu) {
  RP_ASSERT(rows.n >= 0 && rows.n <= op->n_out);
  const rp_conv *c = rp_conv_of(op);
  if (c->by_tap && rows.n == op->n_out)
    rp_depthwise_transpose(c, lambda, mu);
  else
    TRANSPOSE(double, scatter_real, rp_matrix_transpose);
}

void rp_conv_transpose_exact(const rp_op *op, rp_rows rows,
                             const int64_t *lambda, int64_t *mu) {
  RP_ASSERT(rows.n >= 0 && rows.n <= op->n_out);
  const rp_conv *c = rp_conv_of(op);
  if (c->by_tap && rows.n == op->n_out)
    rp_depthwise_transpose_exact(c, lambda, mu);
  else
    TRANSPOSE(int64_t, scatter_exact, rp_matrix_transpose_exact);
}

void rp_conv_transpose_gradient(const rp_op *op, rp_rows rows,
                                const float *lambda, float *mu) {
  const rp_conv *c = rp_conv_of(op);
  if (c->by_tap && rows.n == op->n_out)
    rp_depthwise_transpose_gradient(c, lambda, mu);
  else
    TRANSPOSE(float, scatter_float, rp_matrix_transpose_gradient);
}

void rp_conv_transpose_sizes(const rp_op *op, const double *lambda,
                             double *mu) {
  const rp_conv *c = rp_conv_of(op);
  const rp_rows rows = rp_op_rows(op);
  if (c->by_tap)
    rp_depthwise_transpose_sizes(c, lambda, mu);
  else
    TRANSPOSE(double, scatter_real, rp_matrix_transpose_sizes);
}
