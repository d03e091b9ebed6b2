/* Gradient descent: what trainings share. */
#ifndef RAMPART_DATA_DESCENT_H
#define RAMPART_DATA_DESCENT_H

#include <stdint.h>

#include "rampart/status.h"

/** Parameters of a layer and what Adam (Kingma and Ba 2015) knows of them. */
typedef struct descent {
  int32_t n;
  float *value, *gradient; /* [n] */
  float *mean, *square;    /* [n] moments */
  float beta1, beta2;      /* their rates' powers, against the bias at first */
} descent;

/** n parameters, all 0. Errors: RP_E_MEMORY. */
rp_status descent_init(descent *of, int32_t n);
void descent_fini(descent *of);

/** One step of Adam. */
void descend(descent *of, float rate);

/** e^x for x <= 0, to a relative 1e-3: a loss needs no more. */
float exponential(float x);

#endif
