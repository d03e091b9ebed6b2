/* Cuts for a proof that has none: records of any cuts at its beginning, and in
 * front of every `close` and `tighten` some of them with multiplier 0. It
 * proves what it proved, and has more to damage. */
#ifndef RAMPART_TESTS_IDLE_CUTS_H
#define RAMPART_TESTS_IDLE_CUTS_H

#include "numbers.h"

enum { IDLE_CUTS = 3 };

static inline void put_number(numbers *to, uint64_t value, role r) {
  assert_true(to->n < sizeof to->role);
  to->value[to->n] = value;
  to->role[to->n++] = (uint8_t)r;
}

static inline void put_idle_cut(rp_rng *rng, const net *n, numbers *to) {
  const int32_t first = n->block[0].n_acc;
  put_number(to, 6, RECORD);
  put_number(to, rp_rng_below(rng, (uint32_t)first), CUT);
  put_number(to, rp_rng_below(rng, 2), CUT);
  put_number(to, 1 + rp_rng_below(rng, 40), CUT);
  put_number(to, rp_rng_below(rng, 200), CUT); /* signed */
  for (int32_t k = 0; k < (n->n_in + 6) / 7; k++)
    put_number(to, 1 + rp_rng_below(rng, 127), CUT);
}

static inline void put_idle_uses(rp_rng *rng, numbers *to) {
  const uint32_t count = rp_rng_below(rng, IDLE_CUTS);
  put_number(to, 7, ACTION);
  put_number(to, count, USE);
  for (uint32_t k = 0; k < count; k++) {
    put_number(to, rp_rng_below(rng, IDLE_CUTS), USE);
    put_number(to, 0, USE);
  }
}

static inline void put_idle_cuts(rp_rng *rng, const net *n, bytes *b) {
  static numbers from, to;
  taken_apart(n, b, &from);
  to.n = 0;
  for (size_t i = 0; i < from.n; i++) {
    if (from.role[i] == CUT) return; /* it has its own */
    for (int c = 0; i == HEAD_SIZE && c < IDLE_CUTS; c++)
      put_idle_cut(rng, n, &to);
    if (from.role[i] == ACTION && from.value[i] <= TIGHTEN)
      put_idle_uses(rng, &to);
    put_number(&to, from.value[i], (role)from.role[i]);
  }
  assert_true(put_together(&to, b));
}

#endif
