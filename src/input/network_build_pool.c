/* Pools and means: operators without weights of their own. */
#include <stdlib.h>

#include "core/memory.h"
#include "input/network_build.h"
#include "net/op_select.h"

static rp_status fail_memory(int32_t n, rp_error *err) {
  return rp_fail(err, RP_E_MEMORY, "out of memory for %d neurons", n);
}

static int32_t count_neurons(const rp_conv_shape *s) {
  return s->out_h * s->out_w * s->out_c;
}

/* ---- Sums: convolutions with weights of 1, channel by channel. ---- */

static rp_status make_ones(const rp_conv_shape *shape, rp_op **op,
                           rp_error *err) {
  rp_conv_shape apart = *shape;
  apart.groups = apart.in_c;
  const int32_t n = rp_conv_count_weights(&apart);
  int32_t *const ones = rp_alloc((size_t)n, sizeof *ones);
  if (!ones) return fail_memory(n, err);
  for (int32_t i = 0; i < n; i++) ones[i] = 1;
  const rp_status status = rp_op_conv_create(&apart, ones, op, err);
  free(ones);
  return status;
}

rp_status rp_build_mean(rp_net *net, int32_t source, const rp_conv_shape *shape,
                        const rp_stair *stair, rp_error *err) {
  const int32_t n = shape->out_c;
  rp_op *op;
  int64_t *const bias = rp_alloc((size_t)n, sizeof *bias);
  if (!bias) return fail_memory(n, err);
  rp_status status = make_ones(shape, &op, err);
  if (status == RP_OK) {
    rp_term term = {source, op};
    const rp_block_spec spec = {n, 0, NULL, 1, &term, bias, 1, stair, false};
    status = rp_net_add_block(net, &spec, err);
  }
  free(bias);
  return status;
}

/* ---- What windows cover. ---- */

/* Places of one axis that a window covers: first, first + step, ..., n of
 * them. */
typedef struct span {
  int32_t first, step, n;
} span;

static span cover(int32_t origin, int32_t dilation, int32_t kernel,
                  int32_t in) {
  const int32_t before = origin < 0 ? (-origin + dilation - 1) / dilation : 0;
  const int32_t end = origin < in ? (in - origin + dilation - 1) / dilation : 0;
  const int32_t n = (end < kernel ? end : kernel) - before;
  return (span){origin + before * dilation, dilation, n > 0 ? n : 0};
}

static span cover_rows(const rp_conv_shape *s, int32_t position) {
  return cover(position / s->out_w * s->stride_h - s->pad_top, s->dilation_h,
               s->kernel_h, s->in_h);
}

static span cover_columns(const rp_conv_shape *s, int32_t position) {
  return cover(position % s->out_w * s->stride_w - s->pad_left, s->dilation_w,
               s->kernel_w, s->in_w);
}

static int32_t count_covered(const rp_conv_shape *s, int32_t position) {
  return cover_rows(s, position).n * cover_columns(s, position).n;
}

static rp_status check_covered(const rp_conv_shape *s, rp_error *err) {
  for (int32_t k = 0; k < s->out_h * s->out_w; k++)
    if (count_covered(s, k) < 1)
      return rp_fail(err, RP_E_INPUT, "a window lies on padding alone");
  return RP_OK;
}

/* ---- Average pools: the mean of what is covered, in the type's numbers. ----
 */

typedef struct averages {
  const rp_conv_shape *shape;
  int32_t zero;
  const rp_quantized *out;
  int64_t *bias;      /* [neurons] */
  rp_stair *stair;    /* [neurons] */
  rp_stair *of_count; /* [covered + 1] made as they are needed */
} averages;

static rp_status fill_averages(rp_net *net, averages *a, rp_error *err) {
  const int32_t channels = a->shape->out_c;
  for (int32_t k = 0; k < count_neurons(a->shape); k++) {
    const int32_t n = count_covered(a->shape, k / channels);
    if (!a->of_count[n].table)
      RP_TRY(rp_build_stair(net, RP_ROUND_MEAN, n, (int64_t)n * UINT8_MAX,
                            a->out, &a->of_count[n], err));
    a->bias[k] = (int64_t)n * a->zero;
    a->stair[k] = a->of_count[n];
  }
  return RP_OK;
}

