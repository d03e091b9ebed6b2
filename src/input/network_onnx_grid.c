/* Grids, sums that are exact in float32, and blocks made of them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "input/network_onnx_float.h"

enum {
  MOST_UNITS = 1 << 24, /* integers up to here are exact in binary32 */
  LEAST_EXPONENT = -60,
  MOST_EXPONENT = 60
};

static rp_status fail_memory(const rp_onnx_reader *r) {
  return rp_onnx_place(r, RP_E_MEMORY, &(rp_error){"out of memory"});
}

/* ---- Grids. ---- */

/* The greatest power of two of which a number is a multiple. */
static int find_exponent(double x) {
  int exponent;
  int64_t whole = (int64_t)ldexp(frexp(x, &exponent), 53);
  exponent -= 53;
  if (whole == 0) return MOST_EXPONENT;
  for (; whole % 2 == 0; whole /= 2) exponent++;
  return exponent;
}

static int min_int(int a, int b) {
  return a < b ? a : b;
}

bool rp_onnx_find_grid(const float *number, int32_t n, int32_t lo,
                       rp_onnx_grid *grid) {
  const double step = n > 1 ? (double)number[1] - (double)number[0] : 0;
  const double at_zero = (double)number[0] - step * lo;
  if (!(step > 0)) return false;
  for (int32_t i = 0; i < n; i++)
    if ((double)number[i] != at_zero + step * (lo + i)) return false;
  const int exponent = min_int(find_exponent(step), find_exponent(at_zero));
  if (exponent < LEAST_EXPONENT || exponent > MOST_EXPONENT) return false;
  const double factor = ldexp(step, -exponent);
  const double offset = ldexp(at_zero, -exponent);
  if (factor > MOST_UNITS || fabs(offset) > MOST_UNITS) return false;
  *grid = (rp_onnx_grid){(int32_t)factor, (int32_t)offset, exponent};
  return true;
}

static int32_t least_number(const rp_onnx_item *item) {
  return item->number.lo - item->number.zero;
}

static int32_t most_number(const rp_onnx_item *item) {
  return item->number.hi - item->number.zero;
}

float rp_onnx_apply_grid(const rp_onnx_grid *grid, int64_t number) {
  const int64_t units = grid->factor * number + grid->offset;
  return ldexpf((float)units, grid->exponent);
}

static bool run_levels(const rp_onnx_reader *r, rp_onnx_item *item,
                       float *number) {
  const int32_t lo = least_number(item), n = most_number(item) - lo + 1;
  rp_onnx_chain chain;
  bool ok = true;
  rp_onnx_get_chain(r, item, &chain);
  for (int32_t i = 0; i < n; i++)
    number[i] = rp_onnx_run_chain(&chain, 0,
                                  rp_onnx_apply_grid(&item->grid, lo + i), &ok);
  return ok && rp_onnx_is_uniform(&chain) &&
         rp_onnx_find_grid(number, n, lo, &item->grid);
}

/* Integers with a grid of what operand 0 has become by uniform steps. */
static rp_status settle(rp_onnx_reader *r, const rp_onnx_node *node,
                        rp_onnx_item *item) {
  if (item->kind == RP_ONNX_INTEGERS) return RP_OK;
  if (item->node)
    return RP_ONNX_FAIL(r,
                        "operand 0: expected quantized numbers, found the "
                        "float32 result of %s: a quantizer between them would "
                        "be needed",
                        item->node->op);
  const size_t n = (size_t)(item->number.hi - item->number.lo) + 1;
  float *const number = rp_alloc(n, sizeof *number);
  if (!number) return fail_memory(r);
  const bool is_settled = run_levels(r, item, number);
  free(number);
  item->kind = RP_ONNX_INTEGERS;
  item->last_step = 0;
  if (is_settled) return RP_OK;
  return RP_ONNX_FAIL(r,
                      "operand 0 of %s: expected quantized numbers, equally "
                      "spaced in float32, found %s: a quantizer right before "
                      "it would be needed",
                      node->op,
                      item->source == RP_INPUT
                          ? "bytes of the input behind float32 operators"
                          : "those of a quantizer behind float32 operators");
}

