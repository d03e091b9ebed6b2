/* Two cuts that say the same. Include after cmocka.h. */
#ifndef RAMPART_TESTS_SAME_CUT_H
#define RAMPART_TESTS_SAME_CUT_H

#include "bound/cut.h"

static inline void assert_same_cut(const rp_cut *a, const rp_cut *b) {
  assert_int_equal(a->at, b->at);
  assert_int_equal(a->block, b->block);
  assert_int_equal(a->sign, b->sign);
  assert_int_equal(a->unit, b->unit);
  assert_int_equal(a->from, b->from);
  assert_int_equal(a->n, b->n);
  assert_true(!a->index == !b->index);
  for (int32_t t = 0; t < a->n; t++) {
    assert_true(!a->index || a->index[t] == b->index[t]);
    assert_int_equal(rp_cut_has_chosen(a, t), rp_cut_has_chosen(b, t));
  }
}

#endif