static rp_status add_average(rp_net *net, int32_t source, averages *a,
                             rp_error *err) {
  const rp_conv_shape *const s = a->shape;
  const int32_t n = count_neurons(s);
  const size_t rows = (size_t)(s->kernel_h < s->in_h ? s->kernel_h : s->in_h);
  const size_t columns =
      (size_t)(s->kernel_w < s->in_w ? s->kernel_w : s->in_w);
  rp_op *op;
  a->bias = rp_alloc((size_t)n, sizeof *a->bias);
  a->stair = rp_alloc((size_t)n, sizeof *a->stair);
  a->of_count = rp_alloc(rows * columns + 1, sizeof *a->of_count);
  if (!a->bias || !a->stair || !a->of_count) return fail_memory(n, err);
  RP_TRY(fill_averages(net, a, err));
  RP_TRY(make_ones(s, &op, err));
  rp_term term = {source, op};
  const bool is_uniform = rp_stair_find_other(a->stair, n) == n;
  const rp_block_spec spec = {.n_out = n,
                              .n_terms = 1,
                              .term = &term,
                              .bias = a->bias,
                              .n_stairs = is_uniform ? s->out_c : n,
                              .stair = a->stair};
  return rp_net_add_block(net, &spec, err);
}

rp_status rp_build_average_pool(rp_net *net, int32_t source,
                                const rp_conv_shape *shape, int32_t zero,
                                const rp_quantized *out, rp_error *err) {
  averages a = {.shape = shape, .zero = zero, .out = out};
  RP_TRY(check_covered(shape, err));
  const rp_status status = add_average(net, source, &a, err);
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

static rp_status count_copies(const rp_conv_shape *s, copies *c,
                              rp_error *err) {
  int64_t n = 0;
  for (int32_t k = 0; k < s->out_h * s->out_w; k++) {
    n += (int64_t)count_covered(s, k) * s->out_c;
    if (n > RP_BUILD_MOST_ELEMENTS)
      return rp_fail(err, RP_E_INPUT,
                     "expected windows of at most 2^24 numbers in all, found "
                     "more");
  }
  c->n = (int32_t)n;
  return RP_OK;
}

static void fill_copies(const rp_conv_shape *s, copies *c) {
  int32_t at = 0;
  for (int32_t k = 0; k < s->out_h * s->out_w; k++) {
    const span rows = cover_rows(s, k), columns = cover_columns(s, k);
    for (int32_t p = 0; p < rows.n * columns.n; p++) {
      const int32_t y = rows.first + p / columns.n * rows.step;
      const int32_t x = columns.first + p % columns.n * columns.step;
      for (int32_t i = 0; i < s->out_c; i++, at++) {
        c->index[at] = (y * s->in_w + x) * s->in_c + i;
        c->owner[at] = k * s->out_c + i;
      }
    }
  }
}

static rp_status add_maximum(rp_net *net, int32_t source,
                             const rp_conv_shape *s, const rp_quantized *out,
                             copies *c, rp_error *err) {
  const size_t n = (size_t)c->n;
  rp_op *op;
  c->index = rp_alloc(n, sizeof *c->index);
  c->owner = rp_alloc(n, sizeof *c->owner);
  c->bias = rp_alloc(n, sizeof *c->bias);
  if (!c->index || !c->owner || !c->bias) return fail_memory(c->n, err);
  fill_copies(s, c);
  RP_TRY(rp_op_select_create(c->n, s->in_h * s->in_w * s->in_c, c->index, NULL,
                             &op, err));
  rp_term term = {source, op};
  const rp_stair stair = rp_build_plain_stair(out);
  const rp_block_spec spec = {count_neurons(s), c->n, c->owner, 1,    &term,
                              c->bias,          1,    &stair,   false};
  return rp_net_add_block(net, &spec, err);
}

rp_status rp_build_max_pool(rp_net *net, int32_t source,
                            const rp_conv_shape *shape, const rp_quantized *out,
                            rp_error *err) {
  copies c = {0};
  RP_TRY(check_covered(shape, err));
  RP_TRY(count_copies(shape, &c, err));
  const rp_status status = add_maximum(net, source, shape, out, &c, err);
  free(c.index);
  free(c.owner);
  free(c.bias);
  return status;
}
