/* What a linear program proposes at a node. Nothing in it is proved. */
#ifndef RAMPART_LP_RELAXATION_H
#define RAMPART_LP_RELAXATION_H

#include "net/net.h"

typedef struct rp_relaxation {
  bool found;     /* false: the solver failed or ran out of time */
  double value;   /* bound of the objective in floating point */
  double *lambda; /* [n_acc] multipliers */
  double *x;      /* [n_in] optimal point */
  double *z, *a;  /* [n_acc] */
} rp_relaxation;

/** Errors: RP_E_MEMORY. */
rp_status rp_relaxation_create(const rp_net *net, rp_relaxation **relaxation);
void rp_relaxation_free(rp_relaxation *relaxation);

#endif
