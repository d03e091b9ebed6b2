/* The proofs of a run, in a file beside its results: RESULTS.proofs.
 *
 * A head (the magic "RPPROOFS" and the network's digest, 32 bytes), then
 * blocks, each a head of 44 bytes and at most RP_PROOF_BLOCK bytes of one
 * query's proof. Blocks of different queries may stand between each other; a
 * proof counts only once its last block is there. So it is written while the
 * run goes on, and a run that was killed leaves all proofs up to then. */
#ifndef RAMPART_STORE_PROOF_FILE_H
#define RAMPART_STORE_PROOF_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "rampart/status.h"

enum { RP_PROOF_BLOCK = 1 << 18 };

/** The number of an attempt at a proof: a task that was declared lost is run
 *  again elsewhere under the same id. Pieces have greater ids than the task
 *  that they come from, and so greater numbers. */
enum { RP_ATTEMPT_RANK_BITS = 20 };
static inline uint64_t rp_attempt(int64_t task, int32_t rank) {
  return (uint64_t)task << RP_ATTEMPT_RANK_BITS | (uint32_t)rank;
}
static inline int64_t rp_attempt_task(uint64_t attempt) {
  return (int64_t)(attempt >> RP_ATTEMPT_RANK_BITS);
}

/** Which proof a block belongs to, and where in it. */
typedef struct rp_proof_key {
  int64_t sample;
  int32_t radius;
  uint64_t attempt; /* rp_attempt, unique in the file */
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

/** A proof that is whole in a file: of robustness at this radius. */
typedef struct rp_proof_found {
  int64_t sample;
  int32_t radius;
} rp_proof_found;

typedef struct rp_proof_list {
  rp_proof_found *found; /* [n], sorted; malloc'ed */
  int64_t n;
  uint64_t last_attempt; /* greatest one in the file, 0: none */
  int64_t end;           /* where the last whole block ends */
} rp_proof_list;

bool rp_proof_list_has(const rp_proof_list *list, int64_t sample,
                       int32_t radius);
void rp_proof_list_fini(rp_proof_list *list);

/** Go on with the file that a run left which ended too early: whole blocks are
 *  kept, a block cut off at the end goes. Without one, or with one about
 *  another network: as rp_proof_file_create, and nothing is whole.
 *  @param named  the run had given it its name (rp_proof_file_flush)
 *  @param whole  out: what is whole in it
 *  Errors: RP_E_IO, RP_E_MEMORY. */
rp_status rp_proof_file_resume(const char *results, const char *network_sha256,
                               bool named, rp_proof_file **file,
                               rp_proof_list *whole, rp_error *err);

/** Append a block. Errors: RP_E_IO. */
rp_status rp_proof_file_append(rp_proof_file *file, const rp_proof_key *key,
                               const uint8_t *bytes, size_t size,
                               rp_error *err);

/** Bytes of the file, with what has been appended and not yet written. */
int64_t rp_proof_file_size(const rp_proof_file *file);

/** Its bytes so far, and their SHA-256: for the results that are written with
 *  it, which then know it again, also after it has grown.
 *  @param text  out, "BYTES HEX" */
enum { RP_PROOF_DESCRIPTION = 96 };
void rp_proof_file_describe(const rp_proof_file *file,
                            char text[RP_PROOF_DESCRIPTION]);

/** Under which name it is found now; the file's own. */
const char *rp_proof_file_place(const rp_proof_file *file);

/** It has the name under which its readers look for it. */
bool rp_proof_file_is_named(const rp_proof_file *file);

/** Remove what a run left that never gave its proofs their name. */
void rp_proof_file_drop_part(const char *results);

/** Hand what was appended to the system, so that it outlives this process; with
 *  to_disk, wait until it is on the disk. Errors: RP_E_IO. */
rp_status rp_proof_file_write(rp_proof_file *file, bool to_disk, rp_error *err);

/** Write out what was appended so far, and let the file have its name if it
 *  has not yet. Errors: RP_E_IO. */
rp_status rp_proof_file_flush(rp_proof_file *file, rp_error *err);

/** Write what is left and close.
 *  @param keep  let a file without its name stay, to be resumed
 *  Errors: RP_E_IO. */
rp_status rp_proof_file_close(rp_proof_file *file, bool keep, rp_error *err);

/* ---- proof_read.c ---- */

enum { RP_PROOF_FILE_HEAD = 40, RP_PROOF_BLOCK_HEAD = 44 };

/** "RESULTS.proofs". NULL without memory; the caller frees it. */
char *rp_proof_file_name(const char *results);

/** Look at every whole block from where the stream stands, which is behind the
 *  head or another block.
 *  @param take  called with each; bytes [size] are in the stream behind the
 *               head; it may read them. Its failure ends the walk.
 *  @param end   out: where the last whole block ends
 *  Errors: those of take. */
typedef rp_status rp_proof_block_taker(void *context, const rp_proof_key *key,
                                       size_t size, rp_error *err);
rp_status rp_proof_file_walk(FILE *in, rp_proof_block_taker *take,
                             void *context, int64_t *end, rp_error *err);

/** The head that a file of proofs about a network begins with. */
void rp_proof_file_head(const char *network_sha256,
                        uint8_t head[RP_PROOF_FILE_HEAD]);

/** One file of the proofs of several: whole proofs, blocks as they are, one
 *  file after the other, on the disk but without its name yet. A proof that an
 *  earlier file has is not taken again. A file that is not there has none.
 *  @param parts  [n] results files; the proofs stand beside them
 *  @param file   out: to be flushed with the results, and closed
 *  Errors: RP_E_INPUT: one is not about this network; RP_E_IO; RP_E_MEMORY. */
rp_status rp_proof_file_merge(const char *results, const char *network_sha256,
                              const char *const *parts, int32_t n,
                              rp_proof_file **file, rp_error *err);

/** Which proofs are whole beside older results, whose own description of them
 *  must be right (rp_proof_file_describe). No file is changed.
 *  @param list  out; empty if they are not there, or others
 *  Returns false then. */
bool rp_proof_file_look(const char *results, const char *network_sha256,
                        const char *description, rp_proof_list *list);

/** Which proofs are whole in a stream that stands behind the head.
 *  Errors: RP_E_MEMORY. */
rp_status rp_proof_file_list(FILE *in, rp_proof_list *list, rp_error *err);

#endif
