/* The questions of librampart: a ball, a box, the maximum radius. What is out
 * of range is told here, since a verdict alone would not say what was wrong. */
#include <stdlib.h>
#include <string.h>

#include "api/model.h"
#include "core/memory.h"
#include "sched/radius.h"

void rp_model_stop(rp_model *model, int stop) {
  atomic_store(&model->stop, stop != 0);
}

rp_reason rp_model_reason(const rp_model *model) {
  return model->reason;
}

const char *rp_model_message(const rp_model *model) {
  return model->message.text;
}

/* ---- checks ---- */

static rp_status check_label(const rp_model *model, int32_t label,
                             rp_error *err) {
  const rp_condition *const asked = model->condition;
  if (asked && asked->kind == RP_CONDITION_CLASS && asked->number == label)
    return rp_fail(err, RP_E_USAGE,
                   "expected another class than the label to be asked for, "
                   "found %d for both",
                   label);
  return RP_OK;
}

static rp_status check_sample(const rp_model *model, const uint8_t *x,
                              int32_t label, rp_error *err) {
  const rp_net *const net = model->net;
  if (!model->condition && rp_net_expect_classes(net, err) != RP_OK)
    return RP_E_USAGE;
  RP_TRY(check_label(model, label, err));
  if (label < 0 || label >= net->n_out)
    return rp_fail(err, RP_E_USAGE,
                   "expected a label 0..%d (the network's outputs), found %d",
                   net->n_out - 1, label);
  for (int32_t p = 0; p < net->n_in; p++)
    if (x[p] > net->in_hi)
      return rp_fail(err, RP_E_USAGE,
                     "sample, input %d: expected 0 to %d, found %d", p,
                     net->in_hi, x[p]);
  return RP_OK;
}

static rp_status check_box(const rp_net *net, const uint8_t *x,
                           const uint8_t *const box[2], rp_error *err) {
  for (int32_t p = 0; p < net->n_in; p++)
    if (box[0][p] > x[p] || x[p] > box[1][p] || box[1][p] > net->in_hi)
      return rp_fail(err, RP_E_USAGE,
                     "box, input %d: expected lo <= sample <= hi <= %d, found "
                     "lo %d, sample %d, hi %d",
                     p, net->in_hi, box[0][p], x[p], box[1][p]);
  return RP_OK;
}

static rp_status check_radius(const rp_model *model, int32_t radius,
                              rp_error *err) {
  const int32_t most = rp_radii_find_limit(model->options.norm);
  if (radius >= 1 && radius <= most) return RP_OK;
  return rp_fail(err, RP_E_USAGE, "radius %d: expected 1 to %d", radius, most);
}

static int32_t find_most(const rp_model *model) {
  return rp_radii_find_most(model->options.norm, model->net->n_in,
                            model->net->in_hi);
}

static rp_status check_cap(const rp_model *model, int32_t cap, rp_error *err) {
  const int32_t most = find_most(model);
  if (cap >= 0 && cap <= most) return RP_OK;
  return rp_fail(
      err, RP_E_USAGE,
      "radius cap %d: expected 1 to %d, the greatest %s of network %s", cap,
      most, model->options.norm == RP_NORM_LINF ? "input" : "radius for inputs",
      model->net->name);
}

/* A norm other than linf is for balls, and for the exact engine. */
static rp_status check_norm(const rp_model *model, bool has_box,
                            rp_error *err) {
  const rp_options *const options = &model->options;
  const char *const name = rp_norm_name(options->norm);
  if (options->norm == RP_NORM_LINF) return RP_OK;
  if (has_box)
    return rp_fail(err, RP_E_USAGE,
                   "norm %s: expected linf, as the question is about a box",
                   name);
  if (options->engine == RP_ENGINE_HULL) return RP_OK;
  return rp_fail(err, RP_E_USAGE, "norm %s: expected engine hull, found %s",
                 name, rp_engine_name(options->engine));
}

/* ---- questions ---- */

static rp_verdict conclude(rp_model *model, rp_verdict verdict,
                           rp_reason reason) {
  model->reason = reason;
  if (reason == RP_REASON_ERROR && !*model->message.text)
    (void)rp_fail(&model->message, RP_E_INTERNAL,
                  "an operation failed; a line on standard error says which");
  return verdict;
}

/* Make a verifier that asks what the model asks. */
static rp_status make_verifier(rp_model *model, rp_error *err) {
  if (model->verifier) return RP_OK;
  RP_TRY(
      rp_verifier_create(model->net, &model->options, &model->verifier, err));
  if (!model->condition) return RP_OK;
  const rp_status status =
      rp_verifier_ask(model->verifier, model->condition, err);
  if (status == RP_OK) return RP_OK;
  rp_verifier_free(model->verifier);
  model->verifier = NULL;
  return status;
}

rp_status rp_model_ask(rp_model *model, const char *property, rp_error *err) {
  if (model->verifier) rp_verifier_ask_classes(model->verifier);
  rp_condition_free(model->condition);
  model->condition = NULL;
  if (!property) return RP_OK;
  RP_TRY(rp_property_read(property, &model->condition, err));
  if (model->condition->kind == RP_CONDITION_EACH) {
    rp_condition_free(model->condition);
    model->condition = NULL;
    return rp_fail(err, RP_E_INPUT,
                   "each class: is asked about in jobs; expected a class");
  }
  rp_verifier_free(model->verifier);
  model->verifier = NULL;
  const rp_status status = make_verifier(model, err);
  if (status != RP_OK) {
    rp_condition_free(model->condition);
    model->condition = NULL;
  }
  return status;
}

