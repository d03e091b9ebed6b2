/* What rank 0 prepares before the first task: it reads and checks the files,
 * and plans what is to be decided. */
#ifndef RAMPART_RUN_SETUP_H
#define RAMPART_RUN_SETUP_H

#include "condition/condition.h"
#include "core/patch.h"
#include "input/boxes.h"
#include "input/dataset.h"
#include "input/job.h"
#include "net/net.h"
#include "sched/sched.h"
#include "store/results.h"

typedef struct rp_setup {
  rp_net *net;
  rp_dataset *data;        /* fitted to the network */
  rp_boxes *boxes;         /* that inputs stay in; NULL: only the radius */
  rp_condition *condition; /* what is asked of the outputs; NULL: the class */
  rp_norm norm;            /* of all radii */
  rp_patch patch;          /* that alone may change; size 0: all may */
  /* Classes, if each is asked about, or places of the patch; else 0. */
  int32_t targets;
  rp_question *query; /* [plan.n_queries]; samples or pairs (pair.h) */
  int64_t *search;    /* [plan.n_searches], likewise */
  rp_sched_plan plan;
  char questions_sha256[65]; /* of all that the job asks, in all shards */
} rp_setup;

/** Errors: RP_E_INPUT, RP_E_USAGE, RP_E_MEMORY with one line; the setup can be
 *  freed in any case. */
rp_status rp_setup_load(const rp_job *job, rp_setup *setup, rp_error *err);
void rp_setup_free(rp_setup *setup);

/** The sample of a question, and its label. */
int64_t rp_setup_sample(const rp_setup *setup, int64_t subject);
int32_t rp_setup_label(const rp_setup *setup, int64_t subject);

/** Get the box of a question, if inputs stay in one: that of its sample, or of
 * a place of the patch, within the radius.
 *  @param lo, hi  out, [n_in]
 *  Returns false, and sets nothing, if there is only the radius. */
bool rp_setup_get_box(const rp_setup *setup, int64_t subject, int32_t radius,
                      uint8_t *lo, uint8_t *hi);

/** Can a question be about this, a sample or a pair? */
bool rp_setup_has(const rp_setup *setup, int64_t subject);

/** Fill in where the results come from.
 *  @param threads  of rank 0 */
void rp_setup_describe(const rp_setup *setup, const rp_job *job,
                       const char *history, int32_t ranks, int32_t threads,
                       rp_provenance *provenance);

#endif
