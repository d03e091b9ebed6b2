/* Nodes as records of the proof. A node that is closed needs no reason here:
 * its steps, or intervals alone, leave it empty, or its inputs are fixed. */
#include "core/assert.h"
#include "tree/tree_internal.h"

int64_t proof_begin_part(rp_proof *proof, const rp_part *part) {
  const rp_objective *objective = &part->objective;
  const rp_proof_head head = {.rival = part->rival,
                              .kind = part->kind,
                              .label_weight = -objective->coef[1],
                              .rival_weight = objective->coef[0]};
  return rp_proof_part(proof, &head);
}

static void keep_split(worker *w, node *n) {
  RP_ASSERT(n->split.kind != BRANCH_NONE);
  const rp_proof_split split = {.input = n->split.kind == BRANCH_INPUT,
                                .at = n->split.at,
                                .value = n->split.value};
  n->proof_child = rp_proof_add(w->task->proof, RP_RECORD_SPLIT, n->proof_node,
                                &w->trail, &split);
}

void proof_keep(worker *w, node *n, fate f) {
  rp_proof *proof = w->task->proof;
  if (!proof) return;
  RP_ASSERT(n->proof_node >= 0);
  if (f == NODE_CLOSED)
    rp_proof_add(proof, RP_RECORD_LEAF, n->proof_node, &w->trail, NULL);
  else if (f == NODE_OPEN && n->split.kind != BRANCH_NONE)
    keep_split(w, n);
  else if (w->trail.size > 0 || w->trail.failed)
    rp_proof_add(proof, RP_RECORD_OPEN, n->proof_node, &w->trail, NULL);
}