/* Start a question that was checked. Returns whether it can be asked. */
static bool begin(rp_model *model, rp_status checked) {
  if (checked != RP_OK) return false;
  *model->message.text = '\0';
  return make_verifier(model, &model->message) == RP_OK;
}

static rp_verdict refuse(rp_model *model, rp_status checked) {
  return checked == RP_OK ? conclude(model, RP_UNKNOWN, RP_REASON_MEMORY)
                          : conclude(model, RP_INVALID, RP_REASON_NONE);
}

static rp_verdict ask(rp_model *model, const rp_question *question,
                      rp_status checked, uint8_t *witness, rp_reason *reason) {
  rp_verdict verdict;
  if (begin(model, checked)) {
    rp_answer answer;
    rp_verify(model->verifier, question, &model->stop, witness, &answer);
    verdict = conclude(model, answer.verdict, answer.reason);
  } else
    verdict = refuse(model, checked);
  if (reason) *reason = model->reason;
  return verdict;
}

rp_verdict rp_model_verify(rp_model *model, const uint8_t *x, int32_t label,
                           int32_t radius, uint8_t *witness,
                           rp_reason *reason) {
  const rp_question question = {.x = x, .label = label, .radius = radius};
  rp_status checked = check_sample(model, x, label, &model->message);
  if (checked == RP_OK) checked = check_radius(model, radius, &model->message);
  if (checked == RP_OK) checked = check_norm(model, false, &model->message);
  return ask(model, &question, checked, witness, reason);
}

rp_verdict rp_model_verify_box(rp_model *model, const uint8_t *x, int32_t label,
                               const uint8_t *const box[2], uint8_t *witness,
                               rp_reason *reason) {
  const rp_question question = {
      .x = x, .label = label, .box_lo = box[0], .box_hi = box[1]};
  rp_status checked = check_sample(model, x, label, &model->message);
  if (checked == RP_OK)
    checked = check_box(model->net, x, box, &model->message);
  if (checked == RP_OK) checked = check_norm(model, true, &model->message);
  return ask(model, &question, checked, witness, reason);
}

/* ---- the maximum radius ---- */

/* Ask one radius, and keep its counterexample if it is the nearest so far.
 *  @param found  [n_in] scratch */
static rp_verdict ask_radius(rp_model *model, rp_radius_search *search,
                             const rp_question *question, uint8_t *found,
                             uint8_t *witness) {
  rp_answer answer;
  rp_verify(model->verifier, question, &model->stop, found, &answer);
  if (answer.verdict == RP_VIOLATED && answer.distance <= search->hi)
    memcpy(witness, found, (size_t)model->net->n_in);
  rp_radius_answer(search, question->radius, &answer);
  return answer.verdict;
}

static rp_verdict conclude_search(rp_model *model,
                                  const rp_radius_search *search,
                                  rp_verdict last) {
  if (search->lo < 0) return conclude(model, last, RP_REASON_NONE);
  if (search->contradiction)
    (void)rp_fail(&model->message, RP_E_INTERNAL,
                  "two answers contradict each other");
  else if (search->lo == search->hi)
    return conclude(model, RP_ROBUST, RP_REASON_NONE);
  return conclude(model, RP_UNKNOWN,
                  atomic_load(&model->stop) ? RP_REASON_INTERRUPTED
                                            : search->reason);
}

static rp_verdict conclude_without_memory(rp_model *model) {
  (void)rp_fail(&model->message, RP_E_MEMORY, "radius: out of memory");
  return conclude(model, RP_UNKNOWN, RP_REASON_MEMORY);
}

static rp_verdict search_radius(rp_model *model, rp_question *question,
                                rp_radius_search *search, uint8_t *witness) {
  uint8_t *const found = rp_alloc((size_t)model->net->n_in, 1);
  if (!found) return conclude_without_memory(model);
  rp_verdict last = RP_UNKNOWN;
  while (!atomic_load(&model->stop) &&
         (question->radius = rp_radius_next(search)) != 0) {
    question->cpu_limit_s = search->mark[question->radius].allowed_s;
    last = ask_radius(model, search, question, found, witness);
  }
  free(found);
  return conclude_search(model, search, last);
}

rp_verdict rp_model_radius(rp_model *model, const uint8_t *x, int32_t label,
                           int32_t cap, int32_t radii[2], uint8_t *witness) {
  const double limit_s = model->options.sample_limit;
  rp_radius_search search;
  rp_question question = {.x = x, .label = label};
  rp_status checked = check_sample(model, x, label, &model->message);
  if (checked == RP_OK) checked = check_cap(model, cap, &model->message);
  if (checked == RP_OK) checked = check_norm(model, false, &model->message);
  radii[0] = radii[1] = -1;
  if (!begin(model, checked)) return refuse(model, checked);
  if (!rp_radius_init(&search, cap ? cap : find_most(model),
                      limit_s < RP_NO_LIMIT_S ? limit_s : 0))
    return conclude_without_memory(model);
  const rp_verdict verdict = search_radius(model, &question, &search, witness);
  radii[0] = search.lo;
  radii[1] = search.hi;
  rp_radius_fini(&search);
  return verdict;
}
