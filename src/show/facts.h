/* What is known about samples from all rows about them.
 *
 * Robustness is monotone: a proof at a radius holds at every smaller one, and a
 * counterexample at every greater one. So all rows about a sample together give
 * one interval, whatever radii they were asked at. */
#ifndef RAMPART_SHOW_FACTS_H
#define RAMPART_SHOW_FACTS_H

#include "show/show.h"

/** What is known about a sample, or a pair (core/pair.h). Known answers have
 *  neither label nor counterexample. */
typedef struct rp_facts {
  int64_t sample;
  int32_t proved;  /* greatest radius known robust; 0: none */
  int32_t refuted; /* least radius known violated; INT32_MAX: none */
  bool misclassified, invalid;
  bool searched;         /* its maximum radius was asked */
  rp_radius_state state; /* of the search */
  int32_t looked_up_to;  /* greatest radius that the search could ask */
  rp_reason reason;      /* why it is open */
  bool asked;            /* not all rows were left unasked */
  int32_t label;
  int64_t counterexample; /* row of the nearest one stored; -1: none */
} rp_facts;

typedef struct rp_fact_list {
  rp_facts *of; /* [n], by sample, each once */
  int64_t n;
} rp_fact_list;

/** Collect the facts of a run, or of known answers. The caller frees list->of.
 *  Errors: RP_E_MEMORY. Cost: O(rows log rows). */
rp_status rp_facts_collect_results(const rp_results *results,
                                   rp_fact_list *list, rp_error *err);
rp_status rp_facts_collect_known(const rp_known *known, rp_fact_list *list,
                                 rp_error *err);

/** Find the facts about a sample; NULL if there are none. */
const rp_facts *rp_facts_find(const rp_fact_list *list, int64_t sample);

/** Get the verdict at a radius that follows; RP_UNKNOWN for NULL. */
rp_verdict rp_facts_get_verdict(const rp_facts *facts, int32_t radius);

/** Whether this verdict at this radius contradicts the facts. */
bool rp_facts_contradict(const rp_facts *facts, int32_t radius,
                         rp_verdict verdict);

#endif
