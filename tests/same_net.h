/* Two networks are the same, number by number: weights, biases, staircases,
 * ranges, sources. For tests of files and of messages. */
#ifndef RAMPART_TESTS_SAME_NET_H
#define RAMPART_TESTS_SAME_NET_H

/* cmocka.h comes first. */
#include "net/net.h"
#include "net/op_conv.h"

static inline void same_taps(const rp_op *a, const rp_op *b) {
  const size_t n = (size_t)(a->n_in > a->n_out ? a->n_in : a->n_out);
  const rp_tap_space s = {calloc(n, sizeof(int32_t)), calloc(n, 2)};
  const rp_tap_space t = {calloc(n, sizeof(int32_t)), calloc(n, 2)};
  assert_true(s.index && s.weight && t.index && t.weight);
  for (int32_t i = 0; i < a->n_out; i++) {
    const rp_taps p = rp_op_row(a, i, s), q = rp_op_row(b, i, t);
    assert_int_equal(p.n, q.n);
    for (int32_t k = 0; k < p.n; k++)
      assert_int_equal(rp_taps_index(p, k), rp_taps_index(q, k));
    if (p.n > 0) assert_memory_equal(p.weight, q.weight, 2 * (size_t)p.n);
  }
  free(s.index);
  free(s.weight);
  free(t.index);
  free(t.weight);
}

static inline void same_term(const rp_term *a, const rp_term *b) {
  assert_int_equal(a->source, b->source);
  assert_string_equal(a->op->kind->name, b->op->kind->name);
  assert_int_equal(a->op->n_in, b->op->n_in);
  assert_int_equal(a->op->n_out, b->op->n_out);
  const rp_conv_shape *p = rp_op_conv_shape(a->op);
  if (p) assert_memory_equal(p, rp_op_conv_shape(b->op), sizeof *p);
  same_taps(a->op, b->op);
}

static inline void same_block(const rp_block *a, const rp_block *b) {
  const size_t n_acc = (size_t)a->n_acc;
  assert_int_equal(a->n_out, b->n_out);
  assert_int_equal(a->n_acc, b->n_acc);
  assert_int_equal(!a->owner, !b->owner);
  if (a->owner)
    assert_memory_equal(a->owner, b->owner, n_acc * sizeof *a->owner);
  assert_int_equal(a->n_terms, b->n_terms);
  for (int32_t t = 0; t < a->n_terms; t++) same_term(&a->term[t], &b->term[t]);
  assert_memory_equal(a->bias, b->bias, n_acc * sizeof *a->bias);
  for (size_t i = 0; i < n_acc; i++)
    assert_true(rp_stair_is_same(&a->stair[i], &b->stair[i]));
  assert_memory_equal(a->z_lo, b->z_lo, n_acc * sizeof *a->z_lo);
  assert_memory_equal(a->z_hi, b->z_hi, n_acc * sizeof *a->z_hi);
}

static inline void same_net(const rp_net *a, const rp_net *b) {
  assert_string_equal(a->name, b->name);
  assert_int_equal(a->rule, b->rule);
  assert_int_equal(a->n_in, b->n_in);
  assert_int_equal(a->n_out, b->n_out);
  assert_int_equal(a->in_hi, b->in_hi);
  assert_int_equal(a->in_lo, b->in_lo);
  assert_int_equal(a->in_zero, b->in_zero);
  assert_int_equal(a->n_dims, b->n_dims);
  assert_memory_equal(a->dims, b->dims, sizeof a->dims);
  assert_int_equal(a->n_blocks, b->n_blocks);
  for (int32_t k = 0; k < a->n_blocks; k++)
    same_block(&a->block[k], &b->block[k]);
}

#endif
