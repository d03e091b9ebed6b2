/* The proofs of a run, in a file beside its results: RESULTS.proofs.
 *
 * The file begins with a head (the magic "RPPROOFS" and the network's digest,
 * 32 bytes). Blocks follow, each a head of 44 bytes and at most RP_PROOF_BLOCK
 * bytes of one query's proof. Blocks of different queries may be interleaved; a
 * proof counts only when a mark behind it says that it is whole. So the file
 * can be written during the run, and a run that was killed leaves all proofs up
 * to then. */
#ifndef RAMPART_STORE_PROOF_FILE_H
#define RAMPART_STORE_PROOF_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "rampart/status.h"

enum { RP_PROOF_BLOCK = 1 << 18 };

/** The number of an attempt at a proof, since a lost task is run again on
 * another rank under the same id. Subproblems have greater ids than their task,
 * and so greater numbers. */
enum { RP_ATTEMPT_RANK_BITS = 20 };
static inline uint64_t rp_attempt(int64_t task, int32_t rank) {
  return (uint64_t)task << RP_ATTEMPT_RANK_BITS | (uint32_t)rank;
}
static inline int64_t rp_attempt_task(uint64_t attempt) {
  return (int64_t)(attempt >> RP_ATTEMPT_RANK_BITS);
}

/** In place of a block's number: it has no bytes, and says that the proof of
 * its sample and radius is whole. */
enum { RP_PROOF_WHOLE = -1 };

/** The proof to which a block belongs, and the place of the block in it. */
typedef struct rp_proof_key {
  int64_t sample;
  int32_t radius;
  uint64_t attempt; /* rp_attempt, unique in the file */
  int32_t index;    /* of the block in its proof, from 0; or RP_PROOF_WHOLE */
  bool last;
  uint64_t plain_size; /* of the whole proof, inflated */
} rp_proof_key;

typedef struct rp_proof_file rp_proof_file;

/** Create or replace the file beside a results file.
 *  @param network_sha256  hex
 *  Errors: RP_E_IO, RP_E_MEMORY. */
rp_status rp_proof_file_create(const char *results, const char *network_sha256,
                               rp_proof_file **file, rp_error *err);

/** A complete stream of a proof of robustness at this radius. */
typedef struct rp_proof_found {
  int64_t sample;
  int32_t radius;
  bool is_whole; /* there are all streams of the proof */
  uint64_t attempt;
} rp_proof_found;

typedef struct rp_proof_list {
  rp_proof_found *found; /* [n], sorted; malloc'ed */
  int64_t n;
  uint64_t last_attempt; /* the greatest in the file; 0: none */
  int64_t end;           /* end of the last complete block */
} rp_proof_list;

/** Is there a whole proof: all of its streams, and the mark that says so? */
bool rp_proof_list_has(const rp_proof_list *list, int64_t sample,
                       int32_t radius);
/** Get the greatest attempt that is complete; 0: there is none. */
uint64_t rp_proof_list_last_attempt(const rp_proof_list *list, int64_t sample,
                                    int32_t radius);
void rp_proof_list_fini(rp_proof_list *list);

/** Continue the file of an interrupted run: complete blocks are kept, a
 * truncated block at the end is cut off. If there is no file, or one about
 * another network, this is rp_proof_file_create, and the list is empty.
 *  @param named  the earlier run had renamed the file (rp_proof_file_flush)
 *  @param whole  out: the complete proofs in it
 *  Errors: RP_E_IO, RP_E_MEMORY. */
rp_status rp_proof_file_resume(const char *results, const char *network_sha256,
                               bool named, rp_proof_file **file,
                               rp_proof_list *whole, rp_error *err);

/** Append a block. Errors: RP_E_IO. */
rp_status rp_proof_file_append(rp_proof_file *file, const rp_proof_key *key,
                               const uint8_t *bytes, size_t size,
                               rp_error *err);

/** Mark the proof of a question as whole: all of its streams, which may be
 * those of many tasks, have been appended. Errors: RP_E_IO. */
rp_status rp_proof_file_mark_whole(rp_proof_file *file, int64_t sample,
                                   int32_t radius, rp_error *err);

/** The size of the file, including bytes appended but not yet written. */
int64_t rp_proof_file_size(const rp_proof_file *file);

/** Print the present size and SHA-256, to be stored in the results: so these
 *  recognize their proofs, even when the file has grown.
 *  @param text  out, "BYTES HEX" */
enum { RP_PROOF_DESCRIPTION = 96 };
void rp_proof_file_describe(const rp_proof_file *file,
                            char text[RP_PROOF_DESCRIPTION]);

/** Get the present name of the file; owned by it. */
const char *rp_proof_file_get_name(const rp_proof_file *file);

/** Whether the file has its final name. */
bool rp_proof_file_is_named(const rp_proof_file *file);

/** Remove the temporary file of a run that never renamed its proofs. */
void rp_proof_file_drop_part(const char *results);

/** Write the appended blocks, so that they survive the end of this process;
 * with to_disk, wait until they are on the disk. Errors: RP_E_IO. */
rp_status rp_proof_file_write(rp_proof_file *file, bool to_disk, rp_error *err);

/** Write the appended blocks and give the file its final name.
 *  Errors: RP_E_IO. */
rp_status rp_proof_file_flush(rp_proof_file *file, rp_error *err);

/** Write what is left and close.
 *  @param keep  keep a file that has its temporary name, to be resumed
 *  Errors: RP_E_IO. */
rp_status rp_proof_file_close(rp_proof_file *file, bool keep, rp_error *err);

/* ---- proof_read.c ---- */

enum { RP_PROOF_FILE_HEAD = 40, RP_PROOF_BLOCK_HEAD = 44 };

/** Make the name "RESULTS.proofs", to be freed by the caller; NULL if memory is
 *  lacking. */
char *rp_proof_file_name(const char *results);

/** Visit every complete block, starting at the stream's position, which must be
 *  the end of the head or of a block.
 *  @param take  called for each; it may read the [size] bytes of the block from
 *               the stream. If it fails, the walk ends.
 *  @param end   out: end of the last complete block
 *  Errors: those of take. */
typedef rp_status rp_proof_block_taker(void *context, const rp_proof_key *key,
                                       size_t size, rp_error *err);
rp_status rp_proof_file_walk(FILE *in, rp_proof_block_taker *take,
                             void *context, int64_t *end, rp_error *err);

/** Make the head of a file of proofs about a network. */
void rp_proof_file_make_head(const char *network_sha256,
                             uint8_t head[RP_PROOF_FILE_HEAD]);

/** Merge the whole proofs of several files, block by block, into a new file,
 *  which is synced but has its temporary name. A proof that an earlier file has
 *  is skipped. A missing file counts as empty.
 *  @param parts  [n] results files, whose proofs lie beside them
 *  @param file   out: to be flushed with the results, and closed
 *  Errors: RP_E_INPUT: a file is about another network; RP_E_IO; RP_E_MEMORY.
 */
rp_status rp_proof_file_merge(const char *results, const char *network_sha256,
                              const char *const *parts, int32_t n,
                              rp_proof_file **file, rp_error *err);

/** List the complete proofs beside older results if the file agrees with their
 *  description of it (rp_proof_file_describe). No file is changed.
 *  @param list  out
 *  Returns false, with an empty list, if the file is missing or another one. */
bool rp_proof_file_find(const char *results, const char *network_sha256,
                        const char *description, rp_proof_list *list);

/** List the complete proofs in a stream that is positioned after the head.
 *  Errors: RP_E_MEMORY. */
rp_status rp_proof_file_list(FILE *in, rp_proof_list *list, rp_error *err);

#endif
