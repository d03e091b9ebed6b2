/* The samples of librampart: a dataset, fitted to a network. */
#include <stdlib.h>
#include <string.h>

#include "api/model.h"
#include "core/memory.h"
#include "core/text.h"
#include "input/dataset.h"

struct rp_samples {
  rp_dataset *data;
};

static rp_status set_values(const char *text, rp_values *values,
                            rp_error *err) {
  if (rp_values_parse(text, values)) return RP_OK;
  return rp_fail(err, RP_E_USAGE,
                 "values: expected " RP_DATASET_VALUES ", found '%.*s'",
                 rp_text_fit(text, 80), text);
}

static rp_status set(rp_dataset_source *source, const char *name,
                     const char *value, rp_error *err) {
  const struct {
    const char *name, **to;
  } texts[] = {{"labels", &source->labels},
               {"format", &source->format},
               {"layout", &source->layout},
               {"x_name", &source->x_name},
               {"y_name", &source->y_name}};
  if (!value)
    return rp_fail(err, RP_E_USAGE, "%.*s: expected a value after the name",
                   rp_text_fit(name, 80), name);
  if (!strcmp(name, "values")) return set_values(value, &source->values, err);
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (!strcmp(name, texts[i].name)) {
      *texts[i].to = value;
      return RP_OK;
    }
  return rp_fail(err, RP_E_USAGE,
                 "setting of a dataset: expected labels, format, layout, "
                 "x_name, y_name or values, found '%.*s'",
                 rp_text_fit(name, 80), name);
}

static rp_status read_samples(const rp_model *model,
                              const rp_dataset_source *source,
                              rp_samples *samples, rp_error *err) {
  RP_TRY(rp_dataset_read(source, &samples->data, err));
  return rp_dataset_fit(samples->data, model->net, err);
}

rp_status rp_samples_open(const rp_model *model, const char *file,
                          const char *const *settings, rp_samples **samples,
                          rp_error *err) {
  rp_dataset_source source = {.file = file};
  for (; settings && *settings; settings += 2)
    RP_TRY(set(&source, settings[0], settings[1], err));
  rp_samples *const made = rp_alloc(1, sizeof *made);
  if (!made) return rp_fail(err, RP_E_MEMORY, "%s: out of memory", file);
  const rp_status status = read_samples(model, &source, made, err);
  if (status == RP_OK)
    *samples = made;
  else
    rp_samples_close(made);
  return status;
}

void rp_samples_close(rp_samples *samples) {
  if (!samples) return;
  rp_dataset_free(samples->data);
  free(samples);
}

int64_t rp_samples_count(const rp_samples *samples) {
  return samples->data->n;
}

const uint8_t *rp_samples_inputs(const rp_samples *samples) {
  return samples->data->x;
}

const int32_t *rp_samples_labels(const rp_samples *samples) {
  return samples->data->label;
}
