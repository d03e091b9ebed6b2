/* Families of images (core/family.h): every image of the radius is run through
 * the network, the nearest first. */
#include <stdlib.h>

#include "core/family.h"
#include "core/memory.h"
#include "verify/verify_internal.h"

enum { BETWEEN_LOOKS = 64 }; /* images from one look at the clock to the next */

typedef struct gallery {
  run *run;
  int32_t *work, *out; /* of forward passes */
  int64_t n_images;
  bool is_late;
} gallery;

/* Whether to go on: no counterexample, and time is left. */
static bool look_at(void *context, const uint8_t *image) {
  gallery *const g = context;
  const rp_net *const net = g->run->verifier->net;
  if (g->n_images++ % BETWEEN_LOOKS == 0 &&
      rp_deadline_has_passed(&g->run->deadline)) {
    g->is_late = true;
    return false;
  }
  rp_net_forward(net, image, NULL, g->out, g->work);
  return rp_first_max(g->out, net->n_out) == g->run->label;
}

static void visit_rings(gallery *g) {
  run *const r = g->run;
  const rp_net *const net = r->verifier->net;
  const rp_family family = {r->verifier->options.norm, r->question->x,
                            net->n_in, net->in_hi};
  for (int32_t ring = 1; ring <= r->question->radius; ring++) {
    if (rp_family_visit(&family, ring, r->witness, look_at, g)) continue;
    if (g->is_late)
      give_up(r, get_deadline_reason(r));
    else
      conclude_violated(r);
    return;
  }
  conclude(r, RP_ROBUST, RP_REASON_NONE, RP_EVIDENCE_REPLAY);
}

void decide_by_images(run *r) {
  const rp_net *const net = r->verifier->net;
  gallery g = {.run = r};
  g.work = rp_alloc(rp_net_forward_work(net), sizeof *g.work);
  g.out = rp_alloc((size_t)net->n_out, sizeof *g.out);
  if (g.work && g.out)
    visit_rings(&g);
  else
    give_up(r, RP_REASON_MEMORY);
  free(g.work);
  free(g.out);
}
