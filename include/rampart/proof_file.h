/* The proofs of a run, in a file beside its results: RESULTS.proofs.
 *
 * A head (the magic "RPPROOFS" and the network's digest, 32 bytes), then
 * blocks, each a head of 44 bytes and at most RP_PROOF_BLOCK bytes of one
 * query's proof. Blocks of different queries may stand between each other; a
 * proof counts only once its last block is there. So it is written while the
 * run goes on, and a run that was killed leaves all proofs up to then. */
#ifndef RAMPART_PROOF_FILE_H
#define RAMPART_PROOF_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rampart/status.h"

enum { RP_PROOF_BLOCK = 1 << 18 };

/** Which proof a block belongs to, and where in it. */
typedef struct rp_proof_key {
  int64_t sample;
  int32_t radius;
  uint64_t attempt; /* unique in the file: a task may be run again */
  int32_t index;    /* of the block in its proof, from 0 */
  bool last;
  uint64_t plain_size; /* of the whole proof, inflated */
} rp_proof_key;

typedef struct rp_proof_file rp_proof_file;

/** Create or replace the file beside a results file.
 *  @param network_sha256  hex
 *  Errors: RP_E_IO, RP_E_MEMORY. */
rp_status rp_proof_file_create(const char *results, const char *network_sha256,
                               rp_proof_file **file, rp_error *err);

/** Append a block. Errors: RP_E_IO. */
rp_status rp_proof_file_append(rp_proof_file *file, const rp_proof_key *key,
                               const uint8_t *bytes, size_t size,
                               rp_error *err);

/** Write out what was appended so far. Errors: RP_E_IO. */
rp_status rp_proof_file_flush(rp_proof_file *file, rp_error *err);

/** Write what is left and close. Errors: RP_E_IO. */
rp_status rp_proof_file_close(rp_proof_file *file, rp_error *err);

#endif
