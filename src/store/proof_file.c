/* Writes the proofs of a run, and continues the file of an interrupted one.
 * Numbers are little-endian. Blocks need no checksum: zlib's streams have one,
 * and proofs are checked anyway.
 *
 * The file has a temporary name until the first flush, which happens between
 * writing the first results and renaming them. A run that ends earlier leaves
 * older proofs unchanged.
 *
 * A stdio stream drops what it could not write, and its next flush succeeds. So
 * the first failure is remembered: a file with a gap never counts as written.
 */
#include "store/proof_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"
#include "files/fileutil.h"
#include "files/sha256.h"

static const char suffix[] = ".proofs", unfinished[] = ".part";

struct rp_proof_file {
  FILE *out;
  bool named;     /* has its final name */
  int error;      /* errno of the first failure; 0: none yet */
  rp_sha256 *sum; /* over all bytes so far */
  char *part_name;
  char name[];
};

char *rp_proof_file_name(const char *results) {
  const size_t size = strlen(results) + sizeof suffix;
  char *const name = rp_alloc(size, 1);
  if (name) (void)snprintf(name, size, "%s%s", results, suffix);
  return name;
}

static rp_status fail_write(rp_proof_file *file, rp_error *err) {
  if (!file->error) file->error = errno ? errno : EIO;
  return rp_fail(err, RP_E_IO, "%s: cannot write: %s", file->name,
                 strerror(file->error));
}

static void put_number(uint8_t *to, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++) to[i] = (uint8_t)(value >> (8 * i));
}

static rp_proof_file *allocate_file(const char *results) {
  const size_t size = strlen(results) + sizeof suffix + sizeof unfinished;
  rp_proof_file *f = rp_alloc(1, sizeof *f + 2 * size);
  if (!f) return NULL;
  f->sum = rp_sha256_create();
  if (!f->sum) {
    free(f);
    return NULL;
  }
  f->part_name = f->name + size;
  (void)snprintf(f->name, size, "%s%s", results, suffix);
  (void)snprintf(f->part_name, size, "%s%s", f->name, unfinished);
  return f;
}

static void free_file(rp_proof_file *f) {
  if (f->out) (void)fclose(f->out);
  rp_sha256_free(f->sum);
  free(f);
}

static bool put_bytes(rp_proof_file *f, const void *bytes, size_t size) {
  rp_sha256_add(f->sum, bytes, size);
  return size == 0 || fwrite(bytes, size, 1, f->out) == 1;
}

static rp_status begin_file(rp_proof_file *f, const char *sha256,
                            rp_error *err) {
  uint8_t head[RP_PROOF_FILE_HEAD];
  rp_proof_file_make_head(sha256, head);
  f->named = false;
  int number;
  RP_TRY(rp_file_create(f->part_name, &number, err));
  f->out = fdopen(number, "wb");
  if (!f->out) close(number);
  return f->out && put_bytes(f, head, sizeof head) ? RP_OK : fail_write(f, err);
}

static rp_status fail_out_of_memory(const char *results, rp_error *err) {
  return rp_fail(err, RP_E_MEMORY, "%s: out of memory", results);
}

rp_status rp_proof_file_create(const char *results, const char *network_sha256,
                               rp_proof_file **file, rp_error *err) {
  rp_proof_file *const f = allocate_file(results);
  if (!f) return fail_out_of_memory(results, err);
  const rp_status status = begin_file(f, network_sha256, err);
  if (status == RP_OK)
    *file = f;
  else
    free_file(f);
  return status;
}

/* Returns NULL if there is no such regular file. */
static FILE *open_for_update(const char *name) {
  int number;
  if (rp_file_open_number(name, O_RDWR, &number, NULL) != RP_OK) return NULL;
  FILE *const stream = fdopen(number, "r+b");
  if (!stream) close(number);
  return stream;
}

/* A file under the final name belongs to this run only if the run had got so
 * far; otherwise it holds the proofs of older results. */
static bool reopen_file(rp_proof_file *f, const char *sha256, bool named) {
  uint8_t head[RP_PROOF_FILE_HEAD], found[RP_PROOF_FILE_HEAD];
  f->out = open_for_update(f->part_name);
  f->named = !f->out && named;
  if (f->named) f->out = open_for_update(f->name);
  rp_proof_file_make_head(sha256, head);
  return f->out && fread(found, sizeof found, 1, f->out) == 1 &&
         !memcmp(head, found, sizeof head);
}

