/* Operators as bytes: the number of the kind, sizes, weights of 16 bits. They
 * are built again by the functions that readers of files call, which prove that
 * sizes fit each other. */
#include "net/op_bytes.h"

#include <stdlib.h>

#include "core/memory.h"
#include "net/op_conv.h"
#include "net/op_dense.h"
#include "net/op_select.h"

typedef enum kind { DENSE, CONV, SELECT } kind;

static rp_status fail_damaged(rp_error *err) {
  return rp_fail(err, RP_E_INPUT,
                 "expected an operator, found damaged or missing bytes");
}

static void put_size(rp_bytes *to, int32_t size) {
  rp_bytes_put(to, (uint64_t)size, 4);
}

static int32_t get_size(rp_bytes *from) {
  return (int32_t)rp_bytes_get_signed(from, 4);
}

static void put_weights(rp_bytes *to, const int16_t *weight, size_t n) {
  for (size_t i = 0; i < n; i++) rp_bytes_put(to, (uint64_t)weight[i], 2);
}

/* Take n numbers of so many bytes; they must be there before they are given
 * memory. */
static rp_status get_numbers(rp_bytes *from, int64_t n, int n_bytes,
                             int32_t **number, rp_error *err) {
  *number = NULL;
  if (from->failed || n < 1 ||
      n > (int64_t)((from->size - from->at) / (size_t)n_bytes))
    return fail_damaged(err);
  int32_t *const made = rp_alloc((size_t)n, sizeof *made);
  if (!made)
    return rp_fail(err, RP_E_MEMORY, "out of memory while building a network");
  for (int64_t i = 0; i < n; i++)
    made[i] = (int32_t)rp_bytes_get_signed(from, n_bytes);
  *number = made;
  return RP_OK;
}

/* ------------------------------------------------------------------- dense */

static void put_dense(rp_bytes *to, const rp_op *op) {
  put_weights(to, rp_op_dense_weights(op),
              (size_t)op->n_out * (size_t)op->n_in);
}

static rp_status get_dense(rp_bytes *from, int32_t n_out, int32_t n_in,
                           rp_op **op, rp_error *err) {
  int32_t *weight;
  RP_TRY(get_numbers(from, (int64_t)n_out * n_in, 2, &weight, err));
  *op = rp_op_dense_create(n_out, n_in);
  for (int32_t i = 0; *op && i < n_out; i++)
    (void)rp_op_dense_set_row(*op, i, weight + (size_t)i * (size_t)n_in);
  free(weight);
  return *op ? RP_OK
             : rp_fail(err, RP_E_MEMORY,
                       "out of memory while building a network");
}

/* ------------------------------------------------------------ convolutions */

enum { CONV_SIZES = 15 };

/* The numbers of a shape, in the order of the message. */
static void list_sizes(rp_conv_shape *s, int32_t *size[CONV_SIZES]) {
  int32_t *const all[CONV_SIZES] = {
      &s->in_h,    &s->in_w,     &s->in_c,       &s->out_h,      &s->out_w,
      &s->out_c,   &s->kernel_h, &s->kernel_w,   &s->stride_h,   &s->stride_w,
      &s->pad_top, &s->pad_left, &s->dilation_h, &s->dilation_w, &s->groups};
  for (int32_t i = 0; i < CONV_SIZES; i++) size[i] = all[i];
}

static void put_conv(rp_bytes *to, const rp_op *op) {
  rp_conv_shape shape = *rp_op_conv_shape(op);
  int32_t *size[CONV_SIZES];
  list_sizes(&shape, size);
  for (int32_t i = 0; i < CONV_SIZES; i++) put_size(to, *size[i]);
  put_weights(to, rp_op_conv_weights(op),
              (size_t)rp_conv_count_weights(&shape));
}

/* The product of some claims; 0 if one is not positive or it leaves int32. */
static int64_t multiply(const int32_t *claim, int32_t n) {
  int64_t product = 1;
  for (int32_t i = 0; i < n; i++) {
    if (claim[i] < 1) return 0;
    product *= claim[i];
    if (product > INT32_MAX) return 0;
  }
  return product;
}

static int64_t count_claimed_weights(const rp_conv_shape *s) {
  const int32_t in_c = s->groups < 1 ? 0 : s->in_c / s->groups;
  return multiply((const int32_t[]){s->out_c, s->kernel_h, s->kernel_w, in_c},
                  4);
}

static rp_status get_conv(rp_bytes *from, int32_t n_out, int32_t n_in,
                          rp_op **op, rp_error *err) {
  rp_conv_shape s;
  int32_t *size[CONV_SIZES], *weight;
  list_sizes(&s, size);
  for (int32_t i = 0; i < CONV_SIZES; i++) *size[i] = get_size(from);
  if (multiply((const int32_t[]){s.in_h, s.in_w, s.in_c}, 3) != n_in ||
      multiply((const int32_t[]){s.out_h, s.out_w, s.out_c}, 3) != n_out)
    return fail_damaged(err);
  RP_TRY(get_numbers(from, count_claimed_weights(&s), 2, &weight, err));
  const rp_status status = rp_op_conv_create(&s, weight, op, err);
  free(weight);
  return status;
}

/* -------------------------------------------------------------- selections */

static void put_select(rp_bytes *to, const rp_op *op) {
  for (int32_t i = 0; i < op->n_out; i++)
    put_size(to, rp_op_select_index(op)[i]);
  put_weights(to, rp_op_select_weights(op), (size_t)op->n_out);
}

static rp_status get_select(rp_bytes *from, int32_t n_out, int32_t n_in,
                            rp_op **op, rp_error *err) {
  int32_t *index = NULL, *weight = NULL;
  rp_status status = get_numbers(from, n_out, 4, &index, err);
  if (status == RP_OK) status = get_numbers(from, n_out, 2, &weight, err);
  if (status == RP_OK)
    status = rp_op_select_create(n_out, n_in, index, weight, op, err);
  free(index);
  free(weight);
  return status;
}

/* ------------------------------------------------------------------- kinds */

void rp_op_put(rp_bytes *to, const rp_op *op) {
  const kind k = rp_op_dense_weights(op) ? DENSE
                 : rp_op_conv_shape(op)  ? CONV
                                         : SELECT;
  rp_bytes_put(to, k, 1);
  switch (k) {
  case DENSE:
    put_dense(to, op);
    break;
  case CONV:
    put_conv(to, op);
    break;
  case SELECT:
    put_select(to, op);
    break;
  }
}

rp_status rp_op_get(rp_bytes *from, int32_t n_out, int32_t n_in, rp_op **op,
                    rp_error *err) {
  *op = NULL;
  switch ((kind)rp_bytes_get(from, 1)) {
  case DENSE:
    return get_dense(from, n_out, n_in, op, err);
  case CONV:
    return get_conv(from, n_out, n_in, op, err);
  case SELECT:
    return get_select(from, n_out, n_in, op, err);
  }
  return fail_damaged(err);
}
