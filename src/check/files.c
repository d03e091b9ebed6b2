/* Files: whole, hashed, unpacked; HDF5 over such bytes; a results file, and the
 * proofs beside it.
 *
 * Sizes are checked against what a file can hold before memory is asked for.
 * Nothing outside of the bytes is followed: it was not hashed. */
#include <fcntl.h>
#include <hdf5.h>
#include <hdf5_hl.h>
#include <nettle/base16.h>
#include <nettle/sha2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "check.h"

enum { N_NUMBERS = 6 /* of a row */, FILE_HEAD = 40, BLOCK_HEAD = 44 };
static const size_t MOST_BYTES = (size_t)1 << 31;
static const size_t RATIO = 1100; /* deflate's is at most 1032 */

void rp_check_stop(const char *file, const char *format, ...) {
  va_list more;
  va_start(more, format);
  char why[RP_PRINTABLE_SIZE];
  vsnprintf(why, sizeof why, format, more);
  fprintf(stderr, "rampart-check: %s: %s\n", rp_printable(file).text,
          rp_printable(why).text);
  _exit(BAD_INPUT);
}

static uint64_t number_at(const uint8_t *at, int bytes) {
  uint64_t value = 0;
  for (int i = 0; i < bytes; i++) value |= (uint64_t)at[i] << (8 * i);
  return value;
}

static bool is_digest(const uint8_t *digest, const char *wanted) {
  char hex[2 * SHA256_DIGEST_SIZE + 1] = "";
  base16_encode_update(hex, SHA256_DIGEST_SIZE, digest);
  return !strcmp(hex, wanted);
}

/* zlib's or gzip's stream of a size that is known, and that it can have. Takes
 * what is packed. No bytes: it is not that. */
static blob unpacked(blob from, uint64_t size) {
  z_stream z = {.next_in = from.bytes, .avail_in = (uInt)from.size};
  blob to = {NULL, 0};
  if (size / RATIO <= from.size && size < MOST_BYTES &&
      from.size < MOST_BYTES && inflateInit2(&z, 15 + 32) == Z_OK) {
    z.next_out = to.bytes = rp_check_alloc(size, 1);
    z.avail_out = (uInt)size;
    const bool good = inflate(&z, Z_FINISH) == Z_STREAM_END;
    if (good && z.avail_in == 0 && z.avail_out == 0) to.size = size;
    inflateEnd(&z);
  }
  free(from.bytes);
  return to;
}

static bool is_hash_of(const uint8_t *bytes, size_t size, const char *wanted) {
  struct sha256_ctx sum;
  uint8_t digest[SHA256_DIGEST_SIZE];
  sha256_init(&sum);
  sha256_update(&sum, size, bytes);
  sha256_digest(&sum, sizeof digest, digest);
  return is_digest(digest, wanted);
}

