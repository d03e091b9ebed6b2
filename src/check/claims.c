/* Writes the claims of a results file in the plain format of docs/claims.md,
 * for rampart-verified-check: the network as integers, and for each claim its
 * text and the streams that may prove it. Nothing is checked here. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "check/check.h"

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

static void write_layer(FILE *out, const layer *l) {
  fputs("layer\ndense 0\n", out);
  for (int32_t i = 0; i < l->n_out; i++) {
    fputs("row", out);
    for (int32_t j = 0; j < l->n_in; j++)
      fprintf(out, " %d", l->w[(size_t)i * (size_t)l->n_in + (size_t)j]);
    fputc('\n', out);
  }
  fputs("biases", out);
  for (int32_t i = 0; i < l->n_out; i++) fprintf(out, " %d", l->b[i]);
  fprintf(out, "\nshift %d %d %d\nwhich", l->shift, l->lo, l->hi);
  for (int32_t i = 0; i < l->n_out; i++) fputs(" 0", out);
  fputc('\n', out);
}

void rp_check_create_folder(const char *folder) {
  if (mkdir(folder, 0777) != 0)
    rp_check_stop(folder, "cannot create the folder: %s", strerror(errno));
}

void rp_check_write_network(const char *folder, const char *sha256,
                            const net *n) {
  path file;
  FILE *out = create(folder, "network", "", file);
  fprintf(out, "rampart-network 1\nsha256:%s\ninputs %d %d\n", sha256, n->n_in,
          n->in_hi);
  for (int32_t k = 0; k < n->n_layers; k++) write_layer(out, &n->layer[k]);
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

void rp_check_write_claim(const char *folder, const char *sha256,
                          const assertion *a) {
  path file;
  FILE *out = create(folder, a->name, ".claim", file);
  fprintf(out,
          "rampart-claim 1\nsha256:%s\nsample %" PRId64 "\nlabel %" PRId64
          "\ninput",
          sha256, a->sample, a->label);
  for (int32_t p = 0; p < a->n_in; p++) fprintf(out, " %d", a->x[p]);
  fprintf(out, "\nradius %" PRId64 "\n%s", a->radius, a->verdict);
  for (int32_t p = 0; a->counterexample && p < a->n_in; p++)
    fprintf(out, " %" PRId64, a->counterexample[p]);
  fputc('\n', out);
  finish(out, file);
  if (a->n_streams > 0) write_streams(folder, a);
}
