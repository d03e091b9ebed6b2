/* Status of an operation, and the one line that explains a failure.
 *
 * A status says whether a function could do its work. The outcome of a query
 * has another type, rp_verdict: a call that times out is successful. */
#ifndef RAMPART_STATUS_H
#define RAMPART_STATUS_H

/** Marks the symbols that librampart exports. */
#define RP_PUBLIC __attribute__((visibility("default")))

typedef enum rp_status {
  RP_OK = 0,
  RP_E_USAGE,   /* wrong option or argument: exit status 2 */
  RP_E_INPUT,   /* unreadable or malformed input file: exit status 2 */
  RP_E_IO,      /* a result could not be written */
  RP_E_MEMORY,  /* allocation failed or the query's memory limit was hit */
  RP_E_RANGE,   /* a number left the range proved or required for it */
  RP_E_NUMERIC, /* a floating-point solver failed; nothing is concluded */
  RP_E_STOPPED, /* deadline reached or stop requested */
  RP_E_INTERNAL /* a broken invariant of Rampart itself */
} rp_status;

/** One line for the user: file, place, what was expected, what was found. */
typedef struct rp_error {
  char text[512];
} rp_error;

/** Write the explanation of a failure and return its status. Its text is safe
 * to print (text.h), whatever the arguments hold, and is one line.
 *  @param err  may be NULL; a text already there is replaced
 *  Thread: reentrant. */
rp_status rp_fail(rp_error *err, rp_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Compilers and analyzers of other files see which status comes back. */
static inline rp_status rp_fail_status(rp_status returned, rp_status status) {
  (void)returned;
  return status;
}
#define rp_fail(err, status, ...)                                              \
  rp_fail_status(rp_fail(err, status, __VA_ARGS__), status)

/** Stable lower-case name of a status, for messages. */
RP_PUBLIC const char *rp_status_name(rp_status status);

/** Return at once on failure: only before anything is owned. */
#define RP_TRY(call)                                                           \
  do {                                                                         \
    rp_status rp_try_status_ = (call);                                         \
    if (rp_try_status_ != RP_OK) return rp_try_status_;                        \
  } while (0)

/** Keep the status in st and jump to the clean-up label on failure. */
#define RP_TRY_OR(st, label, call)                                             \
  do {                                                                         \
    (st) = (call);                                                             \
    if ((st) != RP_OK) goto label;                                             \
  } while (0)

#endif
