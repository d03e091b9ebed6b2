/* The table of what must be equal: fields of the provenance, followed by the
 * rows of the option table. */
#include "store/same_job.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "files/sha256.h"

typedef enum kind { IS_TEXT, IS_WHOLE, IS_VALUES, IS_LONG, IS_NORM } kind;

typedef struct row {
  rp_same needed_for;
  const char *name;
  size_t offset; /* in rp_provenance */
  kind kind;
} row;

#define TEXT(purpose, name, field)                                             \
  { RP_SAME_##purpose, name, offsetof(rp_provenance, field), IS_TEXT }
#define WHOLE(purpose, name, field)                                            \
  { RP_SAME_##purpose, name, offsetof(rp_provenance, field), IS_WHOLE }

static const row rows[] = {
    TEXT(ENGINE, "version of Rampart", version),
    TEXT(NETWORK, "network", network_sha256),
    TEXT(NETWORK, "profile", network_profile),
    {RP_SAME_SAMPLES, "property", offsetof(rp_provenance, options.property),
     IS_LONG},
    {RP_SAME_SAMPLES, "norm", offsetof(rp_provenance, options.norm), IS_NORM},
    WHOLE(SAMPLES, "size of the patch", patch),
    WHOLE(NETWORK, "number of bits", bits),
    WHOLE(NETWORK, "number of input bits", input_bits),
    WHOLE(NETWORK, "number of inputs", n_in),
    WHOLE(NETWORK, "least input", in_lo),
    WHOLE(NETWORK, "number of input steps", in_hi),
    TEXT(NETWORK, "rounding rule", rule),
    TEXT(NETWORK, "tie rule", tie_rule),
    TEXT(SAMPLES, "dataset", dataset_sha256),
    TEXT(SAMPLES, "file of labels", labels_sha256),
    {RP_SAME_SAMPLES, "statement of the dataset's values",
     offsetof(rp_provenance, values), IS_VALUES},
    TEXT(SAMPLES, "array of samples", x_name),
    TEXT(SAMPLES, "file of boxes", box_sha256),
    TEXT(SAMPLES, "array of labels", y_name),
    TEXT(SAMPLES, "order of the channels", dataset_layout),
    TEXT(ENGINE, "engine", engine),
    TEXT(SHARD, "shard", shard),
    TEXT(QUESTIONS, "set of samples and radii", questions_sha256),
    WHOLE(QUESTIONS, "radius cap", radius_cap),
    TEXT(QUESTIONS, "evidence", evidence),
};

/* Meanings that are equivalent for the network get the same name. */
static const char *get_values_name(const rp_provenance *run) {
  const bool plain =
      rp_values_agree(run->values, RP_VALUES_INTEGERS, run->in_lo, run->in_hi);
  return rp_values_name(plain ? RP_VALUES_INTEGERS : run->values);
}

static void describe_row(const row *r, const rp_provenance *run,
                         rp_same_item *item) {
  const char *const field = (const char *)run + r->offset;
  int32_t whole;
  item->needed_for = r->needed_for;
  rp_text_copy(item->name, sizeof item->name, r->name);
  switch (r->kind) {
  case IS_TEXT:
    rp_text_copy(item->value, sizeof item->value, field);
    break;
  case IS_WHOLE:
    memcpy(&whole, field, sizeof whole);
    snprintf(item->value, sizeof item->value, "%d", whole);
    break;
  case IS_LONG: /* a digest where it would be cut */
    if (strlen(field) < sizeof item->value)
      rp_text_copy(item->value, sizeof item->value, field);
    else
      rp_sha256_bytes(field, strlen(field), item->value);
    break;
  case IS_NORM:
    rp_text_copy(item->value, sizeof item->value,
                 rp_norm_name(run->options.norm));
    break;
  case IS_VALUES:
    rp_text_copy(item->value, sizeof item->value, get_values_name(run));
    break;
  }
}

size_t rp_same_describe(const rp_provenance *run, rp_same_item *item) {
  size_t n = 0, n_options;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    describe_row(&rows[i], run, &item[n++]);
  const rp_option_info *const option = rp_option_rows(&n_options);
  for (size_t i = 0; i < n_options && n < RP_SAME_MOST; i++) {
    if (!rp_option_decides(&option[i])) continue;
    item[n].needed_for = RP_SAME_EFFORT;
    snprintf(item[n].name, sizeof item[n].name, "%s", option[i].name);
    rp_options_get(&run->options, &option[i], item[n].value,
                   sizeof item[n].value);
    n++;
  }
  return n;
}

bool rp_same_differ(const rp_provenance *expected, const rp_provenance *other,
                    unsigned purposes, rp_same_item *item,
                    rp_same_item *found) {
  rp_same_item own[RP_SAME_MOST], others[RP_SAME_MOST];
  const size_t n = rp_same_describe(expected, own);
  (void)rp_same_describe(other, others);
  for (size_t i = 0; i < n; i++) {
    if (!(own[i].needed_for & purposes) ||
        !strcmp(own[i].value, others[i].value))
      continue;
    if (item) *item = own[i];
    if (found) *found = others[i];
    return true;
  }
  return false;
}
