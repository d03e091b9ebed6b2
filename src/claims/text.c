/* Writes the claims of a results file in the plain format of docs/claims.md,
 * for rampart-verified-check: the network as integers, and for each claim its
 * text and the streams that may prove it. Nothing is checked here. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "claims/claims.h"

typedef char path[4096];

static FILE *create(const char *folder, const char *name, const char *suffix,
                    char *file) {
  const int size =
      snprintf(file, sizeof(path), "%s/%s%s", folder, name, suffix);
  if (size >= (int)sizeof(path))
    rp_check_stop(folder, "the folder's name is too long for files in it");
  FILE *out = fopen(file, "wbx");
  if (!out) rp_check_stop(file, "cannot create: %s", strerror(errno));
  return out;
}

static void finish(FILE *out, const char *file) {
  const bool good = !ferror(out);
  if (fclose(out) != 0 || !good) rp_check_stop(file, "cannot write");
}

/* ---- the network ---- */

static void write_weights(FILE *out, const char *word, const int16_t *w,
                          size_t n) {
  fputs(word, out);
  for (size_t k = 0; k < n; k++) fprintf(out, " %d", w[k]);
  fputc('\n', out);
}

/* Rows of the same length. */
static void write_rows(FILE *out, const int16_t *w, int32_t rows, size_t n) {
  for (int32_t i = 0; i < rows; i++) write_weights(out, "row", w + i * n, n);
}

static void write_sizes(FILE *out, const int32_t *size, int n) {
  for (int d = 0; d < n; d++) fprintf(out, " %d", size[d]);
}

static void write_conv(FILE *out, const term *t) {
  const shape *s = &t->shape;
  write_sizes(out, s->in, 3);
  write_sizes(out, s->out, 3);
  write_sizes(out, s->kernel, 2);
  write_sizes(out, s->stride, 2);
  write_sizes(out, s->dilation, 2);
  write_sizes(out, s->pad, 2);
  fprintf(out, " %d\n", s->groups);
  write_rows(out, t->w, s->out[2],
             (size_t)(s->kernel[0] * s->kernel[1]) *
                 (size_t)(s->in[2] / s->groups));
}

static void write_select(FILE *out, const block *b, const term *t) {
  fputs("\ncolumns", out);
  write_sizes(out, t->index, b->n_acc);
  fputc('\n', out);
  write_weights(out, "weights", t->w, (size_t)b->n_acc);
}

/* The columns that each row reads of the source, with their weights. */
static void write_taps(FILE *out, const net *n, const block *b, const term *t) {
  const int32_t first = rp_check_first(n, t->source);
  for (int32_t i = 0; i < b->n_acc; i++) {
    fputs("taps", out);
    for (size_t at = b->row[i]; at < b->row[i + 1]; at++)
      for (int32_t j = 0; j < b->run[at].n; j++)
        if (n->of[b->run[at].first] == t->source)
          fprintf(out, " %d %d", b->run[at].first - first + j, b->run[at].w[j]);
    fputc('\n', out);
  }
}

/* Whether a term before this one has its source. */
static bool is_again(const block *b, const term *t) {
  for (const term *other = b->term; other < t; other++)
    if (other->source == t->source) return true;
  return false;
}

/* A block with constant neurons, which have no taps, is written row by row: all
 * terms of a source together. */
static void write_term(FILE *out, const net *n, int32_t k, const term *t) {
  static const char *const kinds[] = {"dense", "conv", "select"};
  const block *b = &n->block[k];
  const bool is_sparse = memchr(b->folded, true, (size_t)b->n_acc) != NULL;
  if (is_sparse && is_again(b, t)) return;
  fprintf(out, "%s %d", is_sparse ? "sparse" : kinds[t->kind],
          k - 1 - t->source);
  if (!is_sparse && t->kind == CONV) {
    write_conv(out, t);
  } else if (!is_sparse && t->kind == SELECT) {
    write_select(out, b, t);
  } else {
    fputc('\n', out);
    if (is_sparse)
      write_taps(out, n, b, t);
    else
      write_rows(out, t->w, b->n_acc, (size_t)t->n_in);
  }
}

