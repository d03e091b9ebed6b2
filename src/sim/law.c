/* Probability laws of task times. Times of queries are heavy-tailed: most
 * queries take almost no time, and a few take most of it. A lognormal or a
 * Pareto law describes that by two numbers, which are fitted by maximum
 * likelihood. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/law.h"

static const double LEAST_S = 1e-6;

rp_status rp_sim_law_parse(const char *text, rp_sim_law *law, rp_error *err) {
  static const struct {
    const char *name;
    rp_sim_times times;
    int least, most; /* numbers */
  } laws[] = {{"recorded", RP_SIM_RECORDED, 0, 0},
              {"cpu", RP_SIM_CPU, 0, 0},
              {"lognormal", RP_SIM_LOGNORMAL, 0, 2},
              {"pareto", RP_SIM_PARETO, 0, 2},
              {"constant", RP_SIM_CONSTANT, 1, 1}};
  char name[16] = "";
  double a = 0, b = 0;
  int end = 0;
  int n =
      sscanf(text, "%15[a-z]%n:%lf%n:%lf%n", name, &end, &a, &end, &b, &end);
  for (size_t i = 0; i < sizeof laws / sizeof *laws; i++) {
    const bool given = n - 1 == laws[i].most || n - 1 == laws[i].least;
    const bool fits = given && (n < 2 || a > 0) && (n < 3 || b > 0);
    if (strcmp(name, laws[i].name) || !fits || text[end] || a > 1e9 || b > 1e3)
      continue;
    *law = (rp_sim_law){.times = laws[i].times, .a = a, .b = b};
    return RP_OK;
  }
  return rp_fail(err, RP_E_USAGE,
                 "times '%s': expected recorded, cpu, lognormal, pareto, "
                 "lognormal:MEDIAN:SIGMA, pareto:LEAST:EXPONENT or "
                 "constant:SECONDS, numbers above 0",
                 text);
}

/* The i-th time of a workload: those of queries come before those of searches'
 * questions. */
static double get_time(const rp_workload *w, int64_t i) {
  const double s = i < w->plan.n_queries
                       ? w->query_s[i]
                       : w->probe[i - w->plan.n_queries].seconds;
  return fmax(s, LEAST_S);
}

rp_status rp_sim_law_fit(const rp_workload *w, rp_sim_law *law, rp_error *err) {
  const int64_t n = w->plan.n_queries + w->n_probes;
  if (law->a > 0 || law->times < RP_SIM_LOGNORMAL) return RP_OK;
  if (n == 0)
    return rp_fail(err, RP_E_INPUT, "there are no times to fit a law to");
  double sum = 0, squares = 0, least = HUGE_VAL;
  for (int64_t i = 0; i < n; i++) {
    const double log_s = log(get_time(w, i));
    sum += log_s;
    squares += log_s * log_s;
    least = fmin(least, log_s);
  }
  const double mean = sum / (double)n;
  if (law->times == RP_SIM_LOGNORMAL) {
    law->a = exp(mean);
    law->b = sqrt(fmax(squares / (double)n - mean * mean, 1e-6));
  } else {
    law->a = exp(least);
    law->b = 1 / fmax(mean - least, 1e-3);
  }
  return RP_OK;
}

/* A normally distributed number by the method of Box and Muller. */
static double draw_normal(rp_rng *rng) {
  const double u = 1 - rp_rng_unit(rng), v = rp_rng_unit(rng);
  return sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}

double sim_law_time(const rp_sim_law *law, rp_rng *rng) {
  switch (law->times) {
  case RP_SIM_LOGNORMAL:
    return law->a * exp(law->b * draw_normal(rng));
  case RP_SIM_PARETO:
    return law->a * pow(1 - rp_rng_unit(rng), -1 / law->b);
  case RP_SIM_CONSTANT:
  case RP_SIM_RECORDED:
  case RP_SIM_CPU:
    break;
  }
  return law->a;
}
