/* Datasets: idx and CSV (either may be gzipped), HDF5 arrays. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static uint32_t big_endian(const uint8_t *b) {
  return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 |
         b[3];
}

/* Bytes of an idx file behind its head; their shape as [n][dim]. */
static const uint8_t *idx_read(const blob *b, int64_t *n, int64_t *dim) {
  if (b->size < 8 || b->bytes[0] || b->bytes[1] || b->bytes[2] != 8)
    return NULL;
  const size_t rank = b->bytes[3], head = 4 + 4 * rank;
  if (rank < 1 || rank > 4 || b->size < head) return NULL;
  *n = big_endian(b->bytes + 4);
  *dim = 1;
  for (size_t d = 1; d < rank && *dim <= MOST_INPUTS; d++)
    *dim *= big_endian(b->bytes + 4 + 4 * d);
  if (*dim < 1 || *dim > MOST_INPUTS || (wide)*n * *dim != b->size - head)
    return NULL;
  return b->bytes + head;
}

static rp_status idx_taken(const blob *images, const blob *labels, dataset *d,
                           rp_error *err) {
  int64_t n, dim, one;
  const uint8_t *x = idx_read(images, &d->n, &dim);
  const uint8_t *y = labels->bytes ? idx_read(labels, &n, &one) : NULL;
  if (!x || !y || n != d->n || one != 1)
    return rp_fail(err, RP_E_INPUT, "not idx images and labels of one number");
  d->dim = (int32_t)dim;
  d->x = malloc((size_t)(d->n * dim) + 1);
  d->label = malloc((size_t)d->n * sizeof *d->label + 1);
  if (!d->x || !d->label) return rp_fail(err, RP_E_MEMORY, "out of memory");
  memcpy(d->x, x, (size_t)(d->n * dim));
  for (int64_t i = 0; i < d->n; i++) d->label[i] = y[i];
  return RP_OK;
}

static rp_status hdf5_array(const char *file, const blob *b, const char *name,
                            int64_t *n, int64_t *dim, int64_t **data,
                            rp_error *err) {
  h5id id;
  int64_t dims[8];
  int32_t rank = 0;
  void *numbers = NULL;
  RP_TRY(rp_check_h5_open(file, b, &id, err));
  const rp_status st =
      rp_check_h5_array(id, name, H5_INT64, &rank, dims, &numbers, err);
  rp_check_h5_close(id);
  RP_TRY(st);
  *n = dims[0];
  *dim = 1;
  for (int32_t k = 1; k < rank; k++) *dim *= dims[k];
  *data = numbers;
  return RP_OK;
}

static rp_status hdf5_taken(const sources *s, const blob *images,
                            const blob *labels, dataset *d, rp_error *err) {
  int64_t *x = NULL, n, dim, one;
  RP_TRY(hdf5_array(s->dataset, images, s->x_name[0] ? s->x_name : "x", &d->n,
                    &dim, &x, err));
  d->dim = (int32_t)dim;
  d->x = dim <= MOST_INPUTS ? malloc((size_t)(d->n * dim) + 1) : NULL;
  rp_status st = d->x ? RP_OK : rp_fail(err, RP_E_MEMORY, "out of memory");
  for (int64_t i = 0; st == RP_OK && i < d->n * dim; i++) {
    if (x[i] < 0 || x[i] > 255)
      st = rp_fail(err, RP_E_INPUT, "a sample's number leaves 0..255");
    d->x[i] = (uint8_t)x[i];
  }
  free(x);
  RP_TRY(st);
  RP_TRY(hdf5_array(s->labels[0] ? s->labels : s->dataset,
                    labels->bytes ? labels : images,
                    s->y_name[0] ? s->y_name : "y", &n, &one, &d->label, err));
  return n == d->n && one == 1
             ? RP_OK
             : rp_fail(err, RP_E_INPUT, "expected one label a sample");
}

/* A line of numbers; their count, -1 if it is anything else. */
static int64_t line_read(const char *at, const char *end, int64_t *out,
                         int64_t room) {
  for (int64_t n = 0;; at++) {
    int64_t value = 0;
    while (at < end && (*at == ' ' || *at == '\t')) at++;
    if (at == end || !isdigit((unsigned char)*at)) return -1;
    for (; at < end && isdigit((unsigned char)*at); at++)
      if ((value = 10 * value + (*at - '0')) > INT32_MAX) return -1;
    while (at < end && strchr(" \t\r", *at)) at++;
    if (n == room || (n > 0 && value > 255)) return -1;
    out[n++] = value;
    if (at == end) return n;
    if (*at != ',') return -1;
  }
}

