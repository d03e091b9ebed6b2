/* A query's proof: records under a lock, deflated into a spool that keeps its
 * first part in memory and the rest in an unnamed temporary file. */
#include "evidence/proof.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/assert.h"
#include "core/memory.h"

enum {
  VERSION = 2,
  WITH_WEIGHTS = 3, /* the kind of a part A that has some */
  IN_MEMORY = 1 << 20,
  BLOCK = 1 << 14, /* deflated at a time */
  LEVEL = 1        /* multipliers are noise: higher ones gain nothing */
};

struct rp_proof {
  pthread_mutex_t lock;
  z_stream deflater;
  rp_trail raw;  /* records not deflated yet */
  uint8_t *kept; /* [IN_MEMORY] */
  FILE *rest;    /* what did not fit; NULL: nothing yet */
  size_t size;
  int64_t nodes, cuts; /* numbers given away */
  bool failed, ended;
};

rp_status rp_proof_create(rp_proof **proof) {
  rp_proof *p = rp_alloc(1, sizeof *p);
  if (!p) return RP_E_MEMORY;
  p->kept = rp_alloc(IN_MEMORY, 1);
  if (!p->kept || deflateInit(&p->deflater, LEVEL) != Z_OK) {
    free(p->kept);
    free(p);
    return RP_E_MEMORY;
  }
  pthread_mutex_init(&p->lock, NULL);
  *proof = p;
  return RP_OK;
}

void rp_proof_free(rp_proof *proof) {
  if (!proof) return;
  rp_proof_drop(proof);
  deflateEnd(&proof->deflater);
  pthread_mutex_destroy(&proof->lock);
  rp_trail_fini(&proof->raw);
  free(proof->kept);
  free(proof);
}

void rp_proof_drop(rp_proof *proof) {
  if (proof->rest) (void)fclose(proof->rest);
  proof->rest = NULL;
  proof->size = 0;
  proof->failed = proof->ended = false;
  rp_trail_clear(&proof->raw);
}

/* ---- the spool ---- */

static bool store_bytes(rp_proof *proof, const uint8_t *bytes, size_t size) {
  if (proof->size < IN_MEMORY) {
    const size_t room = IN_MEMORY - proof->size;
    const size_t first = size < room ? size : room;
    memcpy(proof->kept + proof->size, bytes, first);
    proof->size += first;
    RP_ASSERT(proof->size <= IN_MEMORY);
    bytes += first;
    size -= first;
  }
  if (size == 0) return true;
  if (!proof->rest) proof->rest = tmpfile();
  if (!proof->rest || fwrite(bytes, 1, size, proof->rest) != size) return false;
  proof->size += size;
  return true;
}

static void deflate_raw(rp_proof *proof, int flush) {
  uint8_t out[BLOCK];
  z_stream *z = &proof->deflater;
  if (proof->raw.failed) proof->failed = true;
  z->next_in = proof->raw.data;
  z->avail_in = (uInt)proof->raw.size;
  int code = Z_OK;
  do {
    z->next_out = out;
    z->avail_out = sizeof out;
    code = deflate(z, flush);
    if (code == Z_STREAM_ERROR ||
        !store_bytes(proof, out, sizeof out - z->avail_out))
      proof->failed = true;
  } while (!proof->failed && z->avail_out == 0);
  rp_trail_clear(&proof->raw);
}

size_t rp_proof_size(const rp_proof *proof) {
  return proof->ended && !proof->failed ? proof->size : 0;
}

uint64_t rp_proof_plain_size(const rp_proof *proof) {
  return proof->deflater.total_in;
}

rp_status rp_proof_read(rp_proof *proof, size_t offset, uint8_t *bytes,
                        size_t size) {
  if (offset < IN_MEMORY) {
    const size_t room = IN_MEMORY - offset;
    const size_t first = size < room ? size : room;
    memcpy(bytes, proof->kept + offset, first);
    offset += first;
    bytes += first;
    size -= first;
  }
  if (size == 0) return RP_OK;
  if (!proof->rest || fseek(proof->rest, (long)(offset - IN_MEMORY), SEEK_SET))
    return RP_E_IO;
  return fread(bytes, 1, size, proof->rest) == size ? RP_OK : RP_E_IO;
}

