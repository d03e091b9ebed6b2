/* Pooling, means and additions: operators without weights of their own. */
#include <stdlib.h>

#include "core/memory.h"
#include "input/network_tflite.h"
#include "net/op_select.h"

/* ---- Means: convolutions with weights of 1. ---- */

static rp_status make_ones(const rp_tflite_reader *r,
                           const rp_conv_shape *shape, rp_op **op) {
  rp_error why = {""};
  const size_t n = (size_t)rp_conv_count_weights(shape);
  int32_t *const ones = rp_alloc(n, sizeof *ones);
  if (!ones) return rp_tflite_fail_memory(r);
  for (size_t i = 0; i < n; i++) ones[i] = 1;
  const rp_status status = rp_op_conv_create(shape, ones, op, &why);
  free(ones);
  return rp_tflite_add_place(r, status, &why);
}

/* Height and width, in any order, counted from the end too. */
static rp_status check_axes(const rp_tflite_reader *r) {
  const rp_tflite_tensor *axes;
  RP_TRY(rp_tflite_get_constant(r, 1, RP_TFLITE_INT32, 2, &axes));
  bool seen[4] = {false};
  for (int32_t i = 0; i < 2; i++) {
    const int64_t axis = rp_tflite_get(&r->model, axes, i);
    if (axis >= -4 && axis < 4) seen[axis & 3] = true;
  }
  if (seen[1] && seen[2]) return RP_OK;
  return rp_tflite_fail(r, "expected a mean over height and width, found other "
                           "axes");
}

/* TensorFlow Lite Micro has kernels of their own for means that keep four
 * dimensions and for equal scales, which changed from version to version. */
static rp_status check_mean(const rp_tflite_reader *r, bool keeps_dims,
                            const rp_tflite_value *in,
                            const rp_tflite_value *out) {
  const float ratio = in->number.scale / out->number.scale;
  const bool is_same = in->number.scale == out->number.scale &&
                       in->number.zero == out->number.zero;
  if (!(ratio >= 0x1p-8F && ratio < 0x1p8F))
    return rp_tflite_fail(r,
                          "expected scales that differ by less than 2^8, found "
                          "%.9g and %.9g",
                          (double)in->number.scale, (double)out->number.scale);
  if (!r->profile->has_one_mean || (!keeps_dims && !is_same)) return RP_OK;
  return rp_tflite_fail(r,
                        "profile %s has a rule only for means that drop height "
                        "and width and change the scale: one for %s would be "
                        "needed",
                        r->profile->name,
                        keeps_dims ? "means that keep them" : "equal scales");
}

static rp_status make_mean_stair(rp_tflite_reader *r, int32_t n,
                                 const rp_tflite_value *in,
                                 const rp_tflite_value *out, rp_stair *stair) {
  enum { KEEP_DIMS };
  rp_flat flat = r->model.flat;
  const bool keeps = rp_flat_int8(&flat, r->op->options, KEEP_DIMS, 0) != 0;
  const rp_quantized *const number = &out->number;
  int64_t threshold[UINT8_MAX];
  rp_mean_rule rule;
  rp_error why = {""};
  RP_TRY(check_mean(r, keeps, in, out));
  RP_TRY(rp_tflite_add_place(
      r,
      rp_mean_rule_set(&rule, keeps ? r->profile->mean_kept : r->profile->mean,
                       n, &in->number, number, &why),
      &why));
  RP_TRY(rp_tflite_add_place(r,
                             rp_stair_tabulate(rp_mean_rule_apply, &rule,
                                               number->lo, number->hi,
                                               threshold, &why),
                             &why));
  return rp_tflite_use_table(r, threshold, number, stair);
}

static rp_status add_mean(rp_tflite_reader *r, const rp_conv_shape *shape,
                          const rp_tflite_value *in, rp_tflite_value *out) {
  rp_stair stair;
  rp_op *op;
  const int32_t n = shape->kernel_h * shape->kernel_w;
  RP_TRY(make_mean_stair(r, n, in, out, &stair));
  int64_t *const bias = rp_alloc((size_t)out->count, sizeof *bias);
  if (!bias) return rp_tflite_fail_memory(r);
  rp_status status = make_ones(r, shape, &op);
  if (status == RP_OK) {
    rp_term term = {in->source, op};
    const rp_block_spec spec = {out->count, 0, NULL,   1,    &term,
                                bias,       1, &stair, false};
    status = rp_tflite_add_block(r, &spec, out);
  }
  free(bias);
  return status;
}

