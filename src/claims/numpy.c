/* Reads arrays of NumPy: npy files, and npz archives that hold such, stored or
 * deflated. The digests of the files are those that the results name. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "claims/claims.h"

/* Little-endian numbers. */
static size_t get_number(const uint8_t *at, int bytes) {
  size_t value = 0;
  for (int i = bytes - 1; i >= 0; i--) value = value << 8 | at[i];
  return value;
}

/* ---- npy ---- */

enum { MOST_RANK = 8 };

typedef struct head {
  char order, kind; /* '<', '>', '|'; 'b', 'i', 'u', 'f' */
  int size;         /* bytes of a number */
  size_t begin;     /* of the numbers */
  bool is_fortran;  /* the first dimension is the fastest */
  int rank;
  int64_t size_of[MOST_RANK]; /* the dimensions */
  int64_t n, dim;             /* samples, and numbers of each */
} head;

/* What stands behind a key of the text, which is a literal of Python. */
static const char *find_key(const char *dict, const char *key) {
  const char *const at = strstr(dict, key);
  return at ? at + strlen(key) + strspn(at + strlen(key), " ") : "";
}

static bool read_shape(const char *at, head *h) {
  const int64_t most = (int64_t)1 << 40;
  h->n = h->dim = 1;
  h->rank = 0;
  if (*at++ != '(') return false;
  for (int d = 0; *at != ')'; d++) {
    char *end;
    const long long size = strtoll(at, &end, 10);
    if (end == at || size < 1 || size > most / h->n / h->dim || d == MOST_RANK)
      return false;
    h->size_of[h->rank++] = size;
    *(d == 0 ? &h->n : &h->dim) *= size;
    at = end + strspn(end, ", ");
  }
  return true;
}

static bool read_order(const char *at, head *h) {
  h->is_fortran = !strncmp(at, "True", 4);
  return h->is_fortran || !strncmp(at, "False", 5);
}

static bool read_head(blob b, head *h) {
  char dict[4096];
  if (b.size < 12 || memcmp(b.bytes, "\x93NUMPY", 6) != 0) return false;
  const bool is_short = b.bytes[6] == 1;
  const size_t length = get_number(b.bytes + 8, is_short ? 2 : 4);
  h->begin = (is_short ? 10 : 12) + length;
  if (length >= sizeof dict || h->begin > b.size) return false;
  memcpy(dict, b.bytes + h->begin - length, length);
  dict[length] = '\0';
  return sscanf(find_key(dict, "'descr':"), "'%c%c%d'", &h->order, &h->kind,
                &h->size) == 3 &&
         read_order(find_key(dict, "'fortran_order':"), h) &&
         read_shape(find_key(dict, "'shape':"), h) && strchr("biuf", h->kind) &&
         strchr("<>|", h->order) && (h->kind != 'f' || h->size >= 4) &&
         (h->size == 1 || h->size == 2 || h->size == 4 || h->size == 8);
}

/* Where number i lies, counted with the last dimension as the fastest. */
static size_t find_place(const head *h, size_t i) {
  size_t place = 0, weight = (size_t)(h->n * h->dim);
  if (!h->is_fortran) return i;
  for (int d = h->rank - 1; d >= 0; d--) {
    weight /= (size_t)h->size_of[d];
    place += i % (size_t)h->size_of[d] * weight;
    i /= (size_t)h->size_of[d];
  }
  return place;
}

static uint64_t get_bits(const uint8_t *at, const head *h) {
  uint64_t bits = 0;
  for (int i = 0; i < h->size; i++)
    bits = bits << 8 | at[h->order == '>' ? i : h->size - 1 - i];
  return bits;
}

static bool get_value(const uint8_t *at, const head *h, int64_t *value) {
  const uint64_t bits = get_bits(at, h);
  const int unused = 64 - 8 * h->size;
  *value = h->kind == 'i' ? (int64_t)(bits << unused) >> unused : (int64_t)bits;
  return h->kind == 'i' || (h->kind != 'f' && *value >= 0);
}

static bool get_real(const uint8_t *at, const head *h, int64_t *packed) {
  const uint64_t bits = get_bits(at, h);
  int64_t value;
  double real = (double)bits;
  if (h->kind == 'f' && h->size == 4)
    return isfinite(rp_check_unpack_real(*packed = (int64_t)bits));
  if (h->kind == 'f')
    memcpy(&real, &bits, sizeof real);
  else if (get_value(at, h, &value))
    real = (double)value;
  return rp_check_pack_real(real, packed);
}

