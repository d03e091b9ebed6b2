/* Writing the proofs of a run. Numbers are little-endian. Blocks need no
 * checksum: zlib's stream has one, and a proof is checked, not believed.
 *
 * Until the first flush, which goes before the first results, the file has
 * another name: a run that ends earlier leaves older proofs as they were. */
#include "rampart/proof_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rampart/memory.h"

enum { HEAD_SIZE = 44, DIGEST_SIZE = 32 };

static const char suffix[] = ".proofs", unfinished[] = ".part";

struct rp_proof_file {
  FILE *out;
  bool named; /* as its readers expect it */
  char *part_name;
  char name[];
};

static rp_status failed(const rp_proof_file *file, rp_error *err) {
  return rp_fail(err, RP_E_IO, "%s: cannot write: %s", file->name,
                 strerror(errno));
}

static void put(uint8_t *to, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++) to[i] = (uint8_t)(value >> (8 * i));
}

static rp_status head_written(rp_proof_file *file, const char *sha256,
                              rp_error *err) {
  uint8_t digest[DIGEST_SIZE] = {0};
  for (int i = 0; i < DIGEST_SIZE; i++) {
    unsigned byte;
    if (sscanf(sha256 + 2 * i, "%2x", &byte) != 1) break;
    digest[i] = (uint8_t)byte;
  }
  if (fwrite("RPPROOFS", 8, 1, file->out) != 1 ||
      fwrite(digest, sizeof digest, 1, file->out) != 1)
    return failed(file, err);
  return RP_OK;
}

rp_status rp_proof_file_create(const char *results, const char *network_sha256,
                               rp_proof_file **file, rp_error *err) {
  const size_t size = strlen(results) + sizeof suffix + sizeof unfinished;
  rp_proof_file *f = rp_alloc(1, sizeof *f + 2 * size);
  if (!f) return rp_fail(err, RP_E_MEMORY, "%s: out of memory", results);
  f->part_name = f->name + size;
  (void)snprintf(f->name, size, "%s%s", results, suffix);
  (void)snprintf(f->part_name, size, "%s%s", f->name, unfinished);
  f->out = fopen(f->part_name, "wb");
  rp_status status = f->out ? RP_OK : failed(f, err);
  if (status == RP_OK) status = head_written(f, network_sha256, err);
  if (status == RP_OK) {
    *file = f;
    return RP_OK;
  }
  if (f->out) (void)fclose(f->out);
  free(f);
  return status;
}

rp_status rp_proof_file_append(rp_proof_file *file, const rp_proof_key *key,
                               const uint8_t *bytes, size_t size,
                               rp_error *err) {
  uint8_t head[HEAD_SIZE];
  memcpy(head, "RPBL", 4);
  put(head + 4, (uint64_t)key->sample, 8);
  put(head + 12, (uint64_t)key->radius, 4);
  put(head + 16, key->attempt, 8);
  put(head + 24, (uint64_t)key->index, 4);
  put(head + 28, key->last, 4);
  put(head + 32, key->plain_size, 8);
  put(head + 40, size, 4);
  if (fwrite(head, sizeof head, 1, file->out) != 1 ||
      (size > 0 && fwrite(bytes, size, 1, file->out) != 1))
    return failed(file, err);
  return RP_OK;
}

rp_status rp_proof_file_flush(rp_proof_file *file, rp_error *err) {
  if (fflush(file->out) != 0 ||
      (!file->named && rename(file->part_name, file->name) != 0))
    return failed(file, err);
  file->named = true;
  return RP_OK;
}

rp_status rp_proof_file_close(rp_proof_file *file, rp_error *err) {
  rp_status status = RP_OK;
  if (fclose(file->out) != 0) status = failed(file, err);
  if (!file->named) (void)remove(file->part_name);
  free(file);
  return status;
}
