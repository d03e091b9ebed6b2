/* Reads and writes whole results files.
 *
 * A file is built in memory and replaces the old one atomically. All its
 * metadata and data carry checksums (HDF5 1.10 format), so that readers notice
 * a damaged copy. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "files/h5strict.h"
#include "store/input_range.h"
#include "store/results_check.h"
#include "store/results_provenance.h"
#include "store/results_table.h"

static const char TIMING[] = "/timing";
static const char COUNTEREXAMPLES[] = "/counterexamples";

enum { CHUNK_BYTES = 1 << 20, DEFLATE_LEVEL = 4 };

/* ---- Writing ---- */

/* A chunk has whole rows, about 1 MiB of them, or less if there are few. */
static hid_t create_counterexamples_plan(hsize_t n, hsize_t width) {
  hsize_t rows = 1;
  while (rows < n && 2 * rows * width <= CHUNK_BYTES) rows *= 2;
  const hsize_t chunk[2] = {rows, width};
  const hid_t plan = H5Pcreate(H5P_DATASET_CREATE);
  (void)H5Pset_chunk(plan, 2, chunk);
  (void)H5Pset_obj_track_times(plan, false);
  if (H5Zfilter_avail(H5Z_FILTER_DEFLATE) > 0)
    (void)H5Pset_deflate(plan, DEFLATE_LEVEL);
  (void)H5Pset_fletcher32(plan);
  return plan;
}

/* Rows of inputs. */
typedef struct inputs {
  const char *name, *title;
  const uint8_t *x; /* [n][n_in] */
  int64_t n;
} inputs;

static hid_t create_inputs(hid_t file, const rp_provenance *p,
                           const inputs *of) {
  const hsize_t width = (hsize_t)p->n_in;
  const hsize_t widest = width ? width : 1; /* HDF5 has no empty chunks */
  const hsize_t extent[2] = {(hsize_t)of->n, width};
  const hsize_t most[2] = {H5S_UNLIMITED, widest};
  const hid_t space = H5Screate_simple(2, extent, most);
  const hid_t plan = create_counterexamples_plan(extent[0], widest);
  const hid_t dataset = H5Dcreate2(file, of->name, rp_input_range_type(p),
                                   space, H5P_DEFAULT, plan, H5P_DEFAULT);
  rp_h5_close(plan);
  rp_h5_close(space);
  return dataset;
}

static rp_status write_inputs(hid_t file, const rp_provenance *p,
                              const inputs *of, rp_error *err) {
  const hid_t dataset = create_inputs(file, p, of);
  rp_status status = RP_OK;
  if (dataset < 0)
    status = rp_fail(err, RP_E_IO, "%s: HDF5 cannot write", of->name);
  if (status == RP_OK && of->n > 0)
    status = rp_inputs_write(dataset, p, of->x, of->n, err);
  if (status == RP_OK)
    status = rp_h5_set_string(dataset, "title", of->title, err);
  if (status == RP_OK) status = rp_input_range_write(dataset, p, err);
  rp_h5_close(dataset);
  return status;
}

static rp_status write_counterexamples(hid_t file, const rp_results *r,
                                       rp_error *err) {
  const inputs all = {
      COUNTEREXAMPLES,
      "Inputs that are predicted wrongly; row = column counterexample",
      r->counterexample, r->n_counterexamples};
  return write_inputs(file, &r->provenance, &all, err);
}

static rp_status write_boxes(hid_t file, const rp_results *r, rp_error *err) {
  const rp_boxes *const b = r->boxes;
  if (!b) return RP_OK;
  const inputs lower = {RP_BOX_LOWER,
                        "Least values of inputs, for all samples or for each; "
                        "above the greatest: the sample's",
                        b->lo, b->n};
  const inputs upper = {RP_BOX_UPPER, "Greatest values of inputs", b->hi, b->n};
  RP_TRY(write_inputs(file, &r->provenance, &lower, err));
  return write_inputs(file, &r->provenance, &upper, err);
}

static rp_status create_timing_group(hid_t file, rp_error *err) {
  const hid_t group = rp_h5_create_group(file, TIMING);
  rp_h5_close(group);
  if (group < 0) return rp_fail(err, RP_E_IO, "%s: HDF5 cannot write", TIMING);
  return RP_OK;
}

static rp_table_pairs get_pairs(const rp_provenance *p) {
  return (rp_table_pairs){p->targets, p->patch > 0};
}