static void write_stair(FILE *out, const stair *s) {
  if (!s->threshold) {
    fprintf(out, "shift %d %d %d\n", s->shift, s->lo, s->hi);
    return;
  }
  fprintf(out, "table %d", s->lo);
  for (int32_t k = 0; k < s->hi - s->lo; k++)
    fprintf(out, " %" PRId64, s->threshold[k]);
  fputc('\n', out);
}

/* Accumulators of a neuron are folded together. */
static bool is_folded(const block *b, int32_t neuron) {
  return b->folded[b->member[b->begin[neuron]] - b->first];
}

/* The channels' staircases are followed by those of neurons that were found to
 * be constant. */
static void write_stairs(FILE *out, const block *b) {
  int32_t n = b->n_stairs;
  for (int32_t c = 0; c < b->n_stairs; c++) write_stair(out, &b->stair[c]);
  for (int32_t i = 0; i < b->n_out; i++)
    if (is_folded(b, i)) write_stair(out, &b->own[i]);
  fputs("which", out);
  for (int32_t i = 0; i < b->n_out; i++)
    fprintf(out, " %d", is_folded(b, i) ? n++ : i % b->n_stairs);
  fputc('\n', out);
}

static void write_block(FILE *out, const net *n, int32_t k) {
  const block *b = &n->block[k];
  fputs("layer\n", out);
  for (int32_t t = 0; t < b->n_terms; t++) write_term(out, n, k, &b->term[t]);
  fputs("biases", out);
  for (int32_t i = 0; i < b->n_acc; i++) fprintf(out, " %" PRId64, b->b[i]);
  fputc('\n', out);
  write_stairs(out, b);
  if (b->owner) {
    fputs("pools", out);
    write_sizes(out, b->owner, b->n_acc);
    fputc('\n', out);
  }
}

void rp_check_create_folder(const char *folder, bool is_new) {
  if (mkdir(folder, 0777) != 0 && (is_new || errno != EEXIST))
    rp_check_stop(folder, "cannot create the folder: %s", strerror(errno));
}

void rp_check_write_network(const char *folder, const char *sha256,
                            const net *n) {
  path file;
  FILE *out = create(folder, "network", "", file);
  fprintf(out, "rampart-network 1\nsha256:%s\ninputs %d %d\n", sha256, n->n_in,
          n->in_hi);
  for (int32_t k = 0; k < n->n_blocks; k++) write_block(out, n, k);
  finish(out, file);
}

/* ---- a claim ---- */

static void write_number(FILE *out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) fputc((int)(value & 0x7f) | 0x80, out);
  fputc((int)value, out);
}

static void write_streams(const char *folder, const assertion *a) {
  path file;
  FILE *out = create(folder, a->name, ".proof", file);
  for (int64_t k = 0; k < a->n_streams; k++) {
    const stream *s = &a->streams[k];
    write_number(out, s->name);
    write_number(out, (uint64_t)s->radius);
    write_number(out, s->plain.size);
    if (s->plain.size) fwrite(s->plain.bytes, 1, s->plain.size, out);
  }
  finish(out, file);
}

/* What the claim is about: a ball or a box. */
static void write_region(FILE *out, const assertion *a) {
  static const char *const side[] = {"least", "most"};
  if (!a->box[0]) {
    fprintf(out, "\nradius %" PRId64, a->radius);
    return;
  }
  for (int k = 0; k < 2; k++) {
    fprintf(out, "\n%s", side[k]);
    write_sizes(out, a->box[k], a->n_in);
  }
}

void rp_check_write_claim(const char *folder, const char *sha256,
                          const assertion *a) {
  path file;
  FILE *out = create(folder, a->name, ".claim", file);
  fprintf(out,
          "rampart-claim 1\nsha256:%s\nsample %" PRId64 "\nlabel %" PRId64
          "\ninput",
          sha256, a->sample, a->label);
  for (int32_t p = 0; p < a->n_in; p++) fprintf(out, " %d", a->x[p]);
  write_region(out, a);
  fprintf(out, "\n%s", a->verdict);
  for (int32_t p = 0; a->counterexample && p < a->n_in; p++)
    fprintf(out, " %" PRId64, a->counterexample[p]);
  fputc('\n', out);
  finish(out, file);
  if (a->n_streams > 0) write_streams(folder, a);
}
