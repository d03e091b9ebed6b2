/* The proof that a verifier recorded, inflated, and what is read of it. */
#ifndef RAMPART_TESTS_RECORDED_H
#define RAMPART_TESTS_RECORDED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <zlib.h>

#include "damage.h"
#include "evidence/proof.h"

static inline bytes stream_recorded(rp_proof *recorder) {
  const size_t packed = rp_proof_size(recorder);
  assert_true(packed > 0);
  bytes b = {malloc(MOST_BYTES), 0};
  uint8_t *deflated = malloc(packed);
  uLongf size = MOST_BYTES;
  assert_int_equal(rp_proof_read(recorder, 0, deflated, packed), RP_OK);
  assert_int_equal(uncompress(b.data, &size, deflated, packed), Z_OK);
  assert_int_equal(size, rp_proof_plain_size(recorder));
  free(deflated);
  b.size = size;
  return b;
}

/** Is that stream, alone, a proof of the claim? */
static inline bool accepted_alone(const net *n, const uint8_t *x, int32_t label,
                                  int32_t radius, bytes b) {
  int32_t wide_x[TINY_INPUTS];
  rp_error why = {""};
  widened(x, n->n_in, wide_x);
  /* Exactly as long as it is, so that reading on is seen. */
  uint8_t *exact = malloc(b.size + 1);
  memcpy(exact, b.data, b.size);
  stream all = {.radius = radius, .plain = {exact, b.size}};
  const rp_status st = rp_check_proof(n, wide_x, label, &all, 1, &why);
  free(exact);
  assert_true(st == RP_OK || (st == RP_E_INPUT && why.text[0]));
  return st == RP_OK;
}

#endif
