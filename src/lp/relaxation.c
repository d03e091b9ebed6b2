/* Memory of a relaxation: one block for all its arrays. */
#include "lp/relaxation.h"

#include <stdlib.h>

#include "core/memory.h"

rp_status rp_relaxation_create(const rp_net *net, rp_relaxation **relaxation) {
  const size_t n_acc = (size_t)net->n_acc;
  rp_relaxation *r = rp_alloc(1, sizeof *r);
  double *block = rp_alloc(3 * n_acc + (size_t)net->n_in, sizeof *block);
  if (!r || !block) {
    free(r);
    free(block);
    return RP_E_MEMORY;
  }
  r->lambda = block;
  r->z = block + n_acc;
  r->a = r->z + n_acc;
  r->x = r->a + n_acc;
  *relaxation = r;
  return RP_OK;
}

void rp_relaxation_free(rp_relaxation *relaxation) {
  if (!relaxation) return;
  free(relaxation->lambda);
  free(relaxation);
}
