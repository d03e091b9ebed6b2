/* Draws counterexamples: one pixel for each number; the greatest input is
 * white. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/number.h"
#include "show/export_item.h"
#include "show/png.h"

bool rp_shape_from_dims(int32_t n_dims, const int32_t *dims, rp_shape *shape) {
  if (n_dims == 1) {
    int32_t side = 1;
    while ((int64_t)(side + 1) * (side + 1) <= dims[0]) side++;
    const bool square = side * side == dims[0];
    *shape = (rp_shape){square ? side : 1, square ? side : dims[0], 1, false};
    return true;
  }
  if (n_dims == 2) {
    *shape = (rp_shape){dims[0], dims[1], 1, false};
    return true;
  }
  if (n_dims == 3 && (dims[2] == 1 || dims[2] == 3)) {
    *shape = (rp_shape){dims[0], dims[1], dims[2], false};
    return true;
  }
  if (n_dims == 3 && (dims[0] == 1 || dims[0] == 3)) {
    *shape = (rp_shape){dims[1], dims[2], dims[0], true};
    return true;
  }
  return false;
}

bool rp_shape_parse(const char *text, rp_shape *shape) {
  int32_t dims[3], n = 0;
  for (;;) {
    int64_t value;
    if (n == 3 || *text < '1' || *text > '9') return false;
    const char *const end = rp_read_whole(text, 1, UINT16_MAX, &value);
    if (!end) return false;
    dims[n++] = (int32_t)value;
    if (!*end) break;
    if (*end != 'x') return false;
    text = end + 1;
  }
  return n > 1 && rp_shape_from_dims(n, dims, shape);
}

/* Make pixels [h][w][c] in 0..255; NULL if memory is lacking. */
static uint8_t *make_pixels(const rp_export *what, const uint8_t *x) {
  const rp_shape *const s = &what->shape;
  const int32_t in_hi = what->results->provenance.in_hi;
  const int32_t most = in_hi > 0 ? in_hi : 1;
  const size_t area = (size_t)s->height * (size_t)s->width;
  const size_t channels = (size_t)s->channels;
  uint8_t *const pixel = rp_alloc(area * channels, 1);
  for (size_t i = 0; pixel && i < area; i++)
    for (size_t c = 0; c < channels; c++) {
      const int32_t v = x[s->channels_first ? c * area + i : i * channels + c];
      pixel[i * channels + c] = (uint8_t)((v * 255 + most / 2) / most);
    }
  return pixel;
}

rp_status rp_export_pgm(const rp_export *what, const rp_export_item *item,
                        uint8_t **bytes, size_t *size, rp_error *err) {
  const rp_shape *const s = &what->shape;
  const size_t count = (size_t)s->height * (size_t)s->width;
  char head[160];
  const int length = snprintf(head, sizeof head,
                              "P5\n# sample %" PRId64
                              ", label %d: counterexample at radius %d\n"
                              "%d %d\n%d\n",
                              item->sample, item->label, item->radius, s->width,
                              s->height, what->results->provenance.in_hi);
  *size = (size_t)length + count;
  *bytes = rp_alloc(*size, 1);
  if (!*bytes) return rp_fail(err, RP_E_MEMORY, "export: out of memory");
  memcpy(*bytes, head, (size_t)length);
  memcpy(*bytes + length, item->x, count);
  return RP_OK;
}

rp_status rp_export_png(const rp_export *what, const rp_export_item *item,
                        uint8_t **bytes, size_t *size, rp_error *err) {
  const rp_shape *const s = &what->shape;
  uint8_t *const pixel = make_pixels(what, item->x);
  rp_status st = RP_E_MEMORY;
  if (pixel)
    st = rp_png_encode(pixel, s->width, s->height, s->channels, bytes, size);
  free(pixel);
  return st == RP_OK ? st : rp_fail(err, st, "export: cannot make a PNG");
}
