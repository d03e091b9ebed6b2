/* The sample data of the project: small drawn digits, and networks trained on
 * them with their quantization in the loop.
 *
 * Everything here is reproducible to the bit: own random numbers, no threads,
 * and of floating point only what IEEE 754 rounds exactly (+ - * / and square
 * root; no fused operations, no libm). */
#ifndef RAMPART_DATA_DIGITS_H
#define RAMPART_DATA_DIGITS_H

#include <stdint.h>

#include "core/rng.h"
#include "net/net.h"
#include "rampart/status.h"

enum {
  DIGITS_SIDE = 14,
  DIGITS_PIXELS = DIGITS_SIDE * DIGITS_SIDE,
  DIGITS_CLASSES = 10
};

typedef struct digits_set {
  int64_t n;
  uint8_t *x; /* [n][DIGITS_PIXELS] */
  uint8_t *y; /* [n], 0..9; each class once in every ten samples */
} digits_set;

/** Draw n digits. The same seed gives the same set.
 *  Errors: RP_E_MEMORY. */
rp_status digits_draw(int64_t n, uint64_t seed, digits_set *set);
void digits_fini(digits_set *set);

/** A network and how it is trained. */
typedef struct digits_plan {
  const char *name;
  const int32_t *hidden; /* [n_hidden] neurons of the hidden layers */
  int32_t n_hidden;
  int32_t bits;   /* Q: of weights and activations */
  int32_t radius; /* greatest perturbation used in training */
  int32_t steps;  /* of gradient descent */
  uint64_t seed;
} digits_plan;

/** Train a network on `train` and hand it over in integers (rule R0).
 *  Errors: RP_E_MEMORY; RP_E_INPUT if the result is no valid network. */
rp_status digits_train(const digits_plan *plan, const digits_set *train,
                       rp_net **net, rp_error *err);

#endif