static rp_status write_tables(hid_t file, const rp_results *r, rp_error *err) {
  RP_TRY(rp_provenance_write(file, &r->provenance, err));
  RP_TRY(create_timing_group(file, err));
  const rp_table_pairs pairs = get_pairs(&r->provenance);
  const rp_table_content queries = {r->query, r->n_queries, pairs};
  const rp_table_content radii = {r->radius, r->n_radii, pairs};
  const rp_table_content ranks = {r->rank, r->n_ranks, {0}};
  const rp_table_content tasks = {r->task, r->n_tasks, pairs};
  RP_TRY(rp_table_write(file, &rp_table_queries, &queries, err));
  RP_TRY(rp_table_write(file, &rp_table_query_times, &queries, err));
  RP_TRY(rp_table_write(file, &rp_table_radii, &radii, err));
  RP_TRY(rp_table_write(file, &rp_table_radius_times, &radii, err));
  RP_TRY(rp_table_write(file, &rp_table_ranks, &ranks, err));
  RP_TRY(rp_table_write(file, &rp_table_timeline, &tasks, err));
  RP_TRY(write_boxes(file, r, err));
  return write_counterexamples(file, r, err);
}

rp_status rp_results_write_after(const rp_results *results, const char *file,
                                 const rp_file_step *before, rp_error *err) {
  hid_t id;
  rp_error why;
  RP_TRY(rp_h5_create_image(&id, err));
  /* From this version on, chunk indexes carry checksums too. */
  (void)H5Fset_libver_bounds(id, H5F_LIBVER_V110, H5F_LIBVER_V110);
  rp_status status = write_tables(id, results, &why);
  if (status == RP_OK)
    status = rp_h5_write_image(id, file, before, err);
  else
    (void)rp_fail(err, status, "%s: %.*s", file, rp_text_fit(why.text, 400),
                  why.text);
  rp_h5_close(id);
  return status;
}

rp_status rp_results_write(const rp_results *results, const char *file,
                           rp_error *err) {
  return rp_results_write_after(results, file, NULL, err);
}

/* ---- Reading ---- */

/* Allocate n rows or more: appending relies on a power of two. */
static void *allocate_rows(int64_t n, size_t size) {
  size_t capacity = 1;
  while (capacity < (size_t)n) capacity *= 2;
  return rp_alloc(capacity, size);
}

static rp_status fail_out_of_memory(hid_t file, const char *path,
                                    rp_error *err) {
  rp_error why;
  (void)rp_h5_fail(file, &why, "%s", path);
  return rp_fail(err, RP_E_MEMORY, "%.*s: out of memory",
                 rp_text_fit(why.text, 300), why.text);
}

/* Read a table and the table with the times of the same rows. */
static rp_status read_pair(hid_t file, const rp_table *table,
                           const rp_table *times, rp_table_rows *to,
                           rp_error *err) {
  RP_TRY(rp_table_get_length(file, table, &to->n, err));
  to->row = allocate_rows(to->n, table->row_size);
  if (!to->row) return fail_out_of_memory(file, table->path, err);
  to->table = table;
  RP_TRY(rp_table_read(file, to, err));
  to->table = times;
  return times ? rp_table_read(file, to, err) : RP_OK;
}

static rp_status read_queries(hid_t file, bool old, rp_results *r,
                              rp_error *err) {
  rp_table_rows to = {.old = old, .pairs = get_pairs(&r->provenance)};
  const rp_status status =
      read_pair(file, &rp_table_queries, &rp_table_query_times, &to, err);
  r->query = to.row;
  r->n_queries = to.n;
  return status;
}

static rp_status read_radii(hid_t file, bool old, rp_results *r,
                            rp_error *err) {
  rp_table_rows to = {.old = old, .pairs = get_pairs(&r->provenance)};
  const rp_status status =
      read_pair(file, &rp_table_radii, &rp_table_radius_times, &to, err);
  r->radius = to.row;
  r->n_radii = to.n;
  return status;
}

static rp_status read_ranks(hid_t file, bool old, rp_results *r,
                            rp_error *err) {
  rp_table_rows to = {.old = old};
  const rp_status status = read_pair(file, &rp_table_ranks, NULL, &to, err);
  r->rank = to.row;
  r->n_ranks = to.n;
  return status;
}

static rp_status read_timeline(hid_t file, bool old, rp_results *r,
                               rp_error *err) {
  rp_table_rows to = {.old = old, .pairs = get_pairs(&r->provenance)};
  if (old && H5Lexists(file, rp_table_timeline.path, H5P_DEFAULT) == 0)
    return RP_OK;
  const rp_status status = read_pair(file, &rp_table_timeline, NULL, &to, err);
  r->task = to.row;
  r->n_tasks = to.n;
  return status;
}

static bool is_timing_member(const char *name) {
  static const char *const members[] = {"queries", "radii", NULL};
  return rp_h5_is_among(name, members);
}

static rp_status check_timing(hid_t file, rp_error *err) {
  hid_t group;
  RP_TRY(rp_h5_open_group(file, TIMING, &group, err));
  const rp_status status =
      rp_h5_refuse_others(group, rp_h5_is_never_known, is_timing_member, err);
  rp_h5_close(group);
  return status;
}

static bool is_counterexample_attribute(const char *name) {
  return !strcmp(name, "title") || rp_input_range_has(name);
}

