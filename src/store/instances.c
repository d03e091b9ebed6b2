#include "store/instances.h"

#include <stddef.h>

#include "core/text.h"
#include "files/h5util.h"
#include "store/results_table.h"

#define NUMBER(field, column_kind)                                             \
  {                                                                            \
    .name = #field, .kind = (column_kind),                                     \
    .offset = offsetof(rp_instance_row, field), .hi = INT64_MAX                \
  }
#define TEXT(field)                                                            \
  {                                                                            \
    .name = #field, .kind = RP_COLUMN_TEXT,                                    \
    .offset = offsetof(rp_instance_row, field),                                \
    .size = sizeof(((rp_instance_row *)NULL)->field)                           \
  }

static const rp_column columns[] = {NUMBER(line, RP_COLUMN_I32),
                                    TEXT(network),
                                    TEXT(vnnlib),
                                    NUMBER(timeout, RP_COLUMN_F64),
                                    TEXT(result),
                                    NUMBER(seconds, RP_COLUMN_F64),
                                    NUMBER(rank, RP_COLUMN_I32)};

static const rp_table table = {.path = "/instances",
                               .title = "Results of VNN-COMP's instances",
                               .row_size = sizeof(rp_instance_row),
                               .column = columns,
                               .n_columns = sizeof columns / sizeof *columns};

static rp_status write_all(hid_t id, const char *list, const char *sha256,
                           const rp_table_content *rows, rp_error *err) {
  RP_TRY(rp_h5_set_string(id, "format", "rampart-instances", err));
  RP_TRY(rp_h5_set_string(id, "rampart_version", RAMPART_VERSION, err));
  RP_TRY(rp_h5_set_string(id, "list", list, err));
  RP_TRY(rp_h5_set_string(id, "list_sha256", sha256, err));
  return rp_table_write(id, &table, rows, err);
}

rp_status rp_instances_write(const char *file, const char *list,
                             const char *sha256, const rp_instance_row *row,
                             int64_t n, rp_error *err) {
  const rp_table_content rows = {row, n, {0}};
  rp_error why = {""};
  hid_t id;
  RP_TRY(rp_h5_create_image(&id, err));
  rp_status st = write_all(id, list, sha256, &rows, &why);
  if (st == RP_OK)
    st = rp_h5_write_image(id, file, NULL, err);
  else
    (void)rp_fail(err, st, "%s: %.*s", file, rp_text_fit(why.text, 400),
                  why.text);
  rp_h5_close(id);
  return st;
}