/* ---- Linear operators. ---- */

typedef struct sums {
  rp_onnx_linear linear; /* weights in units of their own grid */
  rp_onnx_tensor weight; /* owned */
  int32_t exponent;      /* of that grid */
  bool is_conv, is_transposed;
  rp_conv_shape shape; /* of a convolution */
  int32_t channels, positions;
  int64_t dims[RP_ONNX_DIMS]; /* as many as the input has */
} sums;

static rp_status take_weights(const rp_onnx_reader *r,
                              const rp_onnx_tensor *from, sums *s) {
  rp_onnx_tensor *const to = &s->weight;
  int exponent = MOST_EXPONENT;
  *to = *from;
  to->real = NULL;
  to->integer = rp_alloc((size_t)from->count, sizeof *to->integer);
  if (!to->integer) return fail_memory(r);
  for (int32_t i = 0; i < from->count; i++) {
    if (!isfinite(from->real[i]))
      return RP_ONNX_FAIL(r, "weight %d: it is not finite", i);
    if (from->real[i] != 0)
      exponent = min_int(exponent, find_exponent((double)from->real[i]));
  }
  if (exponent < LEAST_EXPONENT) exponent = LEAST_EXPONENT;
  for (int32_t i = 0; i < from->count; i++) {
    const double units = ldexp((double)from->real[i], -exponent);
    if (fabs(units) > INT16_MAX || units != floor(units))
      return RP_ONNX_FAIL(r,
                          "weight %d: expected all weights as multiples of "
                          "one number that fit 16 bits, found %.9g in units "
                          "of 2^%d: scales that are powers of two would be "
                          "needed",
                          i, (double)from->real[i], exponent);
    to->integer[i] = (int64_t)units;
  }
  s->exponent = exponent;
  return RP_OK;
}

static int64_t max_of(int64_t a, int64_t b) {
  return a > b ? a : b;
}

/* The greatest magnitude of an operand in units, and of both parts of it. */
static int64_t measure_units(const rp_onnx_item *in) {
  const int64_t lo = (int64_t)in->grid.factor * least_number(in);
  const int64_t hi = (int64_t)in->grid.factor * most_number(in);
  const int64_t parts =
      max_of(max_of(llabs(lo), llabs(hi)), llabs((int64_t)in->grid.offset));
  return max_of(
      parts, max_of(llabs(lo + in->grid.offset), llabs(hi + in->grid.offset)));
}

/* Then no sum of some products depends on their order. */
static rp_status check_exact(const rp_onnx_reader *r, const sums *s) {
  const rp_onnx_tensor *const w = &s->weight;
  const rp_onnx_item *const in = &s->linear.in;
  const int64_t most = measure_units(in);
  const bool is_by_row = s->is_conv || s->is_transposed;
  const int32_t length = w->count / s->channels;
  for (int32_t c = 0; c < s->channels; c++) {
    int64_t sum = 0;
    for (int32_t i = 0; i < length; i++)
      sum +=
          llabs(w->integer[is_by_row ? c * length + i : i * s->channels + c]);
    const int64_t units = sum > MOST_UNITS ? sum : sum * most;
    if (units > MOST_UNITS)
      return RP_ONNX_FAIL(r,
                          "channel %d: expected sums of at most 2^24 units of "
                          "2^%d, which are exact in float32, found %lld: "
                          "scales that are powers of two, or fewer bits, "
                          "would be needed",
                          c, s->exponent + in->grid.exponent, (long long)units);
  }
  return RP_OK;
}

static rp_status place_dense(const rp_onnx_reader *r, sums *s) {
  const rp_onnx_tensor *const x = s->linear.x;
  RP_TRY(rp_onnx_check_dense(r, &s->linear, s->is_transposed));
  s->channels = s->weight.dims[s->is_transposed ? 0 : 1];
  s->positions = 1;
  for (int32_t d = 0; d < x->n_dims; d++) s->dims[d] = x->dims[d];
  s->dims[x->n_dims - 1] = s->channels;
  return RP_OK;
}

