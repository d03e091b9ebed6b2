/* Loops over long vectors, compiled for several processors. */
#ifndef RAMPART_BOUND_VECTORS_H
#define RAMPART_BOUND_VECTORS_H

#include <stdint.h>

/** to += factor what. Every element is rounded as without vectors, on every
 *  processor. */
void vector_add(double *to, double factor, const double *what, int32_t n);

/** The sum of products, added up in an order that depends on the processor. */
double vector_multiply(const double *a, const double *b, int32_t n);

#endif
