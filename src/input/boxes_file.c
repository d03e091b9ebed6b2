/* Reads files of boxes: NumPy's arrays, or lines of CSV. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "files/packed.h"
#include "files/sha256.h"
#include "files/zip.h"
#include "input/boxes.h"
#include "input/npy.h"

enum { PLACE_SIZE = 400 };
static const size_t MOST_BYTES = (size_t)1 << 30;

/* What an array, or a line, says. */
typedef enum part { LOWER, UPPER, MASK } part;
static const char *const part_names[] = {"lower", "upper", "mask"};

typedef struct box_reader {
  const char *file;
  const rp_net *net;
  int64_t n_samples;
  rp_boxes *boxes; /* NULL: nothing has been read */
  bool has_masks;  /* in place of bounds */
  rp_error *err;
} box_reader;

/* Store a number of a bound, or of a mask.
 * @param place  what to name in messages: an array or a line */
static rp_status put(box_reader *r, const char *place, part of, int64_t box,
                     int32_t input, int64_t value) {
  const rp_net *const net = r->net;
  const int64_t least = of == MASK ? 0 : net->in_lo;
  const int64_t most = of == MASK ? 1 : net->in_lo + net->in_hi;
  const size_t at = (size_t)box * (size_t)net->n_in + (size_t)input;
  if (value < least || value > most)
    return rp_fail(r->err, RP_E_INPUT,
                   "%s: box %" PRId64 ", input %d: expected %" PRId64
                   "..%" PRId64 ", found %" PRId64,
                   place, box, input, least, most, value);
  const uint8_t own = (uint8_t)(value - least);
  if (of == LOWER) r->boxes->lo[at] = own;
  if (of == UPPER) r->boxes->hi[at] = own;
  r->has_masks = of == MASK;
  if (of == MASK) {
    r->boxes->lo[at] = value ? 0 : (uint8_t)net->in_hi;
    r->boxes->hi[at] = value ? (uint8_t)net->in_hi : 0;
  }
  return RP_OK;
}

static rp_status make_room(box_reader *r, const char *place, int64_t n) {
  if (n != 1 && n != r->n_samples)
    return rp_fail(r->err, RP_E_INPUT,
                   "%s: expected one box, or a box for each of the %" PRId64
                   " samples, found %" PRId64,
                   place, r->n_samples, n);
  if (!r->boxes) return rp_boxes_create(n, r->net->n_in, &r->boxes, r->err);
  if (r->boxes->n == n) return RP_OK;
  return rp_fail(
      r->err, RP_E_INPUT,
      "%s: expected as many boxes as in the array before it, %" PRId64
      ", found %" PRId64,
      place, r->boxes->n, n);
}

/* ---- arrays ---- */

static bool has_shape_of_input(const rp_npy *npy, int32_t first,
                               const rp_net *net) {
  const int32_t rank = npy->rank - first;
  if (rank == 1) return npy->dims[first] == net->n_in;
  if (rank != net->n_dims) return false;
  for (int32_t d = 0; d < rank; d++)
    if (npy->dims[first + d] != net->dims[d]) return false;
  return true;
}

static rp_status fail_shape(const box_reader *r, const rp_npy *npy) {
  char found[80] = "";
  for (int32_t d = 0; d < npy->rank; d++) {
    const size_t used = strlen(found);
    snprintf(found + used, sizeof found - used, "%s%" PRId64, d ? " x " : "",
             npy->dims[d]);
  }
  return rp_fail(r->err, RP_E_INPUT,
                 "%s: expected an array in the shape of the network's %d "
                 "inputs, or of one dimension, perhaps behind a dimension of "
                 "samples, found %s numbers",
                 npy->place, r->net->n_in, found);
}

