/* Draws inputs as PNG in data URIs. They take a few hundred bytes each, less
 * than any other form of a picture. */
#include "report/picture.h"

#include <math.h>
#include <nettle/base64.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "show/png.h"

/* ---- Shape ---- */

static rp_picture_shape choose_flat_shape(int32_t n_in) {
  int32_t side = (int32_t)ceil(sqrt((double)n_in) - 1e-9);
  if (side < 1) side = 1;
  return (rp_picture_shape){
      .width = side, .height = (n_in + side - 1) / side, .channels = 1};
}

static rp_picture_shape choose_shape(const int32_t *dims, int32_t n_dims,
                                     int32_t n_in) {
  rp_picture_shape s = choose_flat_shape(n_in);
  if (n_dims == 2) {
    s.height = dims[0], s.width = dims[1];
  } else if (n_dims == 3 && (dims[2] == 1 || dims[2] == 3)) {
    s.height = dims[0], s.width = dims[1], s.channels = dims[2];
  } else if (n_dims == 3 && (dims[0] == 1 || dims[0] == 3)) {
    s.height = dims[1], s.width = dims[2], s.channels = dims[0];
    s.planes = true;
  }
  return s;
}

rp_picture_shape rp_picture_choose_shape(const rp_page_source *source) {
  const rp_provenance *const p = &source->results->provenance;
  const rp_net *const net = source->net;
  const rp_dataset *const data = source->data;
  rp_picture_shape s;
  if (net && net->n_dims > 1)
    s = choose_shape(net->dims, net->n_dims, p->n_in);
  else if (data)
    s = choose_shape(data->dims, data->n_dims, p->n_in);
  else
    s = choose_flat_shape(p->n_in);
  s.n_in = p->n_in;
  s.in_hi = p->in_hi > 0 ? p->in_hi : 1;
  return s;
}

/* ---- Pixels ---- */

static int64_t get_place(const rp_picture_shape *s, int64_t i) {
  if (!s->planes) return i;
  const int64_t plane = (int64_t)s->width * s->height;
  return i % plane * s->channels + i / plane;
}

static void write_base64(FILE *out, const uint8_t *bytes, size_t size) {
  char group[BASE64_ENCODE_RAW_LENGTH(3)];
  for (size_t i = 0; i < size; i += 3) {
    base64_encode_raw(group, size - i < 3 ? size - i : 3, bytes + i);
    fwrite(group, 1, sizeof group, out);
  }
}

static rp_status write_image(FILE *out, const rp_picture_shape *s,
                             const uint8_t *pixel, int32_t channels,
                             const char *alt) {
  uint8_t *png = NULL;
  size_t size;
  RP_TRY(rp_png_encode(pixel, s->width, s->height, channels, &png, &size));
  fputs("<img alt=\"", out);
  rp_xml_text(out, alt);
  fprintf(out, "\" width=\"%d\" height=\"%d\" src=\"data:image/png;base64,",
          s->width, s->height);
  write_base64(out, png, size);
  fputs("\"/>", out);
  free(png);
  return RP_OK;
}

static uint8_t *allocate_pixels(const rp_picture_shape *s, int32_t channels) {
  return rp_alloc((size_t)s->width * (size_t)s->height, (size_t)channels);
}

rp_status rp_picture_write(FILE *out, const rp_picture_shape *shape,
                           const uint8_t *input, const char *alt) {
  uint8_t *const pixel = allocate_pixels(shape, shape->channels);
  if (!pixel) return RP_E_MEMORY;
  for (int64_t i = 0; i < shape->n_in; i++)
    pixel[get_place(shape, i)] = (uint8_t)(input[i] * 255 / shape->in_hi);
  const rp_status st = write_image(out, shape, pixel, shape->channels, alt);
  free(pixel);
  return st;
}

int32_t rp_picture_distance(const rp_picture_shape *shape, const uint8_t *a,
                            const uint8_t *b, int32_t *changed) {
  int32_t most = 0;
  *changed = 0;
  for (int32_t i = 0; i < shape->n_in; i++) {
    const int32_t change = abs(b[i] - a[i]);
    *changed += change > 0;
    if (change > most) most = change;
  }
  return most;
}

/* Choose a colour: white for 0, towards orange for 1 and blue for -1. */
static void colour_change(double t, uint8_t rgb[3]) {
  static const double up[] = {213, 94, 0}, down[] = {0, 90, 178};
  const double *const end = t < 0 ? down : up;
  for (int k = 0; k < 3; k++)
    rgb[k] = (uint8_t)(255 + fabs(t) * (end[k] - 255) + 0.5);
}

/* In colour pictures each channel shows its own change; grey means none. */
rp_status rp_picture_write_change(FILE *out, const rp_picture_shape *shape,
                                  const uint8_t *a, const uint8_t *b,
                                  const char *alt) {
  int32_t changed;
  const int32_t most = rp_picture_distance(shape, a, b, &changed);
  uint8_t *const pixel = allocate_pixels(shape, 3);
  if (!pixel) return RP_E_MEMORY;
  memset(pixel, 255, (size_t)shape->width * (size_t)shape->height * 3);
  for (int64_t i = 0; i < shape->n_in; i++) {
    const double t = most > 0 ? (double)(b[i] - a[i]) / most : 0;
    if (shape->channels == 1)
      colour_change(t, pixel + 3 * i);
    else
      pixel[get_place(shape, i)] = (uint8_t)(127.5 + 127 * t);
  }
  const rp_status st = write_image(out, shape, pixel, 3, alt);
  free(pixel);
  return st;
}
