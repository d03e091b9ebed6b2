/* Reads files of proofs: lists their streams and merges the whole proofs of
 * several files.
 * Whether a proof is right is decided by rampart-check. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/compare.h"
#include "core/memory.h"
#include "files/file.h"
#include "files/sha256.h"
#include "store/proof_file.h"

void rp_proof_file_make_head(const char *network_sha256,
                             uint8_t head[RP_PROOF_FILE_HEAD]) {
  memset(head, 0, RP_PROOF_FILE_HEAD);
  memcpy(head, "RPPROOFS", 8);
  for (int i = 8; i < RP_PROOF_FILE_HEAD; i++) {
    unsigned byte;
    if (sscanf(network_sha256 + 2 * (i - 8), "%2x", &byte) != 1) break;
    head[i] = (uint8_t)byte;
  }
}

static uint64_t get_number(const uint8_t *from, int bytes) {
  uint64_t value = 0;
  for (int i = 0; i < bytes; i++) value |= (uint64_t)from[i] << (8 * i);
  return value;
}

/* Read the head of the next block. Returns false if the block is incomplete. */
static bool read_block_head(FILE *in, int64_t length, rp_proof_key *key,
                            int64_t *size) {
  uint8_t head[RP_PROOF_BLOCK_HEAD];
  const int64_t at = (int64_t)ftello(in);
  if (length - at < RP_PROOF_BLOCK_HEAD ||
      fread(head, sizeof head, 1, in) != 1 || memcmp(head, "RPBL", 4) != 0)
    return false;
  *key = (rp_proof_key){.sample = (int64_t)get_number(head + 4, 8),
                        .radius = (int32_t)get_number(head + 12, 4),
                        .attempt = get_number(head + 16, 8),
                        .index = (int32_t)get_number(head + 24, 4),
                        .last = get_number(head + 28, 4) == 1,
                        .plain_size = get_number(head + 32, 8)};
  *size = (int64_t)get_number(head + 40, 4);
  return *size <= length - at - RP_PROOF_BLOCK_HEAD;
}

rp_status rp_proof_file_walk(FILE *in, rp_proof_block_taker *take,
                             void *context, int64_t *end, rp_error *err) {
  rp_proof_key key;
  int64_t size;
  *end = (int64_t)ftello(in);
  if (fseeko(in, 0, SEEK_END) != 0) return RP_OK;
  const int64_t length = (int64_t)ftello(in);
  while (fseeko(in, (off_t)*end, SEEK_SET) == 0 &&
         read_block_head(in, length, &key, &size)) {
    RP_TRY(take(context, &key, (size_t)size, err));
    *end += RP_PROOF_BLOCK_HEAD + size;
  }
  return RP_OK;
}

/* ---- complete proofs ---- */

typedef struct blocks {
  rp_proof_key *key; /* [n]; the capacity is the least power of two >= n */
  int64_t n;
} blocks;

static rp_status note_block(void *context, const rp_proof_key *key, size_t size,
                            rp_error *err) {
  blocks *const b = context;
  (void)size;
  if ((b->n & (b->n - 1)) == 0) {
    rp_proof_key *const more =
        rp_realloc(b->key, b->n ? 2 * (size_t)b->n : 1, sizeof *more);
    if (!more) return rp_fail(err, RP_E_MEMORY, "proofs: out of memory");
    b->key = more;
  }
  b->key[b->n++] = *key;
  return RP_OK;
}

static int compare_keys(const void *left, const void *right) {
  const rp_proof_key *const a = left, *const b = right;
  int order = rp_compare_questions(a->sample, a->radius, b->sample, b->radius);
  if (!order) order = (a->attempt > b->attempt) - (a->attempt < b->attempt);
  return order ? order : rp_compare_numbers(a->index, b->index);
}

static int compare_found(const void *left, const void *right) {
  const rp_proof_found *const a = left, *const b = right;
  return rp_compare_questions(a->sample, a->radius, b->sample, b->radius);
}

/* After sorting, the blocks 0, 1, ... of a stream follow each other; a question
 * begins with its mark, which belongs to no attempt. */