rp_status rp_tflite_read_mean(rp_tflite_reader *r) {
  const rp_tflite_value *in;
  rp_tflite_value out;
  RP_TRY(rp_tflite_get_value(r, 0, false, &in));
  RP_TRY(rp_tflite_describe_output(r, &out));
  RP_TRY(check_axes(r));
  if (in->n_dims != 4 || in->dims[0] != 1 || in->type != out.type ||
      out.count != in->dims[3])
    return rp_tflite_fail(r, "expected 1 x height x width x channels to as "
                             "many channels of one type, found others");
  const rp_conv_shape shape = {
      in->dims[1], in->dims[2], in->dims[3], 1, 1,
      in->dims[3], in->dims[1], in->dims[2], 1, 1,
      1,           1,           0,           0, in->dims[3]};
  return add_mean(r, &shape, in, &out);
}

/* ---- Windows of pools. ---- */

enum { PADDING, STRIDE_W, STRIDE_H, FILTER_W, FILTER_H, ACTIVATION };

typedef struct pool {
  const rp_tflite_value *in;
  rp_tflite_value out;
  rp_quantized clipped;
  rp_conv_shape shape;
} pool;

static rp_status begin_pool(const rp_tflite_reader *r, pool *p) {
  rp_flat flat = r->model.flat;
  const size_t options = r->op->options;
  const rp_tflite_windows windows = {
      .padding = rp_flat_int8(&flat, options, PADDING, 0),
      .stride = {rp_flat_int32(&flat, options, STRIDE_H, 0),
                 rp_flat_int32(&flat, options, STRIDE_W, 0)},
      .dilation = {1, 1},
      .kernel = {rp_flat_int32(&flat, options, FILTER_H, 0),
                 rp_flat_int32(&flat, options, FILTER_W, 0)}};
  RP_TRY(rp_tflite_get_value(r, 0, false, &p->in));
  RP_TRY(rp_tflite_describe_output(r, &p->out));
  RP_TRY(rp_tflite_expect_same(r, p->in, &p->out));
  RP_TRY(rp_tflite_place_windows(r, &windows, p->in, &p->out, &p->shape));
  if (p->shape.in_c != p->shape.out_c)
    return rp_tflite_fail(r, "expected as many channels behind it, found "
                             "others");
  p->clipped = p->out.number;
  return rp_tflite_clip(r, rp_flat_int8(&flat, options, ACTIVATION, 0),
                        &p->clipped);
}

/* Positions of one axis that a window covers: first..end - 1. */
typedef struct span {
  int32_t first, end;
} span;

static span cover(int32_t at, int32_t stride, int32_t pad, int32_t kernel,
                  int32_t in) {
  const int32_t from = at * stride - pad;
  const span s = {from < 0 ? 0 : from, from + kernel > in ? in : from + kernel};
  return s.end < s.first ? (span){s.first, s.first} : s;
}

static span cover_rows(const rp_conv_shape *s, int32_t y) {
  return cover(y, s->stride_h, s->pad_top, s->kernel_h, s->in_h);
}

static span cover_columns(const rp_conv_shape *s, int32_t x) {
  return cover(x, s->stride_w, s->pad_left, s->kernel_w, s->in_w);
}

static int32_t count_covered(const rp_conv_shape *s, int32_t position) {
  const span y = cover_rows(s, position / s->out_w);
  const span x = cover_columns(s, position % s->out_w);
  return (y.end - y.first) * (x.end - x.first);
}

/* ---- Average pools: the mean of what is covered, in the type's numbers. ----
 */

typedef struct averages {
  int64_t *bias;      /* [neurons] */
  rp_stair *stair;    /* [neurons] */
  rp_stair *of_count; /* [covered + 1] made as they are needed */
} averages;

static rp_status fill_averages(rp_tflite_reader *r, const pool *p,
                               averages *a) {
  const int32_t channels = p->shape.out_c;
  for (int32_t k = 0; k < p->out.count; k++) {
    const int32_t n = count_covered(&p->shape, k / channels);
    if (n < 1) return rp_tflite_fail(r, "a window lies on padding alone");
    if (!a->of_count[n].table)
      RP_TRY(rp_tflite_make_stair(r, RP_ROUND_MEAN, n, (int64_t)n * UINT8_MAX,
                                  &p->clipped, &a->of_count[n]));
    a->bias[k] = (int64_t)n * p->in->number.zero;
    a->stair[k] = a->of_count[n];
  }
  return RP_OK;
}

