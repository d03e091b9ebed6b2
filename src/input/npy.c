/* Parses npy files (numpy.lib.format): a signature, a version, the length of a
 * header, the header, which is a Python dictionary of three entries, and the
 * numbers. The header is parsed strictly: three known keys, each once, with the
 * few kinds of values that NumPy writes for arrays of plain numbers. */
#include "input/npy.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

enum { SIGNATURE = 6, MOST_HEADER = 1 << 16 };
static const char signature[] = "\x93NUMPY";

bool rp_npy_has_signature(const uint8_t *bytes, size_t size) {
  return size >= SIGNATURE && !memcmp(bytes, signature, SIGNATURE);
}

/* ---- The header. ---- */

typedef struct parser {
  const char *at, *end;
  rp_npy *npy;
  rp_error *err;
} parser;

static rp_status fail_at(const parser *p, const char *expected) {
  char raw[24] = "", shown[64];
  const size_t left = (size_t)(p->end - p->at);
  memcpy(raw, p->at, left < sizeof raw - 1 ? left : sizeof raw - 1);
  rp_text_make_printable(raw, shown, sizeof shown);
  return rp_fail(p->err, RP_E_INPUT, "%s: header: expected %s, found '%s'",
                 p->npy->place, expected, shown);
}

static void skip_blanks(parser *p) {
  while (p->at < p->end && (*p->at == ' ' || *p->at == '\n')) p->at++;
}

/* Take a word if it comes next. */
static bool take(parser *p, const char *word) {
  const size_t length = strlen(word);
  skip_blanks(p);
  if ((size_t)(p->end - p->at) < length || memcmp(p->at, word, length) != 0)
    return false;
  p->at += length;
  return true;
}

static rp_status expect(parser *p, const char *word) {
  char expected[16];
  snprintf(expected, sizeof expected, "'%s'", word);
  return take(p, word) ? RP_OK : fail_at(p, expected);
}

/* A text in either kind of quotes, without escapes. */
static rp_status parse_text(parser *p, char text[16], const char *expected) {
  enum { LONGEST = 15 };
  skip_blanks(p);
  const char quote = p->at < p->end ? *p->at : 0;
  if (quote != '\'' && quote != '"') return fail_at(p, expected);
  size_t n = 0;
  const char *at = p->at + 1;
  while (at < p->end && *at != quote && n < LONGEST) text[n++] = *at++;
  text[n] = 0;
  if (at == p->end || *at != quote) return fail_at(p, expected);
  p->at = at + 1;
  return RP_OK;
}

/* "<f4": order of bytes, kind, width. Single bytes have no order. */
static rp_status parse_type(parser *p) {
  static const char expected[] =
      "a type b1, i1, i2, i4, i8, u1, u2, u4, u8, f4 or f8 after <, > or |";
  static const char types[] = "b1|i1|i2|i4|i8|u1|u2|u4|u8|f4|f8";
  const char *const start = p->at;
  char text[16];
  RP_TRY(parse_text(p, text, expected));
  if (strlen(text) == 3 && strchr("<>|", text[0]) &&
      (text[0] == '|') <= (text[2] == '1') &&
      rp_text_is_one_of(text + 1, types)) {
    p->npy->is_big = text[0] == '>';
    p->npy->kind = text[1];
    p->npy->width = text[2] - '0';
    return RP_OK;
  }
  p->at = start;
  skip_blanks(p);
  return fail_at(p, expected);
}

static rp_status parse_order(parser *p) {
  p->npy->is_fortran = take(p, "True");
  return p->npy->is_fortran || take(p, "False") ? RP_OK
                                                : fail_at(p, "True or False");
}

static rp_status parse_size(parser *p, int64_t *size) {
  static const int64_t most = INT64_MAX / 16;
  skip_blanks(p);
  const char *at = p->at;
  *size = 0;
  for (; at < p->end && isdigit((unsigned char)*at) && *size < most; at++)
    *size = 10 * *size + (*at - '0');
  if (at == p->at || *size >= most) return fail_at(p, "a size");
  p->at = at;
  return RP_OK;
}

/* "()", "(5,)", "(5, 28, 28)". */
static rp_status parse_shape(parser *p) {
  rp_npy *const npy = p->npy;
  bool has_comma = true;
  RP_TRY(expect(p, "("));
  for (npy->rank = 0; !take(p, ")"); npy->rank++) {
    if (npy->rank == RP_NPY_DIMS) return fail_at(p, "at most 5 dimensions");
    if (!has_comma) return fail_at(p, "',' or ')'");
    RP_TRY(parse_size(p, &npy->dims[npy->rank]));
    has_comma = take(p, ",");
  }
  if (npy->rank == 1 && !has_comma)
    return fail_at(p, "a shape with ',' after its only size, before this");
  return RP_OK;
}

static rp_status parse_entry(parser *p, unsigned *seen) {
  static const struct {
    const char *name;
    rp_status (*parse)(parser *);
  } keys[] = {{"descr", parse_type},
              {"fortran_order", parse_order},
              {"shape", parse_shape}};
  static const char expected[] = "descr, fortran_order and shape, each once";
  const char *const start = p->at;
  char name[16];
  RP_TRY(parse_text(p, name, expected));
  for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++)
    if (!strcmp(name, keys[i].name) && !(*seen >> i & 1)) {
      *seen |= 1U << i;
      RP_TRY(expect(p, ":"));
      return keys[i].parse(p);
    }
  p->at = start;
  return fail_at(p, expected);
}