static rp_status check_range(hid_t dataset, const rp_provenance *p,
                             rp_error *err) {
  rp_provenance found;
  RP_TRY(rp_input_range_read(dataset, &found, err));
  if (found.in_lo == p->in_lo && found.in_hi == p->in_hi) return RP_OK;
  return rp_h5_fail(dataset, err,
                    "attribute 'input_max': expected inputs %d..%d, found "
                    "%d..%d",
                    p->in_lo, p->in_lo + p->in_hi, found.in_lo,
                    found.in_lo + found.in_hi);
}

/* Read rows of inputs, n of them. */
static rp_status read_inputs(hid_t dataset, const rp_provenance *p, uint8_t **x,
                             int64_t *n, rp_error *err) {
  int64_t dims[2];
  RP_TRY(rp_h5_refuse_others(dataset, is_counterexample_attribute, NULL, err));
  RP_TRY(check_range(dataset, p, err));
  RP_TRY(rp_h5_get_shape(dataset, 2, dims, err));
  if (dims[1] != p->n_in)
    return rp_h5_fail(dataset, err,
                      "expected rows of %d inputs, found %" PRId64, p->n_in,
                      dims[1]);
  if (dims[0] == 0 || dims[1] == 0) return RP_OK;
  RP_TRY(rp_inputs_read(dataset, p, dims[0], x, err));
  *n = dims[0];
  return RP_OK;
}

static rp_status read_side(hid_t file, const char *name, const rp_provenance *p,
                           uint8_t **x, int64_t *n, rp_error *err) {
  hid_t dataset;
  *n = 0;
  RP_TRY(rp_h5_open_dataset(file, name, &dataset, err));
  rp_status status = read_inputs(dataset, p, x, n, err);
  if (status == RP_OK && *n < 1)
    status = rp_h5_fail(dataset, err, "expected a box or more, found none");
  rp_h5_close(dataset);
  return status;
}

static rp_status read_boxes(hid_t file, rp_results *r, rp_error *err) {
  const rp_provenance *const p = &r->provenance;
  rp_boxes *b;
  int64_t n;
  if (!*p->box_sha256) return RP_OK;
  RP_TRY(rp_boxes_create(0, p->n_in, &b, err));
  r->boxes = b;
  free(b->lo);
  free(b->hi);
  b->lo = b->hi = NULL;
  RP_TRY(read_side(file, RP_BOX_LOWER, p, &b->lo, &b->n, err));
  RP_TRY(read_side(file, RP_BOX_UPPER, p, &b->hi, &n, err));
  memcpy(b->sha256, p->box_sha256, sizeof b->sha256);
  if (n == b->n) return RP_OK;
  return rp_h5_fail(file, err,
                    "/%s: expected %" PRId64 " rows as in /%s, found %" PRId64,
                    RP_BOX_UPPER, b->n, RP_BOX_LOWER, n);
}

/* Enlarge the block that was read: appending relies on a power of two. */
static rp_status round_capacity(hid_t file, rp_results *r, rp_error *err) {
  size_t capacity = 1;
  while (capacity < (size_t)r->n_counterexamples) capacity *= 2;
  void *block =
      rp_realloc(r->counterexample, capacity, (size_t)r->provenance.n_in);
  if (!block) return fail_out_of_memory(file, COUNTEREXAMPLES, err);
  r->counterexample = block;
  return RP_OK;
}

static rp_status read_counterexamples(hid_t file, rp_results *r,
                                      rp_error *err) {
  hid_t dataset;
  RP_TRY(rp_h5_open_dataset(file, COUNTEREXAMPLES, &dataset, err));
  const rp_status status = read_inputs(
      dataset, &r->provenance, &r->counterexample, &r->n_counterexamples, err);
  rp_h5_close(dataset);
  RP_TRY(status);
  return round_capacity(file, r, err);
}

static rp_status read_all(hid_t file, rp_results *r, rp_error *err) {
  bool old;
  RP_TRY(rp_provenance_read(file, &r->provenance, &old, err));
  RP_TRY(check_timing(file, err));
  RP_TRY(read_queries(file, old, r, err));
  RP_TRY(read_radii(file, old, r, err));
  RP_TRY(read_ranks(file, old, r, err));
  RP_TRY(read_timeline(file, old, r, err));
  RP_TRY(read_boxes(file, r, err));
  RP_TRY(read_counterexamples(file, r, err));
  return rp_results_check(file, r, old, err);
}

static rp_status read_results(hid_t file, void *arg, rp_error *err) {
  rp_results **const results = arg;
  rp_results *r;
  RP_TRY(rp_results_create(&r, err));
  const rp_status status = read_all(file, r, err);
  if (status == RP_OK)
    *results = r;
  else
    rp_results_free(r);
  return status;
}

rp_status rp_results_read(const char *file, rp_results **results,
                          rp_error *err) {
  rp_file_content content;
  rp_results *r = NULL;
  RP_TRY(rp_file_load(file, RP_MOST_FILE_BYTES, &content, err));
  const rp_status status = rp_h5_read(&content, read_results, &r, err);
  rp_file_content_fini(&content);
  if (status == RP_OK) *results = r;
  return status;
}