/* Read the numbers from dimension `first` on, which begin at number `from`. */
static rp_status read_array(box_reader *r, const rp_npy *npy, part of,
                            int32_t first, size_t from) {
  const bool is_one = has_shape_of_input(npy, first, r->net);
  if (!is_one &&
      (npy->rank <= first + 1 || !has_shape_of_input(npy, first + 1, r->net)))
    return fail_shape(r, npy);
  const int64_t n = is_one ? 1 : npy->dims[first];
  if (npy->kind == 'f')
    return rp_fail(r->err, RP_E_INPUT,
                   "%s: expected whole numbers, found an array of reals",
                   npy->place);
  RP_TRY(make_room(r, npy->place, n));
  const int32_t n_in = r->net->n_in;
  for (int64_t i = 0; i < n * n_in; i++) {
    int64_t value;
    if (!rp_npy_get_whole(npy, from + (size_t)i, &value))
      return rp_fail(r->err, RP_E_INPUT,
                     "%s: box %" PRId64 ", input %" PRId64
                     ": expected a number below %s, found a greater one",
                     npy->place, i / n_in, i % n_in,
                     npy->kind == 'b' ? "2" : "2^63");
    RP_TRY(put(r, npy->place, of, i / n_in, (int32_t)(i % n_in), value));
  }
  return RP_OK;
}

static rp_status read_member(box_reader *r, const rp_zip *zip, part of) {
  char member[16], place[PLACE_SIZE];
  rp_file_content content;
  rp_npy npy;
  snprintf(member, sizeof member, "%s.npy", part_names[of]);
  snprintf(place, sizeof place, "%.*s: %s", rp_text_fit(r->file, 300), r->file,
           member);
  RP_TRY(rp_zip_load(zip, rp_zip_find(zip, member), MOST_BYTES, place, &content,
                     r->err));
  rp_status st = rp_npy_parse(&content, &npy, r->err);
  if (st == RP_OK) st = read_array(r, &npy, of, 0, 0);
  rp_file_content_fini(&content);
  return st;
}

static rp_status read_archive(box_reader *r, const rp_file_content *content) {
  char found[200];
  rp_zip zip;
  rp_status st;
  RP_TRY(rp_zip_open(content, &zip, r->err));
  const bool has_mask = rp_zip_find(&zip, "mask.npy") >= 0;
  const bool has_lower = rp_zip_find(&zip, "lower.npy") >= 0;
  const bool has_upper = rp_zip_find(&zip, "upper.npy") >= 0;
  if (has_lower != has_upper || has_mask == has_lower) {
    rp_zip_list(&zip, found, sizeof found);
    st = rp_fail(r->err, RP_E_INPUT,
                 "%s: expected arrays lower and upper, or an array mask, found "
                 "%s",
                 r->file, found);
  } else if (has_mask) {
    st = read_member(r, &zip, MASK);
  } else {
    st = read_member(r, &zip, LOWER);
    if (st == RP_OK) st = read_member(r, &zip, UPPER);
  }
  rp_zip_close(&zip);
  return st;
}

static rp_status read_plain(box_reader *r, const rp_file_content *content) {
  rp_npy npy;
  RP_TRY(rp_npy_parse(content, &npy, r->err));
  if (npy.kind == 'b') return read_array(r, &npy, MASK, 0, 0);
  if (npy.rank < 2 || npy.dims[0] != 2)
    return rp_fail(
        r->err, RP_E_INPUT,
        "%s: expected a mask of type bool, or lower and upper bounds "
        "in an array whose first dimension is 2",
        npy.place);
  RP_TRY(read_array(r, &npy, LOWER, 1, 0));
  return read_array(r, &npy, UPPER, 1, npy.count / 2);
}

/* ---- CSV ---- */

static bool find_part(const char *word, part *of) {
  for (int k = LOWER; k <= MASK; k++)
    if (!strcmp(word, part_names[k])) {
      *of = (part)k;
      return true;
    }
  return false;
}

/* Cut the next cell off a line, without blanks around it. */
static char *cut_cell(char **line) {
  char *cell = strsep(line, ",");
  if (!cell) return NULL;
  cell += strspn(cell, " \t");
  size_t n = strlen(cell);
  while (n > 0 && strchr(" \t\r", cell[n - 1])) n--;
  cell[n] = '\0';
  return cell;
}

static rp_status read_line(box_reader *r, const char *place, char *line,
                           part of, int64_t box) {
  const int32_t n_in = r->net->n_in;
  int32_t input = 0;
  for (char *cell; (cell = cut_cell(&line)); input++) {
    int64_t value;
    if (!rp_parse_whole(cell, INT32_MIN, INT32_MAX, &value))
      return rp_fail(r->err, RP_E_INPUT,
                     "%s: number %d: expected a whole number, found '%.*s'",
                     place, input, rp_text_fit(cell, 40), cell);
    if (input < n_in) RP_TRY(put(r, place, of, box, input, value));
  }
  if (input == n_in) return RP_OK;
  return rp_fail(r->err, RP_E_INPUT,
                 "%s: expected %d numbers behind the word, found %d", place,
                 n_in, input);
}