/* Does a window hang over? */
static bool has_padding(const rp_conv_shape *s) {
  const int32_t last_y =
      (s->out_h - 1) * s->stride_h + (s->kernel_h - 1) * s->dilation_h;
  const int32_t last_x =
      (s->out_w - 1) * s->stride_w + (s->kernel_w - 1) * s->dilation_w;
  return s->pad_top > 0 || s->pad_left > 0 || last_y >= s->in_h ||
         last_x >= s->in_w;
}

static rp_status place_conv(const rp_onnx_reader *r, sums *s) {
  RP_TRY(rp_onnx_place_conv(r, &s->linear, &s->shape, s->dims));
  s->channels = s->shape.out_c;
  s->positions = s->shape.out_h * s->shape.out_w;
  if (s->linear.in.grid.offset == 0 || !has_padding(&s->shape)) return RP_OK;
  return RP_ONNX_FAIL(r, "expected no padding, found some: its zeros are none "
                         "of the levels before it; a quantizer with a level "
                         "of 0 would be needed");
}

static rp_status begin_sums(rp_onnx_reader *r, const rp_onnx_node *node,
                            sums *s) {
  const rp_onnx_tensor *const w = rp_onnx_operand(&r->model, node, 1);
  int64_t is_transposed;
  if (!w || !w->real)
    return RP_ONNX_FAIL(r, "operand 1: expected constant weights of float32, "
                           "found others: a product of two values would need "
                           "a rule of its own");
  RP_TRY(rp_onnx_get_int(&r->model, node, "transB", 0, &is_transposed, r->err));
  RP_TRY(settle(r, node, &s->linear.in));
  s->linear.node = node;
  s->linear.x = rp_onnx_operand(&r->model, node, 0);
  s->linear.weight = &s->weight;
  s->is_conv = rp_onnx_is_op(node, "", "Conv");
  s->is_transposed = rp_onnx_is_op(node, "", "Gemm") && is_transposed != 0;
  RP_TRY(take_weights(r, w, s));
  RP_TRY(s->is_conv ? place_conv(r, s) : place_dense(r, s));
  return check_exact(r, s);
}

static rp_status check_gemm(const rp_onnx_reader *r) {
  int64_t is_transposed;
  float factor[2];
  RP_TRY(
      rp_onnx_get_int(&r->model, r->node, "transA", 0, &is_transposed, r->err));
  RP_TRY(rp_onnx_get_float(&r->model, r->node, "alpha", 1, &factor[0], r->err));
  RP_TRY(rp_onnx_get_float(&r->model, r->node, "beta", 1, &factor[1], r->err));
  if (is_transposed == 0 && factor[0] == 1 && factor[1] == 1) return RP_OK;
  return RP_ONNX_FAIL(r,
                      "expected transA 0, alpha 1 and beta 1, found %lld, %g, "
                      "%g",
                      (long long)is_transposed, (double)factor[0],
                      (double)factor[1]);
}

/* A bias is added to the exact sum: one step. */
static rp_status add_bias(rp_onnx_reader *r, rp_onnx_item *item) {
  const rp_onnx_tensor *const bias = rp_onnx_operand(&r->model, r->node, 2);
  const rp_onnx_tensor *const out = rp_onnx_output(&r->model, r->node, 0);
  if (!bias) return RP_OK;
  if (bias->count != item->channels && bias->count != 1)
    return RP_ONNX_FAIL(r, "operand 2: expected %d constants, found %d",
                        item->channels, bias->count);
  rp_onnx_tensor by = *bias;
  by.n_dims = rp_onnx_is_op(r->node, "", "Conv") ? out->n_dims - 1 : 1;
  for (int32_t d = 0; d < by.n_dims; d++) by.dims[d] = d ? 1 : bias->count;
  return rp_onnx_add_step(r, RP_ONNX_PLUS, out, &by, item);
}

