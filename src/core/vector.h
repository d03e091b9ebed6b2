/* Loops are compiled for several instruction sets, and one version is chosen
 * when the program starts, so that one binary serves every node of a mixed
 * cluster. Sanitizers do not work with the resolver functions that this needs,
 * so builds with sanitizers use the baseline. */
#ifndef RAMPART_CORE_VECTOR_H
#define RAMPART_CORE_VECTOR_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&         \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define RP_VECTOR_CLONES                                                       \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define RP_VECTOR_CLONES
#endif

/* Helpers that are inlined into functions marked RP_VECTOR_CLONES, and so into
 * each version of them. */
#define RP_INLINED static inline __attribute__((always_inline))

/* The arrays of the next loop do not overlap. */
#if defined(__clang__)
#define RP_NO_OVERLAP _Pragma("clang loop vectorize(assume_safety)")
#else
#define RP_NO_OVERLAP _Pragma("GCC ivdep")
#endif

#endif