static void collect_complete(const blocks *b, rp_proof_list *list) {
  int32_t next = 0;
  bool is_whole = false;
  for (int64_t i = 0; i < b->n; i++) {
    const rp_proof_key *const k = &b->key[i];
    const bool is_same =
        i > 0 && k->sample == k[-1].sample && k->radius == k[-1].radius;
    if (!is_same) is_whole = k->index == RP_PROOF_WHOLE;
    if (!is_same || k->attempt != k[-1].attempt) next = 0;
    next = k->index == next ? next + 1 : INT32_MIN;
    if (k->attempt > list->last_attempt) list->last_attempt = k->attempt;
    if (next > 0 && k->last)
      list->found[list->n++] =
          (rp_proof_found){k->sample, k->radius, is_whole, k->attempt};
  }
}

rp_status rp_proof_file_list(FILE *in, rp_proof_list *list, rp_error *err) {
  blocks b = {0};
  int64_t end;
  rp_status st = rp_proof_file_walk(in, note_block, &b, &end, err);
  *list = (rp_proof_list){.found = rp_alloc((size_t)b.n, sizeof *list->found),
                          .end = end};
  if (st == RP_OK && !list->found)
    st = rp_fail(err, RP_E_MEMORY, "proofs: out of memory");
  if (st == RP_OK && b.n > 0) {
    qsort(b.key, (size_t)b.n, sizeof *b.key, compare_keys);
    collect_complete(&b, list);
  }
  free(b.key);
  return st;
}

/* ---- beside older results ---- */

static bool is_digest_of(FILE *in, long long bytes, const char *sha256) {
  uint8_t block[65536];
  char hex[65];
  rp_sha256 *const sum = rp_sha256_create();
  bool good = sum != NULL;
  while (good && bytes > 0) {
    const size_t n =
        bytes < (long long)sizeof block ? (size_t)bytes : sizeof block;
    good = fread(block, n, 1, in) == 1;
    if (good) rp_sha256_add(sum, block, n);
    bytes -= (long long)n;
  }
  if (good) rp_sha256_print(sum, hex);
  rp_sha256_free(sum);
  return good && !strcmp(hex, sha256);
}

static bool is_described(FILE *in, const char *network_sha256,
                         const char *description) {
  uint8_t head[RP_PROOF_FILE_HEAD], found[RP_PROOF_FILE_HEAD];
  long long bytes;
  char sha256[65];
  if (sscanf(description, "%lld %64s", &bytes, sha256) != 2 ||
      bytes < RP_PROOF_FILE_HEAD || !is_digest_of(in, bytes, sha256))
    return false;
  rp_proof_file_make_head(network_sha256, head);
  rewind(in);
  return fread(found, sizeof found, 1, in) == 1 &&
         !memcmp(head, found, sizeof head);
}

bool rp_proof_file_find(const char *results, const char *network_sha256,
                        const char *description, rp_proof_list *list) {
  *list = (rp_proof_list){0};
  char *const name = rp_proof_file_name(results);
  FILE *in = NULL;
  const bool good = name && rp_file_open(name, &in, NULL) == RP_OK &&
                    is_described(in, network_sha256, description) &&
                    rp_proof_file_list(in, list, NULL) == RP_OK;
  if (in) (void)fclose(in);
  free(name);
  return good;
}

static const rp_proof_found *find_one(const rp_proof_list *list, int64_t sample,
                                      int32_t radius) {
  const rp_proof_found sought = {.sample = sample, .radius = radius};
  return list->n > 0 ? bsearch(&sought, list->found, (size_t)list->n,
                               sizeof sought, compare_found)
                     : NULL;
}

bool rp_proof_list_has(const rp_proof_list *list, int64_t sample,
                       int32_t radius) {
  const rp_proof_found *const one = find_one(list, sample, radius);
  return one && one->is_whole;
}

uint64_t rp_proof_list_last_attempt(const rp_proof_list *list, int64_t sample,
                                    int32_t radius) {
  const rp_proof_found sought = {.sample = sample, .radius = radius};
  const rp_proof_found *at = find_one(list, sample, radius);
  uint64_t last = 0;
  if (!at) return 0;
  while (at > list->found && compare_found(at - 1, &sought) == 0) at--;
  for (; at < list->found + list->n && compare_found(at, &sought) == 0; at++)
    if (at->attempt > last) last = at->attempt;
  return last;
}

