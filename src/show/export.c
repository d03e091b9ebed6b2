/* Exports rows to files. All files are listed first, and nothing is written if
 * one of them exists, so that an export is complete or has not begun. */
#include "show/export.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/memory.h"
#include "core/pair.h"
#include "core/text.h"
#include "files/fileutil.h"
#include "show/export_item.h"

typedef struct listing {
  const rp_export *what;
  rp_export_item *item;
  int64_t n;
  rp_export_count *count;
  char stem[128]; /* of the network's file, for names */
} listing;

/* ---- items ---- */

static bool is_instance(rp_verdict verdict) {
  return verdict == RP_ROBUST || verdict == RP_VIOLATED ||
         verdict == RP_UNKNOWN;
}

static void add_query(listing *l, const rp_query_row *q) {
  const int32_t targets = l->what->results->provenance.targets;
  if (!is_instance(q->verdict)) {
    l->count->left_out++;
    return;
  }
  l->item[l->n++] = (rp_export_item){
      .sample = rp_pair_sample(q->sample, targets),
      .target = rp_pair_target(q->sample, targets),
      .has_place = l->what->results->provenance.patch > 0,
      .label = q->label,
      .radius = q->radius,
      .verdict = q->verdict,
      .reason = q->reason,
      .seconds = q->seconds,
      .x = rp_results_get_counterexample(l->what->results, q->counterexample)};
}

/* A radius below the cap is refuted even if no counterexample was kept. */
static void add_radius(listing *l, const rp_radius_row *r) {
  const int32_t cap = l->what->results->provenance.radius_cap;
  const int64_t before = l->n;
  if (!is_instance(r->verdict)) {
    l->count->left_out++;
    return;
  }
  const int32_t targets = l->what->results->provenance.targets;
  rp_export_item item = {.sample = rp_pair_sample(r->sample, targets),
                         .target = rp_pair_target(r->sample, targets),
                         .has_place = l->what->results->provenance.patch > 0,
                         .label = r->label,
                         .seconds = r->seconds,
                         .of_search = true};
  if (r->lo > 0) {
    item.radius = r->lo;
    item.verdict = RP_ROBUST;
    l->item[l->n++] = item;
  }
  if (!rp_radius_is_unbounded(r, cap)) {
    item.x = rp_results_get_counterexample(l->what->results, r->counterexample);
    item.radius = r->hi + 1;
    item.verdict = RP_VIOLATED;
    l->item[l->n++] = item;
  }
  l->count->silent += l->n == before;
}

/* Sort by sample and radius. Of items about the same question a decided one
 * comes first, then one with a counterexample, then one with its own time. */
static int compare_items(const void *left, const void *right) {
  const rp_export_item *a = left, *b = right;
  if (a->sample != b->sample) return a->sample < b->sample ? -1 : 1;
  if (a->target != b->target) return a->target < b->target ? -1 : 1;
  if (a->radius != b->radius) return a->radius < b->radius ? -1 : 1;
  const int open = (a->verdict == RP_UNKNOWN) - (b->verdict == RP_UNKNOWN);
  if (open) return open;
  if (!a->x != !b->x) return a->x ? -1 : 1;
  if (a->of_search != b->of_search) return a->of_search ? 1 : -1;
  return (a->seconds > b->seconds) - (a->seconds < b->seconds);
}

static void list_items(listing *l) {
  const rp_results *const r = l->what->results;
  for (int64_t i = 0; i < r->n_queries; i++) add_query(l, &r->query[i]);
  for (int64_t i = 0; i < r->n_radii; i++) add_radius(l, &r->radius[i]);
  qsort(l->item, (size_t)l->n, sizeof *l->item, compare_items);
  int64_t kept = 0;
  for (int64_t i = 0; i < l->n; i++) {
    const rp_export_item *const last = kept ? &l->item[kept - 1] : NULL;
    if (last && last->sample == l->item[i].sample &&
        last->target == l->item[i].target &&
        last->radius == l->item[i].radius) {
      l->count->joined++;
      continue;
    }
    l->item[kept++] = l->item[i];
  }
  l->n = kept;
}

