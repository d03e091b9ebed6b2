/* Reads files: whole, hashed and unpacked; the results and their proofs. Sizes
 * are checked against what a file can hold before memory is allocated. */
#include <fcntl.h>
#include <nettle/base16.h>
#include <nettle/sha2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "claims/h5.h"

enum { FILE_HEAD = 40, BLOCK_HEAD = 44 };
static const size_t MOST_BYTES = (size_t)1 << 31;

void rp_check_stop(const char *file, const char *format, ...) {
  va_list more;
  va_start(more, format);
  char why[RP_PRINTABLE_SIZE];
  vsnprintf(why, sizeof why, format, more);
  fprintf(stderr, "rampart-check: %s: %s\n", rp_printable(file).text,
          rp_printable(why).text);
  _exit(BAD_INPUT);
}

/* Without memory the remaining claims are not checked, so the check fails. */
static void *expect_memory(void *made) {
  static const char why[] =
      "rampart-check: out of memory before all rows were checked\n";
  if (made) return made;
  (void)!write(STDERR_FILENO, why, sizeof why - 1);
  _exit(FAILED);
}

void *rp_check_alloc(size_t count, size_t size) {
  return expect_memory(calloc(count + 1, size));
}

void *rp_check_resize(void *memory, size_t bytes) {
  return expect_memory(realloc(memory, bytes));
}

static uint64_t decode_number(const uint8_t *at, int bytes) {
  uint64_t value = 0;
  for (int i = 0; i < bytes; i++) value |= (uint64_t)at[i] << (8 * i);
  return value;
}

static bool is_digest(const uint8_t *digest, const char *wanted) {
  char hex[2 * SHA256_DIGEST_SIZE + 1] = "";
  base16_encode_update(hex, SHA256_DIGEST_SIZE, digest);
  return !strcmp(hex, wanted);
}

static bool is_gzip(const uint8_t *at, size_t size) {
  return size >= 18 && at[0] == 0x1f && at[1] == 0x8b;
}

/* Unpack a zlib stream, or all members of a gzip file, and append a zero. What
 * follows a gzip file, mostly zeros, is ignored. No bytes: the stream is
 * damaged, or its content larger than `most`. */
static blob unpack(blob from, size_t most, bool is_file) {
  z_stream z = {.next_in = from.bytes, .avail_in = (uInt)from.size};
  blob to = {NULL, 0};
  size_t room = 0;
  int st = from.size < MOST_BYTES ? inflateInit2(&z, 15 + 32) : Z_MEM_ERROR;
  while (st == Z_OK && to.size <= most) {
    if (to.size == room)
      to.bytes = rp_check_resize(to.bytes, (room += room / 2 + 65536) + 1);
    z.next_out = to.bytes + to.size;
    z.avail_out = (uInt)(room - to.size);
    st = inflate(&z, Z_NO_FLUSH);
    to.size = room - z.avail_out;
    if (st == Z_STREAM_END && is_file && is_gzip(z.next_in, z.avail_in))
      st = inflateReset(&z);
  }
  inflateEnd(&z);
  free(from.bytes);
  if (st != Z_STREAM_END || to.size > most || (!is_file && z.avail_in > 0))
    to.size = 0;
  if (to.size > 0) to.bytes[to.size] = '\0';
  return to;
}

static void hash(const uint8_t *bytes, size_t size,
                 uint8_t digest[SHA256_DIGEST_SIZE]) {
  struct sha256_ctx sum;
  sha256_init(&sum);
  sha256_update(&sum, size, bytes);
  sha256_digest(&sum, SHA256_DIGEST_SIZE, digest);
}

static bool is_hash_of(const uint8_t *bytes, size_t size, const char *wanted) {
  uint8_t digest[SHA256_DIGEST_SIZE];
  hash(bytes, size, digest);
  return is_digest(digest, wanted);
}

