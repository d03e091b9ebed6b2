/* Reads a results file and the files it was computed from. These are read only
 * if their digests match, so that a results file from somebody else cannot make
 * the page show other files. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "files/sha256.h"
#include "input/network_file.h"
#include "report/page.h"

/* Whether the file has this digest; otherwise `note` says what is wrong. */
static bool has_digest(const char *path, const char *sha256, const char *what,
                       char note[400]) {
  char found[65];
  if (rp_sha256_file(path, found, NULL) != RP_OK) {
    snprintf(note, 400, "the %s, %.*s, could not be read", what,
             rp_text_fit(path, 256), path);
    return false;
  }
  if (!strcmp(found, sha256)) return true;
  snprintf(note, 400, "%.*s is not the %s that was used: its SHA-256 differs",
           rp_text_fit(path, 256), path, what);
  return false;
}

/* Find a file under its name, or relative to the folder of the results. */
static bool find_file(const char *named, const char *results_file,
                      const char *sha256, const char *what, char path[PATH_MAX],
                      char note[400]) {
  const char *const slash = strrchr(results_file, '/');
  if (!*named || !*sha256) {
    snprintf(note, 400, "the results do not name the %s", what);
    return false;
  }
  snprintf(path, PATH_MAX, "%s", named);
  if (has_digest(path, sha256, what, note)) return true;
  if (*named == '/' || !slash) return false;
  char other[400];
  snprintf(path, PATH_MAX, "%.*s%s", (int)(slash + 1 - results_file),
           results_file, named);
  if (!has_digest(path, sha256, what, other)) return false;
  *note = '\0';
  return true;
}

static const char *get_given(const char *text) {
  return *text ? text : NULL;
}

static rp_status read_network(rp_page_source *s, const rp_page_files *instead,
                              rp_error *err) {
  const rp_provenance *const p = &s->results->provenance;
  char path[PATH_MAX];
  rp_error why = {""};
  const char *const named =
      instead->network ? instead->network : p->network_file;
  if (!find_file(named, s->file, p->network_sha256, "network", path,
                 s->net_note))
    return RP_OK;
  const rp_network_source source = {.file = path,
                                    .format = get_given(p->network_format),
                                    .profile = get_given(p->network_profile),
                                    .input_bits = p->input_bits,
                                    .bits = p->bits};
  const rp_status st = rp_network_read(&source, &s->net, &why);
  if (st == RP_E_MEMORY) return rp_fail(err, st, "%s", why.text);
  if (st == RP_OK && s->net->n_in == p->n_in && s->net->in_lo == p->in_lo &&
      s->net->in_hi == p->in_hi &&
      !strcmp(s->net->sha256, p->network_sha256)) /* not exchanged meanwhile */
    return RP_OK;
  rp_text_copy(s->net_note, sizeof s->net_note,
               st == RP_OK ? "the network's inputs are not those of the results"
                           : why.text);
  rp_net_free(s->net);
  s->net = NULL;
  return RP_OK;
}

/* Convert the samples to inputs of the network or, if that could not be read,
 * of a substitute with the same inputs. */
static rp_status fit_dataset(rp_page_source *s, rp_error *why) {
  const rp_provenance *const p = &s->results->provenance;
  const rp_net stand_in = {.n_in = p->n_in,
                           .in_lo = p->in_lo,
                           .in_hi = p->in_hi,
                           .n_out = INT32_MAX,
                           .n_dims = 1,
                           .dims = {p->n_in}};
  return rp_dataset_fit(s->data, s->net ? s->net : &stand_in, why);
}

static rp_status read_dataset(rp_page_source *s, const rp_page_files *instead,
                              rp_error *err) {
  const rp_provenance *const p = &s->results->provenance;
  const char *const named =
      instead->dataset ? instead->dataset : p->dataset_file;
  const char *const labels_named =
      instead->labels ? instead->labels : p->labels_file;
  char path[PATH_MAX], labels[PATH_MAX];
  rp_error why = {""};
  if (!find_file(named, s->file, p->dataset_sha256, "dataset", path,
                 s->data_note) ||
      (*p->labels_file && !find_file(labels_named, s->file, p->labels_sha256,
                                     "labels' file", labels, s->data_note)))
    return RP_OK;
  const rp_dataset_source source = {.file = path,
                                    .labels = *p->labels_file ? labels : NULL,
                                    .format = get_given(p->dataset_format),
                                    .x_name = get_given(p->x_name),
                                    .y_name = get_given(p->y_name),
                                    .layout = get_given(p->dataset_layout),
                                    .values = p->values};
  rp_status st = rp_dataset_read(&source, &s->data, &why);
  if (st == RP_OK && (strcmp(s->data->sha256, p->dataset_sha256) != 0 ||
                      strcmp(s->data->labels_sha256, p->labels_sha256) != 0))
    st = rp_fail(&why, RP_E_INPUT, "the dataset was exchanged");
  if (st == RP_OK) st = fit_dataset(s, &why);
  if (st == RP_OK) return RP_OK;
  rp_dataset_free(s->data);
  s->data = NULL;
  if (st == RP_E_MEMORY) return rp_fail(err, st, "%s", why.text);
  rp_text_copy(s->data_note, sizeof s->data_note, why.text);
  return RP_OK;
}

static rp_status read_all(rp_page_source *s, const rp_page_files *instead,
                          rp_error *err) {
  RP_TRY(rp_results_read(s->file, &s->results, err));
  RP_TRY(rp_results_sort(s->results, err));
  RP_TRY(read_network(s, instead, err));
  return read_dataset(s, instead, err);
}

rp_status rp_page_source_read(const char *file, const rp_page_files *instead,
                              rp_page_source *source, rp_error *err) {
  *source = (rp_page_source){.file = strdup(file)};
  if (!source->file) return rp_fail(err, RP_E_MEMORY, "report: out of memory");
  const rp_status st = read_all(source, instead, err);
  if (st != RP_OK) rp_page_source_fini(source);
  return st;
}

void rp_page_source_fini(rp_page_source *source) {
  free(source->file);
  rp_results_free(source->results);
  rp_net_free(source->net);
  rp_dataset_free(source->data);
  *source = (rp_page_source){0};
}
