/* The only place where what methods found becomes a verdict. */
#include "core/assert.h"
#include "core/log.h"
#include "verify/verify_internal.h"

void conclude(run *r, rp_verdict verdict, rp_reason reason,
              rp_evidence evidence) {
  RP_ASSERT((verdict == RP_UNKNOWN) == (reason != RP_REASON_NONE));
  RP_ASSERT(verdict != RP_ROBUST || evidence != RP_EVIDENCE_NONE);
  r->answer->verdict = verdict;
  r->answer->reason = reason;
  r->answer->evidence = evidence;
}

void give_up(run *r, rp_reason reason) {
  conclude(r, RP_UNKNOWN, reason, RP_EVIDENCE_NONE);
}

rp_reason get_deadline_reason(const run *r) {
  return rp_deadline_is_interrupted(&r->deadline) ? RP_REASON_INTERRUPTED
                                                  : RP_REASON_TIME;
}

rp_reason get_status_reason(rp_status status) {
  switch (status) {
  case RP_E_MEMORY:
    return RP_REASON_MEMORY;
  case RP_E_NUMERIC:
  case RP_E_RANGE:
    return RP_REASON_NUMERIC;
  case RP_E_STOPPED:
    return RP_REASON_TIME;
  case RP_OK:
  case RP_E_USAGE:
  case RP_E_INPUT:
  case RP_E_IO:
  case RP_E_INTERNAL:
    return RP_REASON_ERROR;
  }
  return RP_REASON_ERROR;
}

/* The only way to VIOLATED: the reference pass must agree, inside the ball or
 * the box. */
void conclude_violated(run *r) {
  const bool is_family = rp_norm_is_family(r->verifier->options.norm);
  if (!r->question->box_lo && !is_family) /* shrinking walks through balls */
    (void)rp_attack_shrink(r->verifier->attack, &r->target, r->witness);
  bool is_one = false;
  const rp_status status = replay(r, r->witness, &is_one);
  if (status == RP_OK && is_one && is_asked_about(r, r->witness)) {
    r->answer->distance = (int32_t)measure_change(r, r->witness);
    conclude(r, RP_VIOLATED, RP_REASON_NONE, RP_EVIDENCE_REPLAY);
    return;
  }
  if (status == RP_OK)
    rp_log(RP_LOG_ERROR, "a proposed counterexample does not replay");
  r->answer->distance = 0;
  give_up(r, status == RP_OK ? RP_REASON_ERROR : get_status_reason(status));
}

/* The one map from the search's outcomes to verdicts. */
void conclude_search(run *r, rp_search_outcome outcome) {
  switch (outcome) {
  case RP_SEARCH_EXHAUSTED:
    conclude(r, RP_ROBUST, RP_REASON_NONE, RP_EVIDENCE_TREE);
    break;
  case RP_SEARCH_FOUND:
    conclude_violated(r);
    break;
  case RP_SEARCH_PAUSED: /* its caller goes on; a pause decides nothing */
    give_up(r, RP_REASON_ERROR);
    break;
  case RP_SEARCH_TIME:
    give_up(r, RP_REASON_TIME);
    break;
  case RP_SEARCH_NODES:
    give_up(r, RP_REASON_NODES);
    break;
  case RP_SEARCH_MEMORY:
    give_up(r, RP_REASON_MEMORY);
    break;
  case RP_SEARCH_INTERRUPTED:
    give_up(r, RP_REASON_INTERRUPTED);
    break;
  case RP_SEARCH_ERROR:
    give_up(r, RP_REASON_ERROR);
    break;
  }
}