static rp_status add_average(rp_tflite_reader *r, pool *p, averages *a) {
  const size_t neurons = (size_t)p->out.count;
  const rp_conv_shape *const s = &p->shape;
  const size_t rows = (size_t)(s->kernel_h < s->in_h ? s->kernel_h : s->in_h);
  const size_t columns =
      (size_t)(s->kernel_w < s->in_w ? s->kernel_w : s->in_w);
  rp_op *op;
  a->bias = rp_alloc(neurons, sizeof *a->bias);
  a->stair = rp_alloc(neurons, sizeof *a->stair);
  a->of_count = rp_alloc(rows * columns + 1, sizeof *a->of_count);
  if (!a->bias || !a->stair || !a->of_count) return rp_tflite_fail_memory(r);
  RP_TRY(fill_averages(r, p, a));
  RP_TRY(make_ones(r, s, &op));
  rp_term term = {p->in->source, op};
  const bool is_uniform =
      rp_stair_find_other(a->stair, p->out.count) == p->out.count;
  const rp_block_spec spec = {.n_out = p->out.count,
                              .n_terms = 1,
                              .term = &term,
                              .bias = a->bias,
                              .n_stairs = is_uniform ? s->out_c : p->out.count,
                              .stair = a->stair};
  return rp_tflite_add_block(r, &spec, &p->out);
}

rp_status rp_tflite_read_average_pool(rp_tflite_reader *r) {
  averages a = {0};
  pool p;
  RP_TRY(begin_pool(r, &p));
  p.shape.groups = p.shape.in_c;
  const rp_status status = add_average(r, &p, &a);
  free(a.bias);
  free(a.stair);
  free(a.of_count);
  return status;
}

/* ---- Max pools: the maximum of copies. ---- */

typedef struct copies {
  int32_t n;
  int32_t *index, *owner; /* [n] */
  int64_t *bias;          /* [n] zeros */
} copies;

static rp_status count_copies(const rp_tflite_reader *r, const pool *p,
                              copies *c) {
  const int32_t channels = p->shape.out_c;
  int64_t n = 0;
  for (int32_t k = 0; k < p->out.count / channels; k++) {
    const int32_t covered = count_covered(&p->shape, k);
    if (covered < 1) return rp_tflite_fail(r, "a window lies on padding alone");
    n += (int64_t)covered * channels;
    if (n > RP_TFLITE_MOST_ELEMENTS)
      return rp_tflite_fail(r, "expected windows of at most 2^24 numbers in "
                               "all, found more");
  }
  c->n = (int32_t)n;
  return RP_OK;
}

static void fill_copies(const pool *p, copies *c) {
  const rp_conv_shape *const s = &p->shape;
  int32_t at = 0;
  for (int32_t k = 0; k < s->out_h * s->out_w; k++) {
    const span rows = cover_rows(s, k / s->out_w);
    const span columns = cover_columns(s, k % s->out_w);
    for (int32_t y = rows.first; y < rows.end; y++)
      for (int32_t x = columns.first; x < columns.end; x++)
        for (int32_t i = 0; i < s->out_c; i++, at++) {
          c->index[at] = (y * s->in_w + x) * s->in_c + i;
          c->owner[at] = k * s->out_c + i;
        }
  }
}

static rp_status add_maximum(rp_tflite_reader *r, pool *p, copies *c) {
  rp_error why = {""};
  const size_t n = (size_t)c->n;
  rp_op *op;
  c->index = rp_alloc(n, sizeof *c->index);
  c->owner = rp_alloc(n, sizeof *c->owner);
  c->bias = rp_alloc(n, sizeof *c->bias);
  if (!c->index || !c->owner || !c->bias) return rp_tflite_fail_memory(r);
  fill_copies(p, c);
  RP_TRY(rp_tflite_add_place(
      r, rp_op_select_create(c->n, p->in->count, c->index, NULL, &op, &why),
      &why));
  rp_term term = {p->in->source, op};
  const rp_stair stair = rp_tflite_plain_stair(&p->clipped);
  const rp_block_spec spec = {p->out.count, c->n, c->owner, 1,    &term,
                              c->bias,      1,    &stair,   false};
  return rp_tflite_add_block(r, &spec, &p->out);
}

rp_status rp_tflite_read_max_pool(rp_tflite_reader *r) {
  copies c = {0};
  pool p;
  RP_TRY(begin_pool(r, &p));
  RP_TRY(count_copies(r, &p, &c));
  const rp_status status = add_maximum(r, &p, &c);
  free(c.index);
  free(c.owner);
  free(c.bias);
  return status;
}
