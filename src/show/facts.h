/* What is known of samples, from whatever rows speak of them.
 *
 * Robustness is monotone: a proof at a radius holds at every smaller one, a
 * counterexample at every greater one. So all rows of a sample together make
 * one interval, whichever radii they were asked at. */
#ifndef RAMPART_SHOW_FACTS_H
#define RAMPART_SHOW_FACTS_H

#include "show/show.h"

/** What is known of one sample. */
typedef struct rp_facts {
  int64_t sample;
  int32_t proved;  /* greatest radius known robust; 0: none */
  int32_t refuted; /* least radius known violated; INT32_MAX: none */
  bool misclassified, invalid;
  bool searched;         /* its maximum radius was asked */
  rp_radius_state state; /* of that search */
  int32_t looked_up_to;  /* greatest radius that the search could decide */
} rp_facts;

typedef struct rp_fact_list {
  rp_facts *of; /* [n], by sample, each once */
  int64_t n;
} rp_fact_list;

/** Facts of a run, and of known answers. Free list->of.
 *  Errors: RP_E_MEMORY. Cost: O(rows log rows). */
rp_status rp_facts_of_results(const rp_results *results, rp_fact_list *list,
                              rp_error *err);
rp_status rp_facts_of_known(const rp_known *known, rp_fact_list *list,
                            rp_error *err);

/** The facts of a sample; NULL: there are none. */
const rp_facts *rp_facts_find(const rp_fact_list *list, int64_t sample);

/** What they say at a radius; NULL: RP_UNKNOWN. */
rp_verdict rp_facts_at(const rp_facts *facts, int32_t radius);

/** Can this verdict at this radius be right together with them? */
bool rp_facts_contradict(const rp_facts *facts, int32_t radius,
                         rp_verdict verdict);

#endif