/* Count the boxes: lines that begin with "lower" or "mask". */
static int64_t count_boxes(const char *text) {
  int64_t n = 0;
  for (const char *at = text; at; at = strchr(at, '\n')) {
    at += strspn(at, "\n \t\r");
    n += !strncmp(at, "lower", 5) || !strncmp(at, "mask", 4);
  }
  return n;
}

/* A lower line is followed by the upper one of its box. */
static rp_status expect_part(const box_reader *r, const char *place,
                             const char *word, int64_t box, bool is_open,
                             part *of) {
  const bool fits = find_part(word, of) && (*of == UPPER) == is_open;
  if (fits && (box == 0 || (*of == MASK) == r->has_masks)) return RP_OK;
  return rp_fail(r->err, RP_E_INPUT,
                 "%s: expected a line that begins with %s, found '%.*s'", place,
                 is_open        ? "upper"
                 : box == 0     ? "lower or mask"
                 : r->has_masks ? "mask"
                                : "lower",
                 rp_text_fit(word, 40), word);
}

static rp_status read_csv(box_reader *r, const rp_file_content *content) {
  char *text = (char *)content->bytes;
  int64_t box = 0, number = 0;
  bool is_open = false; /* its upper line is missing */
  if (strlen(text) != content->size)
    return rp_fail(r->err, RP_E_INPUT,
                   "%s: expected npz, npy or CSV, found a zero byte", r->file);
  RP_TRY(make_room(r, r->file, count_boxes(text)));
  for (char *line; (line = strsep(&text, "\n"));) {
    char place[PLACE_SIZE];
    part of;
    number++;
    if (line[strspn(line, " \t\r")] == '\0') continue;
    snprintf(place, sizeof place, "%.*s:%" PRId64, rp_text_fit(r->file, 300),
             r->file, number);
    RP_TRY(expect_part(r, place, cut_cell(&line), box, is_open, &of));
    RP_TRY(read_line(r, place, line, of, box));
    is_open = of == LOWER;
    box += !is_open;
  }
  if (!is_open) return RP_OK;
  return rp_fail(r->err, RP_E_INPUT,
                 "%s: expected a line that begins with upper at the end",
                 r->file);
}

/* ---- files ---- */

/* Masks alone may exclude inputs. */
static rp_status check_bounds(const box_reader *r) {
  const rp_boxes *const b = r->boxes;
  for (int64_t i = 0; i < b->n * b->n_in; i++) {
    if (b->lo[i] > b->hi[i] && !r->has_masks)
      return rp_fail(r->err, RP_E_INPUT,
                     "%s: box %" PRId64 ", input %" PRId64
                     ": expected lower <= upper, found %d and %d",
                     r->file, i / b->n_in, i % b->n_in,
                     b->lo[i] + r->net->in_lo, b->hi[i] + r->net->in_lo);
  }
  return RP_OK;
}

static rp_status read_any(box_reader *r, const rp_file_content *content) {
  if (rp_zip_has_signature(content->bytes, content->size))
    return read_archive(r, content);
  if (rp_npy_has_signature(content->bytes, content->size))
    return read_plain(r, content);
  return read_csv(r, content);
}

rp_status rp_boxes_read(const char *file, const rp_net *net, int64_t n_samples,
                        rp_boxes **boxes, rp_error *err) {
  box_reader r = {file, net, n_samples, NULL, false, err};
  rp_file_content content;
  char sha256[65];
  RP_TRY(rp_file_load(file, MOST_BYTES, &content, err));
  rp_sha256_bytes(content.bytes, content.size, sha256);
  rp_status st = read_any(&r, &content);
  if (st == RP_OK) st = check_bounds(&r);
  rp_file_content_fini(&content);
  if (st != RP_OK) {
    rp_boxes_free(r.boxes);
    return st;
  }
  memcpy(r.boxes->sha256, sha256, sizeof sha256);
  *boxes = r.boxes;
  return RP_OK;
}