bool rp_check_read_npy(blob b, bool reals, array *a) {
  head h;
  if (!read_head(b, &h)) return false;
  const size_t count = (size_t)(h.n * h.dim);
  if ((b.size - h.begin) / (size_t)h.size != count ||
      (b.size - h.begin) % (size_t)h.size != 0)
    return false;
  *a = (array){rp_check_alloc(count, sizeof *a->at), h.n, h.dim};
  bool good = true;
  for (size_t i = 0; good && i < count; i++) {
    const uint8_t *const at =
        b.bytes + h.begin + find_place(&h, i) * (size_t)h.size;
    good = reals ? get_real(at, &h, &a->at[i]) : get_value(at, &h, &a->at[i]);
  }
  return good;
}

/* ---- npz ---- */

enum { END = 22, ENTRY = 46, LOCAL = 30, STORED = 0, DEFLATED = 8 };
enum { MOST_RATIO = 1032 }; /* of deflated bytes */

static bool has_mark(blob zip, size_t at, size_t length, const char *mark) {
  return at <= zip.size && length <= zip.size - at &&
         !memcmp(zip.bytes + at, mark, 4);
}

/* Numbers of bytes that fit into 32 bits; the rest of the archive says larger
 * ones elsewhere. */
static blob unpack_member(blob zip, const uint8_t *entry) {
  const size_t method = get_number(entry + 10, 2);
  const size_t packed = get_number(entry + 20, 4);
  const size_t size = get_number(entry + 24, 4);
  const size_t local = get_number(entry + 42, 4);
  blob to = {NULL, 0};
  if (!has_mark(zip, local, LOCAL, "PK\3\4") || size == UINT32_MAX) return to;
  const size_t begin = local + LOCAL + get_number(zip.bytes + local + 26, 2) +
                       get_number(zip.bytes + local + 28, 2);
  if (begin > zip.size || packed > zip.size - begin ||
      (method == STORED && packed != size) || size / MOST_RATIO > packed)
    return to;
  to.bytes = rp_check_alloc(size + 1, 1);
  if (method == STORED) {
    memcpy(to.bytes, zip.bytes + begin, size);
    to.size = size;
  }
  z_stream z = {.next_in = zip.bytes + begin,
                .avail_in = (uInt)packed,
                .next_out = to.bytes,
                .avail_out = (uInt)size};
  if (method != DEFLATED || inflateInit2(&z, -15) != Z_OK) return to;
  if (inflate(&z, Z_FINISH) == Z_STREAM_END && z.avail_out == 0) to.size = size;
  inflateEnd(&z);
  return to;
}

/* The list of members is at the end, before a comment of at most 64 KiB. */
static size_t find_end(blob zip) {
  for (size_t back = END; back <= zip.size && back <= END + 65535; back++)
    if (has_mark(zip, zip.size - back, END, "PK\5\6")) return zip.size - back;
  return zip.size;
}

/* One of this name must be there, once. */
bool rp_check_read_npz(blob zip, const char *name, bool reals, array *a) {
  const size_t end = find_end(zip), length = strlen(name);
  const uint8_t *found = NULL;
  if (end == zip.size) return false;
  size_t at = get_number(zip.bytes + end + 16, 4);
  for (size_t k = get_number(zip.bytes + end + 10, 2); k > 0; k--) {
    if (!has_mark(zip, at, ENTRY, "PK\1\2")) return false;
    const uint8_t *const entry = zip.bytes + at;
    const size_t n = get_number(entry + 28, 2);
    if (n == length + 4 && zip.size - at >= ENTRY + n &&
        !memcmp(entry + ENTRY, name, length) &&
        !memcmp(entry + ENTRY + length, ".npy", 4)) {
      if (found) return false;
      found = entry;
    }
    at += ENTRY + n + get_number(entry + 30, 2) + get_number(entry + 32, 2);
  }
  if (!found) return false;
  const blob member = unpack_member(zip, found);
  const bool good = rp_check_read_npy(member, reals, a);
  free(member.bytes);
  return good;
}
