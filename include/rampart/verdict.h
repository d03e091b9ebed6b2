/* The verdict about a query, the reason if it is unknown, and its evidence.
 *
 * The names are part of the file formats (HDF5, CSV, JSON), the numbers of the
 * journal, so new values are added only at the end. */
#ifndef RAMPART_VERDICT_H
#define RAMPART_VERDICT_H

#include "rampart/status.h"

typedef enum rp_verdict {
  RP_UNKNOWN = 0,   /* not decided; the reason says why */
  RP_ROBUST,        /* proved: no input of the ball changes the prediction */
  RP_VIOLATED,      /* an input of the ball changes it; replayed */
  RP_MISCLASSIFIED, /* the sample itself is predicted wrongly */
  RP_INVALID,       /* the query has no meaning (label out of range, ...) */
  RP_VERDICT_COUNT
} rp_verdict;

typedef enum rp_reason {
  RP_REASON_NONE = 0,    /* decided */
  RP_REASON_TIME,        /* time limit */
  RP_REASON_NODES,       /* node limit */
  RP_REASON_MEMORY,      /* memory limit or failed allocation */
  RP_REASON_NUMERIC,     /* floating point gave no usable proposal */
  RP_REASON_INTERRUPTED, /* stopped from outside */
  RP_REASON_ERROR,       /* an operation failed; the log says which */
  RP_REASON_SOLVER,      /* a float solver claims robust; nothing proves it */
  RP_REASON_COUNT
} rp_reason;

typedef enum rp_evidence {
  RP_EVIDENCE_NONE = 0,
  RP_EVIDENCE_REPLAY,   /* counterexample replayed by the reference pass */
  RP_EVIDENCE_INTERVAL, /* integer interval bounds closed every rival */
  RP_EVIDENCE_DUAL,     /* exact dual bounds closed every part, no branching */
  RP_EVIDENCE_TREE,     /* branch and bound, every node closed in integers */
  RP_EVIDENCE_SOLVER,   /* rests on a float solver alone */
  RP_EVIDENCE_COUNT
} rp_evidence;

/** Lower-case names used in tables and messages; "?" outside the range. */
RP_PUBLIC const char *rp_verdict_name(rp_verdict verdict);
RP_PUBLIC const char *rp_reason_name(rp_reason reason);
RP_PUBLIC const char *rp_evidence_name(rp_evidence evidence);

#endif
