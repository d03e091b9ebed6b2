/* Invariants that builds with RAMPART_CHECKS (presets check, dev, threads)
 * prove on every run; other builds only compile them.
 *
 * An invariant says what must hold whatever a file, a user or another rank
 * sends. Whatever they can get wrong is an error with a message instead. */
#ifndef RAMPART_CORE_ASSERT_H
#define RAMPART_CORE_ASSERT_H

#ifdef RAMPART_CHECKS
#define RP_ASSERT(condition)                                                   \
  ((condition) ? (void)0 : rp_assert_fail(#condition, __FILE__, __LINE__))
#else
#define RP_ASSERT(condition) ((void)sizeof((condition) ? 1 : 0))
#endif

/** Log a broken invariant with its place, and abort the process. */
_Noreturn void rp_assert_fail(const char *condition, const char *file,
                              int line);

#endif