static bool is_header(const char *at, const char *end) {
  for (bool start = true; at < end; at++) {
    if (start && (isdigit((unsigned char)*at) || *at == '-' || *at == '+'))
      return false;
    start = *at == ',' || (start && (*at == ' ' || *at == '\t'));
  }
  return true;
}

static rp_status csv_taken(const blob *b, dataset *d, rp_error *err) {
  const char *at = (const char *)b->bytes, *end = at + b->size, *stop;
  if (b->size >= 3 && !memcmp(at, "\xef\xbb\xbf", 3)) at += 3;
  int64_t lines = 1, room = 2;
  for (const char *c = at; c < end; c++) lines += *c == '\n', room += *c == ',';
  int64_t *row = malloc((size_t)room * sizeof *row);
  d->label = malloc((size_t)lines * sizeof *d->label);
  d->x = malloc((size_t)room);
  rp_status st = row && d->label && d->x ? RP_OK : RP_E_MEMORY;
  for (int64_t line = 0; st == RP_OK && at < end; at = stop + 1, line++) {
    stop = memchr(at, '\n', (size_t)(end - at));
    if (!stop) stop = end;
    if (strspn(at, " \t\r") >= (size_t)(stop - at)) continue;
    if (line == 0 && is_header(at, stop)) continue;
    const int64_t n = line_read(at, stop, row, room);
    if (n < 2 || n - 1 > MOST_INPUTS || (d->n > 0 && n - 1 != d->dim))
      st = rp_fail(err, RP_E_INPUT, "line %lld is not a sample",
                   (long long)line + 1);
    d->dim = (int32_t)(n - 1);
    for (int64_t j = 0; st == RP_OK && j < n - 1; j++)
      d->x[d->n * d->dim + j] = (uint8_t)row[j + 1];
    if (st == RP_OK) d->label[d->n++] = row[0];
  }
  free(row);
  return st;
}

/* Samples of more bits than the network takes are rounded to its bits. */
static rp_status fitted(const net *n, dataset *d, rp_error *err) {
  const size_t count = (size_t)d->n * (size_t)d->dim;
  int32_t most = 0, bits = 0;
  if (d->dim != n->n_in)
    return rp_fail(err, RP_E_INPUT, "samples of %d numbers, not %d", d->dim,
                   n->n_in);
  for (size_t i = 0; i < count; i++)
    if (d->x[i] > most) most = d->x[i];
  if (most <= n->in_hi) return RP_OK;
  while (1 << bits <= n->in_hi) bits++;
  if (1 << bits != n->in_hi + 1)
    return rp_fail(err, RP_E_INPUT, "samples leave the network's inputs");
  for (size_t i = 0; i < count; i++) {
    const int32_t v = (d->x[i] + (1 << (7 - bits))) >> (8 - bits);
    d->x[i] = (uint8_t)(v < n->in_hi ? v : n->in_hi);
  }
  return RP_OK;
}

static rp_status blob_read(const char *file, const char *sha256, blob *b,
                           rp_error *err) {
  RP_TRY(rp_check_read(file, b, err));
  if (strcmp(b->sha256, sha256) != 0)
    return rp_fail(err, RP_E_INPUT,
                   "%s: not the file of these results: its "
                   "SHA-256 is another one",
                   file);
  return rp_check_gunzip(file, b, err);
}

rp_status rp_check_dataset(const sources *s, const net *n, dataset *d,
                           rp_error *err) {
  blob images = {0}, labels = {0};
  rp_error why = {""};
  rp_status st = blob_read(s->dataset, s->dataset_sha256, &images, err);
  if (st == RP_OK && s->labels[0])
    st = blob_read(s->labels, s->labels_sha256, &labels, err);
  if (st == RP_OK) {
    const uint8_t *head = images.bytes;
    if (images.size >= 4 && !memcmp(head, "\x89HDF", 4))
      st = hdf5_taken(s, &images, &labels, d, &why);
    else if (images.size >= 4 && !head[0] && !head[1])
      st = idx_taken(&images, &labels, d, &why);
    else
      st = csv_taken(&images, d, &why);
    if (st == RP_OK) st = fitted(n, d, &why);
    if (st != RP_OK) (void)rp_fail(err, st, "%s: %.400s", s->dataset, why.text);
  }
  free(images.bytes);
  free(labels.bytes);
  return st;
}