/* A pipe would not be waited for, a device not be opened. */
static FILE *file_opened(const char *file, struct stat *info) {
  if (stat(file, info) != 0 || !S_ISREG(info->st_mode)) return NULL;
  const int number = open(file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (number < 0 || fstat(number, info) != 0 || !S_ISREG(info->st_mode))
    return NULL;
  return fdopen(number, "rb");
}

static blob all_of(const char *file, const char *sha256) {
  struct stat info;
  FILE *in = file_opened(file, &info);
  if (!in) rp_check_stop(file, "cannot open, or not a file");
  blob b = {rp_check_alloc((size_t)info.st_size, 1), (size_t)info.st_size};
  if (fread(b.bytes, 1, b.size, in) != b.size)
    rp_check_stop(file, "cannot read");
  fclose(in);
  if (sha256 && !is_hash_of(b.bytes, b.size, sha256))
    rp_check_stop(file, "not the file of these results: another SHA-256");
  if (b.size < 18 || b.bytes[0] != 0x1f || b.bytes[1] != 0x8b) return b;
  b = unpacked(b, number_at(b.bytes + b.size - 4, 4)); /* gzip says its size */
  if (b.size == 0) rp_check_stop(file, "damaged gzip file");
  return b;
}

/* ---- HDF5 over the bytes of a file ---- */

h5 rp_check_h5_open(const char *file, blob b) {
  (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  (void)H5Lunregister(H5L_TYPE_EXTERNAL);
  (void)H5PLset_loading_state(0); /* no filters from HDF5_PLUGIN_PATH */
  const unsigned in_place =
      H5LT_FILE_IMAGE_DONT_COPY | H5LT_FILE_IMAGE_DONT_RELEASE;
  const hid_t id = H5LTopen_file_image(b.bytes, b.size, in_place);
  if (id < 0) rp_check_stop(file, "not an HDF5 file");
  return (h5){id, file};
}

static hid_t text_type(size_t size) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  (void)H5Tset_size(type, size);
  return type;
}

/* -1: it is not there. */
static hid_t opened(h5 f, const char *path, const char *name, int64_t *n) {
  if (H5Aexists_by_name(f.id, path, name, H5P_DEFAULT) <= 0) return -1;
  const hid_t id = H5Aopen_by_name(f.id, path, name, H5P_DEFAULT, H5P_DEFAULT);
  *n = (int64_t)H5Sget_simple_extent_npoints(H5Aget_space(id));
  return id;
}

int32_t rp_check_h5_whole(h5 f, const char *path, const char *name) {
  int64_t n, value = INT64_MAX;
  const hid_t id = opened(f, path, name, &n);
  if (id < 0 || n != 1 || H5Tget_class(H5Aget_type(id)) != H5T_INTEGER ||
      H5Aread(id, H5T_NATIVE_INT64, &value) < 0 || value < -ACC_LIMIT ||
      value > ACC_LIMIT)
    rp_check_stop(f.file, "'%s': expected a number", name);
  return (int32_t)value;
}

/* Of variable length: HDF5 has the memory. */
static bool words_copied(hid_t id, hid_t type, int64_t n, text *to) {
  char **word = rp_check_alloc((size_t)n, sizeof *word);
  bool good = H5Aread(id, type, word) >= 0;
  for (int64_t i = 0; good && i < n; i++) {
    good = word[i] && strlen(word[i]) < sizeof *to;
    if (good) strcpy(to[i], word[i]);
  }
  return good;
}

int64_t rp_check_h5_texts(h5 f, const char *path, const char *name,
                          int64_t most, text *to) {
  int64_t n;
  const hid_t id = opened(f, path, name, &n), fixed = text_type(sizeof *to);
  if (id < 0 || n == 0) return 0; /* Keras writes no texts as no floats */
  const hid_t own = H5Aget_type(id);
  bool good = n > 0 && n <= most && H5Tget_class(own) == H5T_STRING;
  (void)H5Tset_cset(fixed, H5Tget_cset(own));
  if (good && H5Tis_variable_str(own) > 0)
    good = words_copied(id, own, n, to);
  else if (good)
    good = H5Tget_size(own) < sizeof *to && H5Aread(id, fixed, to) >= 0;
  if (!good)
    rp_check_stop(f.file, "'%s': expected a short list of short texts", name);
  return n;
}

void rp_check_h5_text(h5 f, const char *path, const char *name, text to) {
  if (rp_check_h5_texts(f, path, name, 1, (text *)to) != 1)
    rp_check_stop(f.file, "'%s': expected a text", name);
}

/* Asked before anything about its size: of a virtual array, the size is found
 * in other files. */
static bool is_stored_here(hid_t id) {
  const hid_t made = H5Dget_create_plist(id);
  return made >= 0 && H5Pget_external_count(made) == 0 &&
         H5Pget_layout(made) != H5D_VIRTUAL;
}

/* Every chunk is there: HDF5 makes up what was never written. */
static bool is_written(hid_t id, hid_t made, hid_t space, int rank,
                       const hsize_t *extent) {
  hsize_t chunk[4], stored = 0, wanted = 1;
  if (H5Pget_layout(made) != H5D_CHUNKED) return true;
  if (H5Pget_chunk(made, 4, chunk) != rank ||
      H5Dget_num_chunks(id, space, &stored) < 0)
    return false;
  for (int d = 0; d < rank; d++)
    wanted *= extent[d] / chunk[d] + (extent[d] % chunk[d] > 0);
  return stored == wanted;
}

/* How many elements; -1: not as many as this file can hold. */
static int64_t count_of(hid_t id, int64_t dims[4]) {
  hsize_t extent[4];
  const hid_t space = H5Dget_space(id), made = H5Dget_create_plist(id);
  const int rank = H5Sget_simple_extent_ndims(space);
  const wide most = (wide)H5Dget_storage_size(id) * RATIO + 4096;
  wide count = 1;
  if (rank < 1 || rank > 4 ||
      H5Sget_simple_extent_dims(space, extent, NULL) < 0 ||
      !is_written(id, made, space, rank, extent))
    return -1;
  for (int d = 3; d >= 0; d--) {
    const hsize_t length = d < rank ? extent[d] : 1;
    if (length < (d > 0) || length > INT32_MAX || count > INT32_MAX) return -1;
    dims[d] = (int64_t)length;
    count *= dims[d];
  }
  const wide size = (wide)H5Tget_size(H5Dget_type(id));
  return count * size <= most ? (int64_t)count : -1;
}

/* A whole array, its elements turned into those of a type in memory. All
 * members that are asked for must be there. */
static void *all_read(h5 f, const char *path, hid_t memory, int64_t dims[4]) {
  const hid_t id = H5Dopen2(f.id, path, H5P_DEFAULT), own = H5Dget_type(id);
  const int members = H5Tget_nmembers(memory); /* of a table, else -1 */
  bool good = id >= 0 && is_stored_here(id) &&
              H5Tget_class(own) == H5Tget_class(memory);
  for (int m = 0; good && m < members; m++)
    good =
        H5Tget_member_index(own, H5Tget_member_name(memory, (unsigned)m)) >= 0;
  const int64_t count = good ? count_of(id, dims) : -1;
  if (count < 0)
    rp_check_stop(f.file, "'%s': expected an array of another kind", path);
  void *data = rp_check_alloc((size_t)count, H5Tget_size(memory));
  if (count > 0 && H5Dread(id, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
    rp_check_stop(f.file, "'%s': expected readable numbers", path);
  return data;
}

void *rp_check_h5_array(h5 f, const char *path, bool is_float,
                        int64_t dims[4]) {
  return all_read(f, path, is_float ? H5T_NATIVE_FLOAT : H5T_NATIVE_INT64,
                  dims);
}

static row *table_read(h5 f, const char *path, const char *const *name,
                       int64_t *n) {
  int64_t dims[4];
  const hid_t memory = H5Tcreate(H5T_COMPOUND, sizeof(row));
  for (size_t i = 0; i < N_NUMBERS; i++)
    if (name[i]) (void)H5Tinsert(memory, name[i], 8 * i, H5T_NATIVE_INT64);
  (void)H5Tinsert(memory, "verdict", offsetof(row, verdict), text_type(16));
  row *rows = all_read(f, path, memory, dims);
  if (dims[1] * dims[2] * dims[3] != 1)
    rp_check_stop(f.file, "'%s': expected rows one after another", path);
  *n = dims[0];
  return rows;
}

/* ---- results ---- */

blob rp_check_origin(const results *r, int which, text file) {
  static const char *const name[] = {"network_file", "network_sha256",
                                     "dataset_file", "dataset_sha256",
                                     "labels_file",  "labels_sha256"};
  text sha256;
  rp_check_h5_text(r->f, "/", name[2 * which], file);
  rp_check_h5_text(r->f, "/", name[2 * which + 1], sha256);
  if (r->by[which]) snprintf(file, sizeof(text), "%s", r->by[which]);
  return file[0] ? all_of(file, sha256) : (blob){0};
}

/* ---- proofs ---- */

typedef struct block {
  uint64_t sample, radius, name, number, is_last, plain_size;
  blob packed;
} block;

/* The block at a place; false: none. A run that was killed cut its last off. */
static bool block_read(blob file, size_t at, block *b) {
  const uint8_t *head = file.bytes + at;
  if (file.size - at < BLOCK_HEAD || memcmp(head, "RPBL", 4) != 0) return false;
  *b = (block){number_at(head + 4, 8),
               number_at(head + 12, 4),
               number_at(head + 16, 8),
               number_at(head + 24, 4),
               number_at(head + 28, 4),
               number_at(head + 32, 8),
               {file.bytes + at + BLOCK_HEAD, number_at(head + 40, 4)}};
  return b->packed.size <= file.size - at - BLOCK_HEAD;
}

/* Blocks 0..m of a stream, in the order of the file; m says it is the last. */
stream *rp_check_streams(const results *r, const row *about, int64_t *count) {
  stream *s = NULL;
  block b;
  *count = 0;
  for (size_t from = FILE_HEAD; r->full && block_read(r->proofs, from, &b);
       from += BLOCK_HEAD + b.packed.size) {
    int64_t at = *count;
    if (b.sample != (uint64_t)about->sample || b.radius > 255 ||
        (int64_t)b.radius < about->lo)
      continue;
    while (at > 0 && s[at - 1].name > b.name) at--;
    if (b.number == 0) {
      s = rp_check_resize(s, (size_t)++ * count * sizeof *s);
      memmove(s + at + 1, s + at, (size_t)(*count - 1 - at) * sizeof *s);
      s[at++] = (stream){.name = b.name, .radius = (int32_t)b.radius};
    }
    stream *own = at > 0 ? s + at - 1 : NULL;
    if (!own || own->name != b.name || own->blocks++ != b.number) continue;
    blob *all = &own->plain;
    all->bytes = rp_check_resize(all->bytes, all->size + b.packed.size + 1);
    memcpy(all->bytes + all->size, b.packed.bytes, b.packed.size);
    all->size += b.packed.size;
    if (b.is_last) *all = unpacked(*all, b.plain_size);
  }
  return s;
}

/* Results say how long their proofs were when they were written, and the hash
 * of that (older ones do not). Those of another run may do all the same. */
static void read_proofs(const char *file, const char *network, results *r) {
  char beside[4096];
  text said = "", hash = "";
  size_t size = 0;
  snprintf(beside, sizeof beside, "%s.proofs", file);
  const char *proofs = r->by[PROOFS] ? r->by[PROOFS] : beside;
  r->proofs = all_of(proofs, NULL);
  if (r->proofs.size < FILE_HEAD || memcmp(r->proofs.bytes, "RPPROOFS", 8) ||
      !is_digest(r->proofs.bytes + 8, network))
    rp_check_stop(proofs, "not proofs about this network");
  (void)rp_check_h5_texts(r->f, "/", "proofs", 1, &said);
  if (said[0] &&
      (sscanf(said, "%zu %511s", &size, hash) != 2 || size > r->proofs.size ||
       !is_hash_of(r->proofs.bytes, size, hash)))
    fprintf(stderr,
            "rampart-check: %s: not the proofs that were written with these "
            "results, or damaged; they are tried all the same\n",
            rp_printable(proofs).text);
}

void rp_check_results(const char *file, results *r) {
  static const char *const queries[N_NUMBERS] = {
      "sample", "label", "radius", NULL, "distance", "counterexample"};
  static const char *const searches[N_NUMBERS] = {
      "sample", "label", "lo", "hi", NULL, "counterexample"};
  text format, rule, evidence, network;
  int64_t dims[4];
  r->f = rp_check_h5_open(file, all_of(file, NULL));
  rp_check_h5_text(r->f, "/", "format", format);
  rp_check_h5_text(r->f, "/", "rounding_rule", rule);
  rp_check_h5_text(r->f, "/", "evidence", evidence);
  rp_check_h5_text(r->f, "/", "network_sha256", network);
  if (strcmp(format, "rampart-results") != 0 || strcmp(rule, "R0") != 0)
    rp_check_stop(file, "not results of Rampart by rule R0");
  r->cap = rp_check_h5_whole(r->f, "/", "radius_cap");
  r->query = table_read(r->f, "/queries", queries, &r->n_queries);
  r->search = table_read(r->f, "/radii", searches, &r->n_searches);
  r->example = rp_check_h5_array(r->f, "/counterexamples", false, dims);
  r->n_examples = dims[0];
  r->n_in = dims[1] * dims[2] * dims[3];
  r->full = !strcmp(evidence, "full");
  if (r->full) read_proofs(file, network, r);
}
