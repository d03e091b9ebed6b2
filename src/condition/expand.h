/* Classes and the top k as constraints. */
#ifndef RAMPART_CONDITION_EXPAND_H
#define RAMPART_CONDITION_EXPAND_H

#include "condition/condition.h"

/** Write a condition as constraints: that a class is predicted as one clause
 *  over all others; that the label is not in the top k as a clause for each set
 *  of k rivals, in alphabetical order, all of which beat the label.
 *  @param label  of the sample; not read if rp_condition_has_label is false
 *  @param rows   out: NULL if these sets have more than 1,024 members in all
 *  Errors: those of rp_condition_check; RP_E_MEMORY. */
rp_status rp_condition_expand(const rp_condition *condition, int32_t label,
                              int32_t n_out, rp_condition **rows,
                              rp_error *err);

/** That a rival beats the label: a clause for each.
 *  Errors: RP_E_MEMORY. */
rp_status rp_condition_expand_rivals(int32_t label, int32_t n_out,
                                     rp_condition **rows, rp_error *err);

#endif