static rp_status parse_dictionary(parser *p) {
  unsigned seen = 0;
  bool has_comma = true;
  RP_TRY(expect(p, "{"));
  while (!take(p, "}")) {
    if (!has_comma) return fail_at(p, "',' or '}'");
    RP_TRY(parse_entry(p, &seen));
    has_comma = take(p, ",");
  }
  if (seen != 7)
    return fail_at(p, "descr, fortran_order and shape before this");
  skip_blanks(p);
  return p->at == p->end ? RP_OK : fail_at(p, "nothing after '}'");
}

/* ---- The file. ---- */

static uint32_t decode_length(const uint8_t *at, int bytes) {
  uint32_t value = 0;
  for (int i = bytes - 1; i >= 0; i--) value = value << 8 | at[i];
  return value;
}

/* Find the header.
 * @param begin, end  out */
static rp_status find_header(const rp_file_content *content, size_t *begin,
                             size_t *end, rp_error *err) {
  const uint8_t *const b = content->bytes;
  if (!rp_npy_has_signature(b, content->size) || content->size < 12)
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected an array of NumPy (npy), found %s",
                   content->file, rp_file_describe(content));
  if (b[6] < 1 || b[6] > 3 || b[7] != 0)
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected npy version 1.0, 2.0 or 3.0, found %d.%d",
                   content->file, b[6], b[7]);
  const int bytes = b[6] == 1 ? 2 : 4;
  const uint32_t length = decode_length(b + 8, bytes);
  *begin = 8 + (size_t)bytes;
  *end = *begin + length;
  if (length <= MOST_HEADER && *end <= content->size) return RP_OK;
  return rp_fail(err, RP_E_INPUT,
                 "%s: expected a header of at most %d bytes that the file "
                 "holds, found %u bytes",
                 content->file, MOST_HEADER, length);
}

/* What the header claims must be what is there. */
static rp_status check_size(rp_npy *npy, size_t found, rp_error *err) {
  size_t size = (size_t)npy->width;
  bool is_absurd = false;
  npy->count = 1;
  for (int32_t d = 0; d < npy->rank; d++) {
    is_absurd |= __builtin_mul_overflow(size, (size_t)npy->dims[d], &size);
    npy->count *= (size_t)npy->dims[d];
  }
  if (!is_absurd && size == found) return RP_OK;
  return rp_fail(err, RP_E_INPUT,
                 "%s: expected %s%zu bytes of data, as the header says, found "
                 "%zu",
                 npy->place, is_absurd ? "more than " : "",
                 is_absurd ? SIZE_MAX : size, found);
}

rp_status rp_npy_parse(const rp_file_content *content, rp_npy *npy,
                       rp_error *err) {
  size_t begin, end;
  rp_error spare;
  *npy = (rp_npy){.place = content->file};
  RP_TRY(find_header(content, &begin, &end, err));
  const char *const text = (const char *)content->bytes;
  parser p = {text + begin, text + end, npy, err ? err : &spare};
  RP_TRY(parse_dictionary(&p));
  npy->data = content->bytes + end;
  return check_size(npy, content->size - end, err);
}

/* ---- Numbers. ---- */

/* Where a number lies if the first dimension is the fastest. */
static size_t find_in_fortran_order(const rp_npy *npy, size_t at) {
  size_t stride = npy->count, place = 0;
  for (int32_t d = npy->rank - 1; d >= 0; d--) {
    const size_t size = (size_t)npy->dims[d];
    stride /= size;
    place += at % size * stride;
    at /= size;
  }
  return place;
}

static uint64_t get_bits(const rp_npy *npy, size_t at) {
  const size_t width = (size_t)npy->width;
  const size_t place = npy->is_fortran ? find_in_fortran_order(npy, at) : at;
  const uint8_t *const b = npy->data + place * width;
  uint64_t bits = 0;
  for (size_t i = 0; i < width; i++)
    bits |= (uint64_t)b[npy->is_big ? width - 1 - i : i] << 8 * i;
  return bits;
}

bool rp_npy_get_whole(const rp_npy *npy, size_t at, int64_t *value) {
  const uint64_t bits = get_bits(npy, at);
  const uint64_t sign = npy->kind == 'i' ? 1ULL << (8 * npy->width - 1) : 0;
  *value = (int64_t)((bits ^ sign) - sign);
  return npy->kind == 'b'   ? bits <= 1
         : npy->kind == 'u' ? bits <= INT64_MAX
                            : npy->kind == 'i';
}

double rp_npy_get_real(const rp_npy *npy, size_t at) {
  const uint64_t bits = get_bits(npy, at);
  const uint32_t low = (uint32_t)bits;
  int64_t whole;
  double wide;
  float narrow;
  if (npy->kind != 'f')
    return rp_npy_get_whole(npy, at, &whole) ? (double)whole : (double)bits;
  memcpy(&wide, &bits, sizeof wide);
  memcpy(&narrow, &low, sizeof narrow);
  return npy->width == 8 ? wide : (double)narrow;
}
