/* What is behind rp_model, shared by the functions of librampart. */
#ifndef RAMPART_API_MODEL_H
#define RAMPART_API_MODEL_H

#include <stdatomic.h>

#include "rampart/rampart.h"
#include "verify/verify.h"

struct rp_model {
  rp_net *net;
  rp_options options;
  rp_verifier *verifier; /* NULL: not created yet with these options */
  rp_condition *condition; /* of its questions; NULL: the class */
  atomic_bool stop;
  /* Of the last question. */
  rp_reason reason;
  rp_error message;
};

#endif
