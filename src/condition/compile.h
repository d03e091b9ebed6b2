/* A condition becomes part of a network. */
#ifndef RAMPART_CONDITION_COMPILE_H
#define RAMPART_CONDITION_COMPILE_H

#include "condition/condition.h"
#include "net/net.h"

/** Build the network that is robust exactly where no input meets the condition:
 *  blocks behind the outputs of a copy. Its output 0 is always 0, its further
 *  outputs are 1 where a clause is met, else 0; so the class is 0 for inputs
 *  that do not meet it.
 *
 *  A clause of one constraint is an output: [sum - least + 1 >= 1]. Else there
 *  is a block of constraints between: clamp(sum - least) to at most 0, which
 *  their clause adds up. This sum is concave, so that bounds lose nothing by
 *  it, and attacks see how far each constraint is from being met. For the top
 *  k each set of k rivals is a clause: that all of them beat the label; if
 *  these sets have more than 1,024 members in all, there is one clause
 *  instead, which counts [rival beats the label].
 *
 *  @param net       finished, without maxima as outputs; outlives the result
 *  @param label     of the sample; not read if rp_condition_has_label is false
 *  @param compiled  out: to be freed by rp_net_free
 *  Errors: those of rp_condition_check; RP_E_INPUT if a factor leaves int16 or
 *  a sum leaves 2^30 (RP_ACC_LIMIT); RP_E_MEMORY. */
rp_status rp_condition_compile(const rp_condition *condition, const rp_net *net,
                               int32_t label, rp_net **compiled, rp_error *err);

#endif