/* Hash the bytes that are kept, so that the digest can be continued. */
static bool hash_kept_bytes(rp_proof_file *f, int64_t end) {
  uint8_t block[65536];
  if (fseeko(f->out, 0, SEEK_SET) != 0) return false;
  while (end > 0) {
    const size_t most = sizeof block;
    const size_t n = end < (int64_t)most ? (size_t)end : most;
    if (fread(block, n, 1, f->out) != 1) return false;
    rp_sha256_add(f->sum, block, n);
    end -= (int64_t)n;
  }
  return true;
}

static rp_status prepare_append(rp_proof_file *f, rp_proof_list *whole,
                                rp_error *err) {
  RP_TRY(rp_proof_file_list(f->out, whole, err));
  if (ftruncate(fileno(f->out), (off_t)whole->end) == 0 &&
      hash_kept_bytes(f, whole->end) &&
      fseeko(f->out, (off_t)whole->end, SEEK_SET) == 0)
    return RP_OK;
  return fail_write(f, err);
}

rp_status rp_proof_file_resume(const char *results, const char *network_sha256,
                               bool named, rp_proof_file **file,
                               rp_proof_list *whole, rp_error *err) {
  *whole = (rp_proof_list){0};
  rp_proof_file *const f = allocate_file(results);
  if (!f) return fail_out_of_memory(results, err);
  rp_status status;
  if (reopen_file(f, network_sha256, named)) {
    status = prepare_append(f, whole, err);
  } else {
    if (f->out) (void)fclose(f->out);
    status = begin_file(f, network_sha256, err);
  }
  if (status == RP_OK)
    *file = f;
  else
    free_file(f);
  return status;
}

rp_status rp_proof_file_append(rp_proof_file *file, const rp_proof_key *key,
                               const uint8_t *bytes, size_t size,
                               rp_error *err) {
  uint8_t head[RP_PROOF_BLOCK_HEAD];
  memcpy(head, "RPBL", 4);
  put_number(head + 4, (uint64_t)key->sample, 8);
  put_number(head + 12, (uint64_t)key->radius, 4);
  put_number(head + 16, key->attempt, 8);
  put_number(head + 24, (uint64_t)key->index, 4);
  put_number(head + 28, key->last, 4);
  put_number(head + 32, key->plain_size, 8);
  put_number(head + 40, size, 4);
  if (file->error || !put_bytes(file, head, sizeof head) ||
      !put_bytes(file, bytes, size))
    return fail_write(file, err);
  return RP_OK;
}

rp_status rp_proof_file_mark_whole(rp_proof_file *file, int64_t sample,
                                   int32_t radius, rp_error *err) {
  const rp_proof_key key = {
      .sample = sample, .radius = radius, .index = RP_PROOF_WHOLE};
  return rp_proof_file_append(file, &key, (const uint8_t *)"", 0, err);
}

int64_t rp_proof_file_size(const rp_proof_file *file) {
  return (int64_t)ftello(file->out);
}

void rp_proof_file_describe(const rp_proof_file *file,
                            char text[RP_PROOF_DESCRIPTION]) {
  char hex[65];
  rp_sha256_print(file->sum, hex);
  (void)snprintf(text, RP_PROOF_DESCRIPTION, "%lld %s",
                 (long long)rp_proof_file_size(file), hex);
}

const char *rp_proof_file_get_name(const rp_proof_file *file) {
  return file->named ? file->name : file->part_name;
}

bool rp_proof_file_is_named(const rp_proof_file *file) {
  return file->named;
}

void rp_proof_file_drop_part(const char *results) {
  rp_proof_file *const f = allocate_file(results);
  if (!f) return;
  (void)unlink(f->part_name);
  free_file(f);
}

rp_status rp_proof_file_write(rp_proof_file *file, bool to_disk,
                              rp_error *err) {
  if (file->error || fflush(file->out) != 0 ||
      (to_disk && fdatasync(fileno(file->out)) != 0))
    return fail_write(file, err);
  return RP_OK;
}

rp_status rp_proof_file_flush(rp_proof_file *file, rp_error *err) {
  if (file->error || fflush(file->out) != 0 ||
      (!file->named && rename(file->part_name, file->name) != 0))
    return fail_write(file, err);
  file->named = true;
  return RP_OK;
}

rp_status rp_proof_file_close(rp_proof_file *file, bool keep, rp_error *err) {
  rp_status status = RP_OK;
  if (fclose(file->out) != 0) status = fail_write(file, err);
  if (!file->named && !keep) (void)remove(file->part_name);
  file->out = NULL;
  free_file(file);
  return status;
}
