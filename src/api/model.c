/* The functions of librampart about a network as such. */
#include "api/model.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "input/network_file.h"

#define WRITE_OUT(major, minor, patch) #major "." #minor "." #patch
#define WRITE_VERSION(major, minor, patch) WRITE_OUT(major, minor, patch)

const char *rp_version(void) {
  return WRITE_VERSION(RAMPART_VERSION_MAJOR, RAMPART_VERSION_MINOR,
                       RAMPART_VERSION_PATCH);
}

rp_status rp_model_open(const char *file, const char *profile,
                        int32_t input_bits, int32_t bits, rp_model **model,
                        rp_error *err) {
  const rp_network_source source = {
      .file = file, .profile = profile, .input_bits = input_bits, .bits = bits};
  rp_model *m = rp_alloc(1, sizeof *m);
  if (!m) return rp_fail(err, RP_E_MEMORY, "%s: out of memory", file);
  rp_options_default(&m->options);
  m->options.threads = 1;
  const rp_status status = rp_network_read(&source, &m->net, err);
  if (status == RP_OK)
    *model = m;
  else
    rp_model_close(m);
  return status;
}

void rp_model_close(rp_model *model) {
  if (!model) return;
  rp_verifier_free(model->verifier);
  rp_condition_free(model->condition);
  rp_net_free(model->net);
  free(model);
}

const char *rp_model_name(const rp_model *model) {
  return model->net->name;
}

int32_t rp_model_inputs(const rp_model *model) {
  return model->net->n_in;
}

int32_t rp_model_input_max(const rp_model *model) {
  return model->net->in_hi;
}

int32_t rp_model_classes(const rp_model *model) {
  return model->net->n_out;
}

int32_t rp_model_input_min(const rp_model *model) {
  return model->net->in_lo;
}

const char *rp_model_class_name(const rp_model *model, int32_t class_) {
  const rp_net *const net = model->net;
  if (!net->class_name || class_ < 0 || class_ >= net->n_out) return NULL;
  return net->class_name[class_];
}

_Static_assert((int)RP_MAX_DIMS <= (int)RP_SHAPE_SIZE, "a shape fits");

int32_t rp_model_shape(const rp_model *model, int32_t shape[RP_SHAPE_SIZE]) {
  const rp_net *const net = model->net;
  memcpy(shape, net->dims, (size_t)net->n_dims * sizeof *shape);
  return net->n_dims;
}

rp_status rp_model_set(rp_model *model, const char *option, const char *value,
                       rp_error *err) {
  RP_TRY(rp_options_set(&model->options, option, value, err));
  rp_verifier_free(model->verifier);
  model->verifier = NULL;
  return RP_OK;
}

rp_status rp_model_predict(const rp_model *model, const uint8_t *x,
                           int32_t *class_) {
  return rp_reference_predict(model->net, x, class_);
}

static rp_status check_range(const rp_net *net, int64_t sample,
                             const uint8_t *x, rp_error *err) {
  for (int32_t p = 0; p < net->n_in; p++)
    if (x[p] > net->in_hi)
      return rp_fail(err, RP_E_RANGE,
                     "sample %lld, input %d: expected 0 to %d, found %d",
                     (long long)sample, p, net->in_hi, x[p]);
  return RP_OK;
}

rp_status rp_model_outputs(const rp_model *model, const uint8_t *x,
                           int32_t *outputs, rp_error *err) {
  RP_TRY(check_range(model->net, 0, x, err));
  if (rp_reference_forward(model->net, x, outputs) == RP_OK) return RP_OK;
  return rp_fail(err, RP_E_MEMORY, "outputs: out of memory");
}

rp_status rp_model_predict_all(const rp_model *model, int64_t n,
                               const uint8_t *x, int32_t *class_,
                               rp_error *err) {
  const rp_net *const net = model->net;
  for (int64_t i = 0; i < n; i++)
    RP_TRY(check_range(net, i, x + (size_t)i * (size_t)net->n_in, err));
  int32_t *const out = rp_alloc((size_t)net->n_out, sizeof *out);
  int32_t *const work = rp_alloc(rp_net_forward_work(net), sizeof *work);
  const bool ok = out && work;
  for (int64_t i = 0; ok && i < n; i++) {
    rp_net_forward(net, x + (size_t)i * (size_t)net->n_in, NULL, out, work);
    class_[i] = rp_first_max(out, net->n_out);
  }
  free(out);
  free(work);
  return ok ? RP_OK : rp_fail(err, RP_E_MEMORY, "predict: out of memory");
}
