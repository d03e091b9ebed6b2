/* What a question is about: whether it has a meaning, and which inputs are
 * counterexamples. */
#include "condition/replay.h"
#include "core/family.h"
#include "core/radii.h"
#include "verify/verify_internal.h"

static bool is_in_box(const rp_question *question, const uint8_t *x,
                      int32_t n) {
  for (int32_t p = 0; p < n; p++)
    if (x[p] < question->box_lo[p] || x[p] > question->box_hi[p]) return false;
  return true;
}

int64_t measure_change(const run *r, const uint8_t *x) {
  const rp_net *const net = r->verifier->net;
  const rp_family from = {r->verifier->options.norm, r->question->x, net->n_in,
                          net->in_hi};
  return rp_change_measure(&from, x);
}

bool is_asked_about(const run *r, const uint8_t *x) {
  const bool has_box = r->question->box_lo != NULL;
  if (has_box && !is_in_box(r->question, x, r->verifier->net->n_in))
    return false;
  /* In L-infinity a box is the part of it that is meant. */
  return (has_box && r->verifier->options.norm == RP_NORM_LINF) ||
         measure_change(r, x) <= r->question->radius;
}

/* By the reference pass of the network that was asked about, whatever was
 * searched: is x a counterexample? */
rp_status replay(const run *r, const uint8_t *x, bool *is_one) {
  const rp_verifier *const v = r->verifier;
  int32_t prediction;
  if (v->compiled_net)
    return rp_condition_replay(v->condition, v->asked, x, r->question->label,
                               is_one);
  RP_TRY(rp_reference_predict(v->net, x, &prediction));
  *is_one = prediction != r->question->label;
  return RP_OK;
}

/* Balls in L1 and L0 have a radius beside a box, and families of images no box;
 * a proof about one names a radius, too. Baselines know boxes alone. */
static bool has_region(const rp_verifier *v, const rp_question *question) {
  const int32_t n = v->net->n_in;
  const bool has_radius =
      question->radius >= 1 &&
      question->radius <= rp_radii_find_limit(v->options.norm);
  const bool needs_ball = v->options.norm != RP_NORM_LINF;
  if (needs_ball && v->options.engine != RP_ENGINE_HULL) return false;
  if (!question->box_lo) return has_radius;
  if (rp_norm_is_family(v->options.norm) || (needs_ball && !has_radius))
    return false;
  for (int32_t p = 0; p < n; p++)
    if (question->box_hi[p] > v->net->in_hi) return false;
  return is_in_box(question, question->x, n) && (has_radius || !v->proof);
}

static bool has_label(const rp_verifier *v, int32_t label) {
  const rp_condition *const condition = v->condition;
  const rp_net *const net = v->compiled_net ? v->asked : v->net;
  if (condition && !rp_condition_has_label(condition)) return true;
  if (condition && condition->kind == RP_CONDITION_CLASS &&
      condition->number == label)
    return false; /* to be itself is no change */
  return label >= 0 && label < net->n_out && (condition || net->n_out > 1);
}

static bool has_meaning(const rp_verifier *v, const rp_question *question) {
  const rp_net *net = v->net;
  for (int32_t p = 0; p < net->n_in; p++)
    if (question->x[p] > net->in_hi) return false;
  return has_label(v, question->label) && has_region(v, question);
}

/* Does the sample itself answer the question? */
static rp_status find_void(const run *r, bool *is_void) {
  const rp_verifier *const v = r->verifier;
  const rp_question *const question = r->question;
  if (v->compiled_net)
    return rp_condition_find_void(v->condition, v->asked, question->x,
                                  question->label, is_void);
  return replay(r, question->x, is_void);
}

/* Is there anything to decide? */
bool is_a_question(run *r) {
  if (!has_meaning(r->verifier, r->question)) {
    conclude(r, RP_INVALID, RP_REASON_NONE, RP_EVIDENCE_NONE);
    return false;
  }
  bool is_void = false;
  const rp_status status = find_void(r, &is_void);
  if (status != RP_OK) {
    give_up(r, get_status_reason(status));
    return false;
  }
  if (!is_void) return true;
  conclude(r, RP_MISCLASSIFIED, RP_REASON_NONE, RP_EVIDENCE_REPLAY);
  return false;
}