static rp_status read_sums(rp_onnx_reader *r, sums *s) {
  RP_TRY(rp_onnx_get_floats(r, 0, &s->linear.in));
  RP_TRY(begin_sums(r, r->node, s));
  rp_onnx_item item = s->linear.in;
  item.kind = RP_ONNX_FLOATS;
  item.node = r->node;
  item.channels = s->channels;
  item.positions = s->positions;
  item.last_step = 0;
  item.grid.exponent += s->exponent;
  RP_TRY(rp_onnx_set_item(r, &item, s->linear.x->n_dims, s->dims));
  RP_TRY(add_bias(r, &item));
  r->item[r->node->output[0]] = item;
  return RP_OK;
}

rp_status rp_onnx_read_linear(rp_onnx_reader *r) {
  if (rp_onnx_is_op(r->node, "", "Gemm")) RP_TRY(check_gemm(r));
  sums s = {.exponent = 0};
  const rp_status status = read_sums(r, &s);
  rp_onnx_tensor_fini(&s.weight);
  return status;
}

static rp_status append_sums(rp_onnx_reader *r, const rp_onnx_item *item,
                             rp_onnx_make_channels *make, const void *context,
                             sums *s) {
  s->linear.in = *rp_onnx_item_of(r, item->node, 0);
  s->linear.make_channels = make;
  s->linear.context = context;
  RP_TRY(begin_sums(r, item->node, s));
  return s->is_conv ? rp_onnx_append_conv(r, &s->linear, &s->shape)
                    : rp_onnx_append_dense(r, &s->linear, s->is_transposed);
}

/* ---- Blocks. ---- */

/* What a block that copies is made of: weights of 1. */
static rp_status begin_copy(const rp_onnx_reader *r, bool is_by_channel,
                            const rp_onnx_item *item, rp_onnx_channels *made) {
  const int32_t n = rp_onnx_count(item);
  made->n_channels = is_by_channel ? item->channels : n;
  made->n_positions = n / made->n_channels;
  made->a_channel = 1;
  made->w = rp_alloc((size_t)n, sizeof *made->w);
  made->biases = rp_alloc((size_t)n, sizeof *made->biases);
  made->stair = rp_alloc((size_t)made->n_channels, sizeof *made->stair);
  if (!made->w || !made->biases || !made->stair) return fail_memory(r);
  for (int32_t c = 0; c < made->n_channels; c++) made->w[c] = 1;
  return RP_OK;
}

static rp_status add_copy(rp_onnx_reader *r, const rp_onnx_item *item,
                          const rp_onnx_channels *made) {
  const int32_t n = rp_onnx_count(item);
  const rp_build_source from = {item->source, n, NULL};
  rp_error why = {""};
  rp_term term;
  for (int32_t i = made->n_channels; i < n; i++)
    made->w[i] = made->w[i - made->n_channels];
  RP_TRY(rp_onnx_place(r, rp_build_copy(&from, n, made->w, &term, &why), &why));
  const rp_block_spec spec = {.n_out = n,
                              .n_terms = 1,
                              .term = &term,
                              .bias = made->biases,
                              .n_stairs = made->n_channels,
                              .stair = made->stair};
  return rp_onnx_place(r, rp_net_add_block(r->net, &spec, &why), &why);
}

static rp_status append_copy(rp_onnx_reader *r, const rp_onnx_item *item,
                             rp_onnx_make_channels *make, const void *context) {
  rp_onnx_channels made = {.a_channel = 1};
  rp_onnx_chain chain;
  rp_onnx_get_chain(r, item, &chain);
  rp_status status =
      begin_copy(r, rp_onnx_is_by_channel(&chain, item->channels), item, &made);
  if (status == RP_OK) status = make(r, context, &made);
  if (status == RP_OK) status = add_copy(r, item, &made);
  free(made.w);
  free(made.biases);
  free(made.stair);
  return status;
}

rp_status rp_onnx_append_floats(rp_onnx_reader *r, const rp_onnx_item *item,
                                rp_onnx_make_channels *make,
                                const void *context) {
  sums s = {.exponent = 0};
  if (!item->node) return append_copy(r, item, make, context);
  const rp_status status = append_sums(r, item, make, context, &s);
  rp_onnx_tensor_fini(&s.weight);
  return status;
}