/* ---- names ---- */

static const char COUNTEREXAMPLE[] = ".counterexample.gz";
static const char PROPERTY[] = ".vnnlib";

static void copy_stem(const char *file, char stem[128]) {
  const char *const slash = strrchr(file, '/');
  rp_text_copy(stem, 128, slash ? slash + 1 : file);
  char *const dot = strrchr(stem, '.');
  if (dot && dot != stem) *dot = '\0';
  if (!*stem) strcpy(stem, "network");
}

static rp_status make_path(const listing *l, const rp_export_item *item,
                           const char *ending, char path[PATH_MAX],
                           rp_error *err) {
  const bool is_property = ending == PROPERTY; /* depends on no network */
  char name[RP_EXPORT_NAME_SIZE];
  int n;
  if (item) rp_export_name(item, name);
  if (item)
    n = snprintf(path, PATH_MAX, "%s/%s%s%s%s", l->what->folder,
                 is_property ? "" : l->stem, is_property ? "" : "_", name,
                 ending);
  else
    n = snprintf(path, PATH_MAX, "%s/%s", l->what->folder, ending);
  if (n < 0 || n >= PATH_MAX)
    return rp_fail(err, RP_E_INPUT, "%.*s...: name too long",
                   rp_text_fit(l->what->folder, 200), l->what->folder);
  return RP_OK;
}

/* ---- visiting every file, to check or write it ---- */

typedef rp_status file_visitor(const listing *l, const rp_export_item *item,
                               const char *ending, const char *path,
                               rp_error *err);

static rp_status visit(const listing *l, const rp_export_item *item,
                       const char *ending, file_visitor *taker, rp_error *err) {
  char path[PATH_MAX];
  RP_TRY(make_path(l, item, ending, path, err));
  return taker(l, item, ending, path, err);
}

static rp_status visit_all(const listing *l, file_visitor *taker,
                           rp_error *err) {
  const rp_export *const w = l->what;
  if (w->vnncomp) RP_TRY(visit(l, NULL, "results.csv", taker, err));
  for (int64_t i = 0; i < l->n; i++) {
    const rp_export_item *const item = &l->item[i];
    if (w->vnncomp) RP_TRY(visit(l, item, PROPERTY, taker, err));
    if (!item->x || item->verdict != RP_VIOLATED) continue;
    if (w->vnncomp) RP_TRY(visit(l, item, COUNTEREXAMPLE, taker, err));
    if (w->pgm) RP_TRY(visit(l, item, ".pgm", taker, err));
    if (w->png) RP_TRY(visit(l, item, ".png", taker, err));
  }
  return RP_OK;
}

static rp_status check_absent(const listing *l, const rp_export_item *item,
                              const char *ending, const char *path,
                              rp_error *err) {
  struct stat about;
  (void)item;
  (void)ending;
  if (lstat(path, &about) != 0) return RP_OK;
  if (l->what->force && S_ISREG(about.st_mode)) return RP_OK;
  return rp_fail(err, RP_E_INPUT, "%s: exists%s", path,
                 S_ISREG(about.st_mode) ? "; --force replaces it"
                                        : " and is not a regular file");
}

static rp_status print_text(FILE *out, const listing *l,
                            const rp_export_item *item, const char *ending,
                            rp_error *err) {
  if (ending == PROPERTY) return rp_export_property(out, l->what, item, err);
  if (item) return rp_export_counterexample(out, l->what, item, err);
  rp_export_csv(out, l->what, l->item, l->n);
  return RP_OK;
}