/* Open a regular file; never block on a pipe, never open a device. */
static FILE *open_file(const char *file, struct stat *info) {
  if (stat(file, info) != 0 || !S_ISREG(info->st_mode)) return NULL;
  const int number = open(file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (number < 0 || fstat(number, info) != 0 || !S_ISREG(info->st_mode))
    return NULL;
  return fdopen(number, "rb");
}

static blob read_whole_file(const char *file, const char *sha256) {
  struct stat info;
  FILE *in = open_file(file, &info);
  if (!in) rp_check_stop(file, "cannot open, or not a regular file");
  blob b = {rp_check_alloc((size_t)info.st_size, 1), (size_t)info.st_size};
  const bool is_whole = fread(b.bytes, 1, b.size, in) == b.size;
  fclose(in);
  if (!is_whole) rp_check_stop(file, "cannot read");
  if (sha256 && !is_hash_of(b.bytes, b.size, sha256))
    rp_check_stop(file,
                  "not the file of these results: it has another SHA-256");
  if (!is_gzip(b.bytes, b.size)) return b;
  b = unpack(b, MOST_BYTES, true);
  if (b.size == 0) rp_check_stop(file, "empty, damaged or too large gzip file");
  return b;
}

/* ---- results ---- */

blob rp_check_read_origin(const results *r, int which, text file) {
  static const char *const name[] = {"network_file", "network_sha256",
                                     "dataset_file", "dataset_sha256",
                                     "labels_file",  "labels_sha256"};
  text sha256;
  rp_check_h5_text(r->f, "/", name[2 * which], file);
  rp_check_h5_text(r->f, "/", name[2 * which + 1], sha256);
  if (r->by[which]) snprintf(file, sizeof(text), "%s", r->by[which]);
  return file[0] ? read_whole_file(file, sha256) : (blob){0};
}

/* ---- proofs ---- */

typedef struct packet {
  uint64_t sample, radius, name, number, is_last, plain_size;
  blob packed;
} packet;

/* Read the block at a place. Returns false if there is no complete one: a run
 * that was killed may have truncated the last. */
static bool read_packet(blob file, size_t at, packet *b) {
  const uint8_t *head = file.bytes + at;
  if (file.size - at < BLOCK_HEAD || memcmp(head, "RPBL", 4) != 0) return false;
  *b = (packet){decode_number(head + 4, 8),
                decode_number(head + 12, 4),
                decode_number(head + 16, 8),
                decode_number(head + 24, 4),
                decode_number(head + 28, 4),
                decode_number(head + 32, 8),
                {file.bytes + at + BLOCK_HEAD, decode_number(head + 40, 4)}};
  return b->packed.size <= file.size - at - BLOCK_HEAD;
}

/* Collect the blocks 0..m of every stream, which come in this order; block m
 * says that it is the last. Blocks of several streams may be interleaved. */
stream *rp_check_read_streams(const results *r, const row *about,
                              int64_t *count) {
  const int32_t parts = r->targets > 0 ? r->targets : r->places;
  const uint64_t subject =
      parts > 0
          ? (uint64_t)about->sample * (uint64_t)parts + (uint64_t)about->target
          : (uint64_t)about->sample;
  stream *s = NULL;
  packet b;
  *count = 0;
  for (size_t from = FILE_HEAD; r->full && read_packet(r->proofs, from, &b);
       from += BLOCK_HEAD + b.packed.size) {
    int64_t at = *count;
    if (b.sample != subject || b.radius > MOST_RADIUS ||
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
    if (b.is_last) *all = unpack(*all, MOST_BYTES, false);
    if (b.is_last && all->size != b.plain_size) all->size = 0;
  }
  return s;
}

/* Results say how many bytes of proofs there were when they were written, and
 * their hash (older ones do not). Proofs of another run are tried, too: a proof
 * is valid whoever wrote it. */
static void read_proofs(const char *file, results *r) {
  char beside[4096];
  text said = "", hash = "";
  size_t size = 0;
  snprintf(beside, sizeof beside, "%s.proofs", file);
  const char *proofs = r->by[PROOFS] ? r->by[PROOFS] : beside;
  r->proofs = read_whole_file(proofs, NULL);
  if (r->proofs.size < FILE_HEAD || memcmp(r->proofs.bytes, "RPPROOFS", 8) ||
      !is_digest(r->proofs.bytes + 8, r->network_sha256))
    rp_check_stop(proofs, "not proofs about this network");
  if (rp_check_h5_has(r->f, "/", "proofs"))
    rp_check_h5_text(r->f, "/", "proofs", said);
  if (said[0] && !r->quiet &&
      (sscanf(said, "%zu %99s", &size, hash) != 2 || size > r->proofs.size ||
       !is_hash_of(r->proofs.bytes, size, hash)))
    fprintf(stderr,
            "rampart-check: %s: not the proofs that were written with these "
            "results, or damaged; they are tried anyway\n",
            rp_printable(proofs).text);
}

/* All attributes of results. Most of them claim nothing. */
static const char known[] =
    "format format_version Conventions source hdf5_version comment title "
    "history date_created rampart_version network network_file network_sha256 "
    "dataset_file dataset_sha256 dataset_values job_sha256 rounding_rule "
    "tie_rule engine labels_file labels_sha256 x_name y_name network_format "
    "network_profile source_sha256 input_scale dataset_layout dataset_format "
    "evidence "
    "questions_sha256 "
    "proofs shard ranks threads n_in "
    "property targets patch places box_file box_sha256 norm class_names "
    "input_min input_max "
    "input_bits bits "
    "radius_cap questions "
    "option_*";

/* Version 2 has all attributes but notes, options, an `input_min` of 0 and the
 * scale of an input without one. Version 1 may lack those that were added
 * later, and does not say what the dataset's numbers are. */
static void expect_all(const results *r) {
  char words[sizeof known], *rest = NULL;
  if (r->version == 1 && rp_check_h5_has(r->f, "/", "dataset_values"))
    rp_check_stop(r->f.file, "has version 1 but also 'dataset_values'");
  snprintf(words, sizeof words, "%s", known);
  for (char *w = strtok_r(words, " ", &rest); r->version > 1 && w;
       w = strtok_r(NULL, " ", &rest))
    if (!rp_check_is_one_of(w,
                            "comment source Conventions hdf5_version input_min "
                            "property targets patch places box_file box_sha256 "
                            "norm "
                            "class_names input_scale dataset_layout "
                            "option_?") &&
        !rp_check_h5_has(r->f, "/", w))
      rp_check_stop(r->f.file, "expected attribute '%s'", w);
}

/* Rows about each class in turn have a target of so many. */
static void read_targets(results *r) {
  const bool is_each = !strcmp(r->property, "each class");
  if (is_each != rp_check_h5_has(r->f, "/", "targets"))
    rp_check_stop(r->f.file, "expected 'targets' with the property 'each "
                             "class', and with no other");
  if (!is_each) return;
  r->targets = rp_check_h5_whole(r->f, "/", "targets");
  if (r->targets < 2)
    rp_check_stop(r->f.file, "'targets': expected 2 or more, found %d",
                  r->targets);
}

/* Rows about a patch have a place. How many there are is checked against the
 * network's image. */
static void read_patch(results *r) {
  const bool has = rp_check_h5_has(r->f, "/", "patch");
  if (has != rp_check_h5_has(r->f, "/", "places") || (has && r->targets > 0))
    rp_check_stop(r->f.file, "expected 'patch' with 'places' and without "
                             "'targets'");
  if (!has) return;
  r->patch = rp_check_h5_whole(r->f, "/", "patch");
  r->places = rp_check_h5_whole(r->f, "/", "places");
  if (r->patch < 1 || r->places < 1)
    rp_check_stop(r->f.file, "'patch', 'places': expected 1 or more");
}

/* Read what is asked about the outputs. */
static void read_asked(results *r) {
  if (!rp_check_h5_has(r->f, "/", "property")) {
    if (rp_check_h5_has(r->f, "/", "targets"))
      rp_check_stop(r->f.file, "has 'targets' without a property");
    return;
  }
  rp_check_h5_text(r->f, "/", "property", r->property);
  if (!r->property[0])
    rp_check_stop(r->f.file, "'property': expected one, found an empty text");
  read_targets(r);
}

/* Read the texts on which the meaning of the rows depends. */
static void read_meaning(results *r) {
  text word;
  rp_check_h5_word(r->f, "/", "format", "rampart-results", word);
  r->version = rp_check_h5_whole(r->f, "/", "format_version");
  if (r->version < 1 || r->version > 2)
    rp_check_stop(r->f.file, "has version %d: this program reads 1 and 2",
                  r->version);
  rp_check_h5_only(r->f, "/", known,
                   "queries radii counterexamples timing ranks timeline "
                   "box_lower box_upper");
  expect_all(r);
  rp_check_h5_only(r->f, "/counterexamples", "title input_min input_max", NULL);
  rp_check_h5_word(r->f, "/", "rounding_rule", "R0", word);
  rp_check_h5_word(r->f, "/", "tie_rule", "first?maximum", word);
  rp_check_h5_word(r->f, "/", "network_format", " native qvip tflite onnx auto",
                   word);
  rp_check_h5_word(r->f, "/", "dataset_format", " idx hdf5 csv npy npz auto",
                   word);
  if (rp_check_h5_has(r->f, "/", "dataset_values"))
    rp_check_h5_word(r->f, "/", "dataset_values", "integers pixels reals",
                     word);
  rp_check_h5_word(r->f, "/", "evidence", "none counterexamples full", word);
  r->full = !strcmp(word, "full");
  if (rp_check_h5_has(r->f, "/", "norm")) {
    rp_check_h5_word(r->f, "/", "norm", "l1 l0 brightness contrast", word);
    r->norm = !strcmp(word, "l1")           ? L1
              : !strcmp(word, "l0")         ? L0
              : !strcmp(word, "brightness") ? BRIGHTNESS
                                            : CONTRAST;
  }
  read_asked(r);
  read_patch(r);
}

/* Read the boxes that inputs stay in. */
static void read_boxes(results *r) {
  static const char *const names[] = {"/box_lower", "/box_upper"};
  int64_t dims[MOST_DIMS];
  if (!rp_check_h5_has(r->f, "/", "box_sha256")) {
    if (rp_check_h5_exists(r->f, names[0]) ||
        rp_check_h5_exists(r->f, names[1]))
      rp_check_stop(r->f.file, "has boxes without 'box_sha256'");
    return;
  }
  for (int k = 0; k < 2; k++) {
    rp_check_h5_only(r->f, names[k], "title input_min input_max", NULL);
    r->box[k] = rp_check_h5_array(r->f, names[k], WHOLE, 2, dims);
    if (dims[0] < 1 || dims[1] != r->n_in || (k == 1 && dims[0] != r->n_boxes))
      rp_check_stop(r->f.file,
                    "'%s': expected as many rows as boxes, of as "
                    "many numbers as inputs",
                    names[k]);
    r->n_boxes = dims[0];
  }
}

/* Read the rows, as read_meaning says. */
static void read_tables(results *r) {
#define AT(member) (int)offsetof(row, member)
  const char *const part = r->places ? "place" : "target";
  const bool is_plain = !r->targets && !r->places;
  const column queries[MOST_COLUMNS + 1] = {
      {part, AT(target), false}, /* not of plain rows */
      {"sample", AT(sample), false},
      {"label", AT(label), false},
      {"radius", AT(lo), false},
      {"verdict", AT(verdict), true},
      {"reason", AT(reason), true},
      {"evidence", AT(evidence), true},
      {"distance", AT(distance), false},
      {"counterexample", AT(counterexample), false}};
  const column searches[MOST_COLUMNS + 1] = {
      {part, AT(target), false},
      {"sample", AT(sample), false},
      {"label", AT(label), false},
      {"lo", AT(lo), false},
      {"hi", AT(hi), false},
      {"verdict", AT(verdict), true},
      {"reason", AT(reason), true},
      {"counterexample", AT(counterexample), false}};
  r->query =
      rp_check_h5_table(r->f, "/queries", queries + is_plain, &r->n_queries);
  r->search =
      rp_check_h5_table(r->f, "/radii", searches + is_plain, &r->n_searches);
}

void rp_check_read_results(const char *file, results *r) {
  int64_t dims[MOST_DIMS];
  const blob content = read_whole_file(file, NULL);
  hash(content.bytes, content.size, r->digest);
  r->f = rp_check_h5_open(file, content);
  read_meaning(r);
  r->cap = rp_check_h5_whole(r->f, "/", "radius_cap");
  rp_check_h5_text(r->f, "/", "network_sha256", r->network_sha256);
  if (rp_check_h5_has(r->f, "/", "questions")) /* version 1 may lack it */
    r->questions = rp_check_h5_whole(r->f, "/", "questions");
  read_tables(r);
  r->example = rp_check_h5_array(r->f, "/counterexamples", WHOLE, 2, dims);
  r->n_examples = dims[0];
  r->n_in = dims[1];
  read_boxes(r);
  if (r->full)
    read_proofs(file, r);
  else if (r->by[PROOFS])
    rp_check_stop(r->by[PROOFS],
                  "these results were made without evidence full, so that no "
                  "proofs belong to them");
}