/* ---- records ---- */

void rp_proof_begin(rp_proof *proof, int32_t label, int32_t radius,
                    uint64_t back) {
  rp_proof_drop(proof);
  if (deflateReset(&proof->deflater) != Z_OK) proof->failed = true;
  proof->nodes = RP_PROOF_ROOT + 1;
  proof->cuts = 0;
  rp_trail_put(&proof->raw, VERSION);
  rp_trail_put(&proof->raw, (uint64_t)label);
  rp_trail_put(&proof->raw, (uint64_t)radius);
  rp_trail_put(&proof->raw, back);
}

int64_t rp_proof_continue(rp_proof *proof, int64_t source_node) {
  rp_trail_put(&proof->raw, RP_RECORD_CONTINUES);
  rp_trail_put(&proof->raw, (uint64_t)source_node);
  return proof->nodes++;
}

int64_t rp_proof_part(rp_proof *proof, const rp_proof_head *part) {
  const bool has_weights =
      part->kind == 'A' && (part->label_weight != 1 || part->rival_weight != 1);
  pthread_mutex_lock(&proof->lock);
  rp_trail_put(&proof->raw, RP_RECORD_PART);
  rp_trail_put(&proof->raw, (uint64_t)part->rival);
  rp_trail_put(&proof->raw,
               has_weights ? WITH_WEIGHTS : (uint64_t)(part->kind - 'A'));
  if (has_weights) {
    RP_ASSERT(part->label_weight > 0 && part->rival_weight > 0);
    rp_trail_put(&proof->raw, (uint64_t)part->label_weight);
    rp_trail_put(&proof->raw, (uint64_t)part->rival_weight);
  }
  const int64_t node = proof->nodes++;
  RP_ASSERT(node > RP_PROOF_ROOT);
  pthread_mutex_unlock(&proof->lock);
  return node;
}

int64_t rp_proof_add(rp_proof *proof, rp_record_kind kind, int64_t node,
                     rp_trail *trail, const rp_proof_split *split) {
  pthread_mutex_lock(&proof->lock);
  rp_trail *raw = &proof->raw;
  rp_trail_put(raw, kind);
  rp_trail_put(raw, (uint64_t)node);
  rp_trail_put(raw, trail->size);
  rp_trail_append(raw, trail);
  rp_trail_clear(trail);
  const int64_t first = proof->nodes;
  RP_ASSERT(node >= RP_PROOF_ROOT && node < first);
  RP_ASSERT((kind == RP_RECORD_SPLIT) == (split != NULL));
  RP_ASSERT(!proof->ended);
  if (kind == RP_RECORD_SPLIT) {
    rp_trail_put(raw, split->input);
    rp_trail_put(raw, (uint64_t)split->at);
    rp_trail_put_signed(raw, split->value);
    proof->nodes += 2;
  }
  if (raw->size >= BLOCK || raw->failed) deflate_raw(proof, Z_NO_FLUSH);
  pthread_mutex_unlock(&proof->lock);
  return first;
}

void rp_proof_cut(rp_proof *proof, const rp_trail *body,
                  _Atomic int64_t *number) {
  pthread_mutex_lock(&proof->lock);
  if (atomic_load(number) == RP_PROOF_UNNUMBERED) {
    rp_trail_put(&proof->raw, RP_RECORD_CUT);
    rp_trail_append(&proof->raw, body);
    atomic_store(number, proof->cuts++);
  }
  pthread_mutex_unlock(&proof->lock);
}

bool rp_proof_end(rp_proof *proof) {
  RP_ASSERT(!proof->ended);
  rp_trail_put(&proof->raw, RP_RECORD_END);
  deflate_raw(proof, Z_FINISH);
  proof->ended = true;
  return !proof->failed;
}
