/* A planted point: a known counterexample that nothing may cut off.
 *
 * It finds unsound code at once: the first interval, tightening or split that
 * loses the point ends the process with the place. Without a planted point it
 * costs nothing. Idea: SCIP's debug solution. */
#include <stdlib.h>

#include "core/log.h"
#include "tree/tree_internal.h"

bool planted_inside(worker *w, const node *n) {
  const uint8_t *x = w->task->planted;
  if (!x) return false;
  const rp_net *net = w->task->net;
  const rp_part *part = &w->part[n->part];
  rp_net_forward(net, x, w->z, w->out, w->work);
  const int32_t *z_last = w->z + net->block[net->n_blocks - 1].first;
  return rp_rival_wins(net, z_last, part->label, part->rival) &&
         rp_region_holds(net, n->region, x, w->z);
}

void planted_expect(worker *w, const node *n, bool was_inside, bool closed,
                    const char *where) {
  if (!was_inside || (!closed && planted_inside(w, n))) return;
  const rp_part *part = &w->part[n->part];
  rp_log(RP_LOG_ERROR,
         "unsound: %s at depth %d of part %c, rival %d, %s the planted point",
         where, n->depth, part->kind, part->rival,
         closed ? "closed a node that holds" : "cut off");
  abort();
}
