/* The functions of librampart, which wrap a network and a verifier. */
#include "rampart/rampart.h"

#include <stdlib.h>

#include "core/memory.h"
#include "input/network_file.h"
#include "verify/verify.h"

struct rp_model {
  rp_net *net;
  rp_options options;
  rp_verifier *verifier; /* NULL: not created yet with these options */
};

rp_status rp_model_open(const char *file, int32_t input_bits, int32_t bits,
                        rp_model **model, rp_error *err) {
  const rp_network_source source = {
      .file = file, .input_bits = input_bits, .bits = bits};
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
  rp_net_free(model->net);
  free(model);
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

rp_verdict rp_model_verify(rp_model *model, const uint8_t *x, int32_t label,
                           int32_t radius, uint8_t *witness,
                           rp_reason *reason) {
  const rp_question query = {.x = x, .label = label, .radius = radius};
  rp_answer answer = {.verdict = RP_UNKNOWN, .reason = RP_REASON_MEMORY};
  if (model->verifier || rp_verifier_create(model->net, &model->options,
                                            &model->verifier, NULL) == RP_OK)
    rp_verify(model->verifier, &query, NULL, witness, &answer);
  if (reason) *reason = answer.reason;
  return answer.verdict;
}