static rp_status write_text(const listing *l, const rp_export_item *item,
                            const char *ending, const char *path,
                            rp_error *err) {
  char *text = NULL;
  size_t size = 0;
  FILE *const memory = open_memstream(&text, &size);
  rp_status st = memory ? print_text(memory, l, item, ending, err) : RP_OK;
  if (!memory || fclose(memory) != 0)
    st = rp_fail(err, RP_E_MEMORY, "export: out of memory");
  uint8_t *packed = NULL;
  size_t packed_size = 0;
  const bool is_packed = ending == COUNTEREXAMPLE;
  if (st == RP_OK && is_packed)
    st = rp_export_pack(text, size, &packed, &packed_size, err);
  if (st == RP_OK)
    st = is_packed ? rp_file_swap(path, packed, packed_size, err)
                   : rp_file_swap(path, text, size, err);
  free(packed);
  free(text);
  return st;
}

static rp_status write_file(const listing *l, const rp_export_item *item,
                            const char *ending, const char *path,
                            rp_error *err) {
  l->count->counterexamples += ending == COUNTEREXAMPLE;
  if (!item || ending == COUNTEREXAMPLE || ending == PROPERTY)
    return write_text(l, item, ending, path, err);
  uint8_t *bytes = NULL;
  size_t size = 0;
  const bool is_png = !strcmp(ending, ".png");
  RP_TRY((is_png ? rp_export_png : rp_export_pgm)(l->what, item, &bytes, &size,
                                                  err));
  const rp_status st = rp_file_swap(path, bytes, size, err);
  free(bytes);
  l->count->pictures++;
  return st;
}

/* ---- the folder ---- */

static rp_status make_folder(const char *folder, rp_error *err) {
  struct stat about;
  if (mkdir(folder, 0777) == 0) return RP_OK;
  const int why = errno;
  if (why == EEXIST && stat(folder, &about) == 0 && S_ISDIR(about.st_mode))
    return RP_OK;
  return rp_fail(err, RP_E_INPUT, "%s: cannot create this folder: %s", folder,
                 why == EEXIST ? "a file of that name exists" : strerror(why));
}

static rp_status check_shape(const rp_export *w, rp_error *err) {
  const rp_shape *const s = &w->shape;
  const int64_t count = (int64_t)s->height * s->width * s->channels;
  const int32_t n_in = w->results->provenance.n_in;
  if (!w->pgm && !w->png) return RP_OK;
  if (count != n_in)
    return rp_fail(err, RP_E_USAGE,
                   "--shape: %dx%dx%d is %" PRId64
                   " numbers, an input of this network has %d",
                   s->height, s->width, s->channels, count, n_in);
  if (w->pgm && s->channels != 1)
    return rp_fail(err, RP_E_USAGE,
                   "--write pgm: expected grey pictures, found %d channels; "
                   "use png instead",
                   s->channels);
  return RP_OK;
}

static void count_rows(listing *l) {
  for (int64_t i = 0; i < l->n; i++) {
    l->count->without += l->item[i].verdict == RP_VIOLATED && !l->item[i].x;
    l->count->of_searches += l->what->vnncomp && l->item[i].of_search;
  }
  l->count->lines = l->what->vnncomp ? l->n : 0;
}

rp_status rp_export_write(const rp_export *what, rp_export_count *count,
                          rp_error *err) {
  const rp_results *const r = what->results;
  memset(count, 0, sizeof *count);
  listing l = {.what = what, .count = count};
  RP_TRY(check_shape(what, err));
  copy_stem(r->provenance.network_file, l.stem);
  l.item = rp_alloc((size_t)(r->n_queries + 2 * r->n_radii), sizeof *l.item);
  if (!l.item) return rp_fail(err, RP_E_MEMORY, "export: out of memory");
  list_items(&l);
  count_rows(&l);
  rp_status st = visit_all(&l, check_absent, err);
  if (st == RP_OK) st = make_folder(what->folder, err);
  if (st == RP_OK) st = visit_all(&l, write_file, err);
  free(l.item);
  return st;
}