void rp_proof_list_fini(rp_proof_list *list) {
  free(list->found);
  *list = (rp_proof_list){0};
}

/* ---- merging files ---- */

typedef struct merging {
  rp_proof_file *to;
  FILE *from;
  uint8_t *bytes; /* [RP_PROOF_BLOCK] */
  const char *name;
  rp_proof_list own;  /* whole proofs of this file, and parts of others */
  rp_proof_list have; /* whole proofs of the files before it */
} merging;

/* All blocks of a proof come from one file; otherwise streams would mix. */
static rp_status copy_block(void *context, const rp_proof_key *key, size_t size,
                            rp_error *err) {
  merging *const c = context;
  if (!rp_proof_list_has(&c->own, key->sample, key->radius) ||
      rp_proof_list_has(&c->have, key->sample, key->radius))
    return RP_OK;
  if (size > RP_PROOF_BLOCK || fread(c->bytes, 1, size, c->from) != size)
    return rp_fail(err, RP_E_INPUT, "%s: a block cannot be read", c->name);
  return rp_proof_file_append(c->to, key, c->bytes, size, err);
}

static rp_status add_own_to_have(merging *c, rp_error *err) {
  rp_proof_list *const have = &c->have;
  const size_t n = (size_t)have->n + (size_t)c->own.n;
  if (c->own.n == 0) return RP_OK;
  rp_proof_found *const found = rp_realloc(have->found, n, sizeof *found);
  if (!found) return rp_fail(err, RP_E_MEMORY, "proofs: out of memory");
  have->found = found;
  for (int64_t i = 0; i < c->own.n; i++)
    if (c->own.found[i].is_whole) found[have->n++] = c->own.found[i];
  qsort(found, (size_t)have->n, sizeof *found, compare_found);
  return RP_OK;
}

static rp_status copy_part(merging *c, const char *sha256, rp_error *err) {
  uint8_t head[RP_PROOF_FILE_HEAD], found[RP_PROOF_FILE_HEAD];
  int64_t end;
  rp_proof_file_make_head(sha256, head);
  if (fread(found, sizeof found, 1, c->from) != 1 ||
      memcmp(head, found, sizeof head) != 0)
    return rp_fail(err, RP_E_INPUT, "%s: not proofs about this network",
                   c->name);
  RP_TRY(rp_proof_file_list(c->from, &c->own, err));
  if (fseeko(c->from, RP_PROOF_FILE_HEAD, SEEK_SET) != 0)
    return rp_fail(err, RP_E_INPUT, "%s: cannot be read", c->name);
  RP_TRY(rp_proof_file_walk(c->from, copy_block, c, &end, err));
  return add_own_to_have(c, err);
}

static rp_status open_and_copy_part(merging *c, const char *results,
                                    const char *sha256, rp_error *err) {
  char *const name = rp_proof_file_name(results);
  if (!name) return rp_fail(err, RP_E_MEMORY, "proofs: out of memory");
  c->name = name;
  c->from = NULL;
  rp_status st = RP_OK;
  if (access(name, F_OK) == 0 || errno != ENOENT)
    st = rp_file_open(name, &c->from, err);
  if (c->from) {
    st = copy_part(c, sha256, err);
    (void)fclose(c->from);
  }
  rp_proof_list_fini(&c->own);
  free(name);
  return st;
}

rp_status rp_proof_file_merge(const char *results, const char *network_sha256,
                              const char *const *parts, int32_t n,
                              rp_proof_file **file, rp_error *err) {
  merging c = {.bytes = rp_alloc(RP_PROOF_BLOCK, 1)};
  if (!c.bytes) return rp_fail(err, RP_E_MEMORY, "proofs: out of memory");
  rp_status st = rp_proof_file_create(results, network_sha256, &c.to, err);
  for (int32_t i = 0; st == RP_OK && i < n; i++)
    st = open_and_copy_part(&c, parts[i], network_sha256, err);
  if (st == RP_OK) st = rp_proof_file_write(c.to, true, err);
  free(c.bytes);
  rp_proof_list_fini(&c.have);
  if (st == RP_OK)
    *file = c.to;
  else if (c.to)
    (void)rp_proof_file_close(c.to, false, NULL);
  return st;
}
