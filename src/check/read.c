/* Files: whole, hashed, unpacked. Results, and the proofs beside them. */
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "check.h"

static const size_t MOST_BYTES = (size_t)1 << 31;
/* deflate packs at most 1032 bytes into one */
enum { RATIO = 1100, FILE_HEAD = 40, BLOCK_HEAD = 44 };

static uint64_t little_endian(const uint8_t *at, int bytes) {
  uint64_t value = 0;
  for (int i = 0; i < bytes; i++) value |= (uint64_t)at[i] << (8 * i);
  return value;
}

/* zlib's or gzip's stream of a size that is known, and that it can have. */
rp_status rp_check_inflate(blob from, uint64_t size, blob *to, rp_error *err) {
  z_stream z = {.next_in = from.bytes, .avail_in = (uInt)from.size};
  int code = Z_MEM_ERROR;
  if (size / RATIO <= from.size && size < MOST_BYTES && from.size < MOST_BYTES)
    code = inflateInit2(&z, 15 + 32);
  if (code != Z_OK) return rp_fail(err, RP_E_INPUT, "too large to unpack");
  *to = (blob){rp_check_alloc(size, 1), size};
  z.next_out = to->bytes;
  z.avail_out = (uInt)size;
  code = inflate(&z, Z_FINISH);
  inflateEnd(&z);
  if (code == Z_STREAM_END && !z.avail_in && !z.avail_out) return RP_OK;
  free(to->bytes);
  return rp_fail(err, RP_E_INPUT, "damaged or cut off");
}

/* A gzipped file ends in its plain size. */
static rp_status gunzipped(const char *file, blob *b, rp_error *err) {
  blob plain;
  if (b->size < 18 || b->bytes[0] != 0x1f || b->bytes[1] != 0x8b) return RP_OK;
  const rp_status st = rp_check_inflate(
      *b, little_endian(b->bytes + b->size - 4, 4), &plain, NULL);
  free(b->bytes);
  *b = st == RP_OK ? plain : (blob){0};
  return st == RP_OK ? st : rp_fail(err, st, "%s: damaged gzip file", file);
}

rp_status rp_check_read(const char *file, const char *sha256, blob *b,
                        rp_error *err) {
  struct sha256_ctx sum;
  uint8_t digest[SHA256_DIGEST_SIZE];
  char hex[2 * sizeof digest + 1];
  struct stat info;
  *b = (blob){0};
  const bool is_file = stat(file, &info) == 0 && S_ISREG(info.st_mode);
  FILE *in = is_file ? fopen(file, "rb") : NULL;
  if (!in)
    return rp_fail(err, RP_E_INPUT, "%s: cannot open, or not a file", file);
  b->size = (size_t)info.st_size;
  b->bytes = rp_check_alloc(b->size, 1);
  const bool whole = fread(b->bytes, 1, b->size, in) == b->size;
  fclose(in);
  sha256_init(&sum);
  sha256_update(&sum, b->size, b->bytes);
  sha256_digest(&sum, sizeof digest, digest);
  for (size_t i = 0; i < sizeof digest; i++)
    snprintf(hex + 2 * i, 3, "%02x", digest[i]);
  if (whole && (!sha256 || !strcmp(hex, sha256)))
    return gunzipped(file, b, err);
  free(b->bytes);
  *b = (blob){0};
  return rp_fail(err, RP_E_INPUT, "%s: %s", file,
                 whole ? "not the file of these results: another SHA-256"
                       : "cannot read");
}

/* ---- results ---- */

