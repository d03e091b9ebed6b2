/* One sink for log lines: standard error, rank 0's progress line kept apart. */
#ifndef RAMPART_CORE_LOG_H
#define RAMPART_CORE_LOG_H

typedef enum rp_log_level {
  RP_LOG_ERROR, /* never in a clean run */
  RP_LOG_WARN,
  RP_LOG_INFO,
  RP_LOG_DEBUG
} rp_log_level;

/** Show lines up to this level (default RP_LOG_WARN), from this rank. */
void rp_log_configure(rp_log_level level, int rank);

/** Write one line, prefixed with level and rank. Thread: safe, lines whole. */
void rp_log(rp_log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
