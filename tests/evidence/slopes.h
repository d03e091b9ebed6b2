/* Bounds by slopes, put into proofs of the engine: all their inputs satisfy
 * them, so the proofs hold as before. */
#ifndef RAMPART_TESTS_SLOPES_H
#define RAMPART_TESTS_SLOPES_H

#include "damage.h"
#include "evidence/proof.h"
#include "scene.h"

enum { SLOPE_BITS = 16 };

/* Slopes of the hulls over a region, with a little noise. */
static inline void put_slopes(rp_rng *rng, const net *n, const region *r,
                              int32_t k, rp_trail *to) {
  const block *b = &n->block[k];
  rp_trail_put(to, SLOPES);
  rp_trail_put(to, (uint64_t)k);
  rp_trail_put(to, SLOPE_BITS);
  for (int32_t i = 0, zeros = 0; i < b->n_acc; i += 1 + zeros, zeros = 0) {
    const int32_t v = b->first + i;
    const stair *own = &b->own[rp_check_owner(b, i)];
    const int64_t rise = rp_check_apply_stair(own, r->hi[v]) -
                         rp_check_apply_stair(own, r->lo[v]);
    const int64_t width = (int64_t)r->hi[v] - r->lo[v];
    const int64_t slope = width > 0 ? (rise << SLOPE_BITS) / width : 0;
    const int64_t up = slope > 0 ? slope + between(rng, -9, 9) : 0;
    const int64_t down = up && rp_rng_below(rng, 4) ? slope : 0;
    rp_trail_put_signed(to, up);
    rp_trail_put_signed(to, down);
    if (up == 0 && down == 0) rp_trail_put(to, (uint64_t)zeros);
  }
}

static inline void put_bounds(rp_rng *rng, const net *n, int32_t k,
                              rp_trail *to) {
  rp_trail_put(to, BOUNDS);
  rp_trail_put(to, (uint64_t)k);
  rp_trail_put(to, (uint64_t)between(rng, 8, 20));
  for (int32_t i = 0; i < n->block[k].n_acc; i++) {
    const uint64_t choice = rp_rng_below(rng, 4);
    rp_trail_put(to, choice);
    if (choice != 0) continue;
    const int64_t more = between(rng, 0, n->block[k].n_acc - 1 - i);
    rp_trail_put(to, (uint64_t)more);
    i += (int32_t)more;
  }
}

/** Put a record with bounds of all blocks behind the head of a proof. */
static inline void put_record_of_slopes(rp_rng *rng, const scene *s,
                                        int32_t radius, bytes *proof) {
  int32_t x[TINY_INPUTS];
  rp_trail steps = {0}, record = {0};
  widened(s->x, s->n.n_in, x);
  region *around = rp_check_make_ball(&s->n, x, radius);
  assert_true(rp_check_settle(&s->n, NULL, around));
  for (int32_t k = 0; k < s->n.n_blocks; k++) {
    put_bounds(rng, &s->n, k, &steps);
    put_slopes(rng, &s->n, around, k, &steps);
  }
  rp_trail_put(&record, RP_RECORD_OPEN);
  rp_trail_put(&record, RP_PROOF_ROOT);
  rp_trail_put(&record, steps.size);
  rp_trail_append(&record, &steps);
  assert_true(proof->size + record.size <= MOST_BYTES);
  memmove(proof->data + HEAD_SIZE + record.size, proof->data + HEAD_SIZE,
          proof->size - HEAD_SIZE);
  memcpy(proof->data + HEAD_SIZE, record.data, record.size);
  proof->size += record.size;
  rp_trail_fini(&steps);
  rp_trail_fini(&record);
  free(around);
}

#endif