#define FIELD(name)                                                            \
  { #name, offsetof(row, name), false }
#define LO                                                                     \
  { "lo", offsetof(row, radius), false }
#define VERDICT                                                                \
  { "verdict", offsetof(row, verdict), true }
static const column query_columns[] = {FIELD(sample),         FIELD(label),
                                       FIELD(radius),         FIELD(distance),
                                       FIELD(counterexample), VERDICT};
static const column search_columns[] = {
    FIELD(sample), FIELD(label), LO, FIELD(hi), FIELD(counterexample), VERDICT};

#define NAME(name) #name,
static const char *const text_names[] = {CHECK_TEXTS(NAME)};
static const char *const whole_names[] = {CHECK_WHOLES(NAME)};

static rp_status tables_read(h5 f, results *r) {
  char format[512], rule[512];
  int64_t dims[8];
  void *data;
  bool good = rp_check_h5_text(f, "/", "format", format) &&
              rp_check_h5_text(f, "/", "rounding_rule", rule) &&
              !strcmp(format, "rampart-results") && !strcmp(rule, "R0");
  for (int i = 0; i < N_TEXTS && good; i++)
    good = rp_check_h5_text(f, "/", text_names[i], r->text[i]);
  for (int i = 0; i < N_WHOLES && good; i++)
    good = rp_check_h5_int(f, "/", whole_names[i], &r->whole[i]);
  if (!good)
    return rp_fail(f.err, RP_E_INPUT, "not results of Rampart by rule R0");
  RP_TRY(rp_check_h5_table(f, "/queries", query_columns, 6, sizeof(row), &data,
                           &r->n_queries));
  r->query = data;
  RP_TRY(rp_check_h5_table(f, "/radii", search_columns, 6, sizeof(row), &data,
                           &r->n_searches));
  r->search = data;
  RP_TRY(rp_check_h5_array(f, "/counterexamples", H5_UINT8, dims, &data));
  r->example = data;
  r->n_examples = dims[0];
  if (dims[0] > 0 && dims[1] != r->whole[S_n_in])
    return rp_fail(f.err, RP_E_INPUT, "counterexamples of another size");
  return RP_OK;
}

/* ---- proofs ---- */

static int compared(const void *left, const void *right) {
  const block *a = left, *b = right;
  for (int i = 0; i < 4; i++)
    if (a->key[i] != b->key[i]) return a->key[i] < b->key[i] ? -1 : 1;
  return 0;
}

/* The block at a place; false: none, or cut off. */
static bool block_read(blob file, size_t at, block *b) {
  const uint8_t *head = file.bytes + at;
  if (file.size - at < BLOCK_HEAD || memcmp(head, "RPBL", 4) != 0) return false;
  *b = (block){.key = {(int64_t)little_endian(head + 4, 8),
                       (int64_t)little_endian(head + 12, 4),
                       (int64_t)little_endian(head + 16, 8),
                       (int64_t)little_endian(head + 24, 4)},
               .last = little_endian(head + 28, 4) == 1,
               .plain_size = little_endian(head + 32, 8),
               .bytes = {file.bytes + at + BLOCK_HEAD,
                         (size_t)little_endian(head + 40, 4)}};
  return b->bytes.size <= file.size - at - BLOCK_HEAD;
}

static rp_status proofs_read(results *r, rp_error *err) {
  char hex[65] = "";
  const char *file = r->text[S_proofs_file];
  RP_TRY(rp_check_read(file, NULL, &r->proofs, err));
  const bool headed = r->proofs.size >= FILE_HEAD;
  for (int i = 0; i < 32 && headed; i++)
    snprintf(hex + 2 * i, 3, "%02x", r->proofs.bytes[8 + i]);
  if (!headed || memcmp(r->proofs.bytes, "RPPROOFS", 8) != 0 ||
      strcmp(hex, r->text[S_network_sha256]) != 0)
    return rp_fail(err, RP_E_INPUT, "%s: not proofs about this network", file);
  r->block = rp_check_alloc(r->proofs.size / BLOCK_HEAD, sizeof *r->block);
  /* A run that was killed leaves its last block cut off. */
  for (size_t at = FILE_HEAD;
       block_read(r->proofs, at, &r->block[r->n_blocks]);)
    at += BLOCK_HEAD + r->block[r->n_blocks++].bytes.size;
  qsort(r->block, (size_t)r->n_blocks, sizeof *r->block, compared);
  return RP_OK;
}

/* A proof is whole if its blocks 0..m are there and m says it is the last. */
const block *rp_check_next_proof(const results *r, int64_t sample,
                                 int64_t radius, int64_t *from, blob *bytes) {
  for (; *from < r->n_blocks; ++*from) {
    const block *b = &r->block[*from], *end = r->block + r->n_blocks, *last = b;
    if (b->key[0] != sample || b->key[1] < radius || b->key[3] != 0) continue;
    size_t size = b->bytes.size;
    for (; !last->last; size += last->bytes.size)
      if (++last == end || memcmp(last->key, b->key, 24) ||
          last->key[3] != last - b)
        break;
    if (last == end || memcmp(last->key, b->key, 24) || !last->last) continue;
    *bytes = (blob){rp_check_alloc(size, 1), 0};
    for (const block *k = b; k <= last; k++) {
      memcpy(bytes->bytes + bytes->size, k->bytes.bytes, k->bytes.size);
      bytes->size += k->bytes.size;
    }
    *from += last - b + 1;
    return b;
  }
  return NULL;
}

rp_status rp_check_results(const char *file, char by[][512], results *r,
                           rp_error *err) {
  blob b;
  h5 f;
  rp_error why = {""};
  RP_TRY(rp_check_read(file, NULL, &b, err));
  rp_status st = rp_check_h5_open(b, &why, &f);
  if (st == RP_OK) st = tables_read(f, r);
  rp_check_h5_close(f);
  free(b.bytes);
  if (st != RP_OK) return rp_fail(err, st, "%s: %.400s", file, why.text);
  snprintf(r->text[S_proofs_file], 512, "%.500s.proofs", file);
  for (int i = 0; i <= S_proofs_file; i++)
    if (by[i][0]) memcpy(r->text[i], by[i], 512);
  return strcmp(r->text[S_evidence], "full") ? RP_OK : proofs_read(r, err);
}
