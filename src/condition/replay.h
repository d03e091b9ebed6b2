/* Conditions of inputs, by the reference pass of the network itself. */
#ifndef RAMPART_CONDITION_REPLAY_H
#define RAMPART_CONDITION_REPLAY_H

#include "condition/condition.h"
#include "net/net.h"

/** Does an input meet the condition?
 *  Errors: those of rp_reference_forward. */
rp_status rp_condition_replay(const rp_condition *condition, const rp_net *net,
                              const uint8_t *x, int32_t label, bool *is_met);

/** Is there nothing to decide about a sample (rp_condition_is_void)?
 *  Errors: those of rp_reference_forward. */
rp_status rp_condition_find_void(const rp_condition *condition,
                                 const rp_net *net, const uint8_t *x,
                                 int32_t label, bool *is_void);

#endif
