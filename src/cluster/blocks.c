/* Proofs on their way from the rank that found them to the file of rank 0. */
#include <stdlib.h>

#include "cluster/ranks.h"
#include "core/memory.h"

bool rp_proof_blocks(const rp_compute_answer *answer, rp_block_taker *take,
                     void *context) {
  const size_t whole = rp_proof_size(answer->proof);
  uint8_t *const bytes = rp_alloc(RP_PROOF_BLOCK, 1);
  rp_proof_key key = {.sample = answer->task.question.sample,
                      .radius = answer->task.question.radius,
                      .plain_size = rp_proof_plain_size(answer->proof),
                      .attempt = answer->task.attempt};
  bool good = bytes != NULL;
  for (size_t at = 0; good && at < whole; at += RP_PROOF_BLOCK, key.index++) {
    const size_t left = whole - at;
    const size_t size = left < RP_PROOF_BLOCK ? left : RP_PROOF_BLOCK;
    key.last = size == left;
    good = rp_proof_read(answer->proof, at, bytes, size) == RP_OK &&
           take(context, &key, bytes, size);
  }
  free(bytes);
  return good;
}
