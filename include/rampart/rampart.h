/* Rampart as a library: decides one query after another about a network,
 * without MPI.
 *
 * librampart installs this header and the two that it includes; its other
 * symbols are hidden. rampart(3) is the manual, examples/verify_one.c a
 * complete program; python/ has a package over it. */
#ifndef RAMPART_RAMPART_H
#define RAMPART_RAMPART_H

#include <stdint.h>

#include "rampart/status.h"
#include "rampart/verdict.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Semantic version. Until 1.0 a library serves programs compiled for the same
 * major and minor version, afterwards for the same major one; the name of the
 * shared object, librampart.so.MAJOR.MINOR, says so. */
#define RAMPART_VERSION_MAJOR 0
#define RAMPART_VERSION_MINOR 2
#define RAMPART_VERSION_PATCH 0

/** The version of the library that is running: "0.2.0". */
RP_PUBLIC const char *rp_version(void);

/* ---- a network ---- */

/** A network, the options of its queries, and their memory. */
typedef struct rp_model rp_model;

/** Read a network in Rampart's own format, TFLite, ONNX or QVIP's, and prove
 * its ranges.
 *  @param profile  the runtime whose rounding is meant: of TFLite files
 *                  "litert-xnnpack", "litert-builtin" or "tflm", of ONNX files
 *                  "ort" or "qonnx-float32"; else NULL
 *  @param input_bits, bits  of QVIP's networks; 0 for other formats
 *  @param model  out: to be closed by rp_model_close
 *  @param err    one line for the user; may be NULL
 *  Errors: RP_E_USAGE, RP_E_INPUT, RP_E_MEMORY, RP_E_IO.
 *  Thread: one call of rp_model_open or rp_samples_open at a time (HDF5). */
RP_PUBLIC rp_status rp_model_open(const char *file, const char *profile,
                                  int32_t input_bits, int32_t bits,
                                  rp_model **model, rp_error *err);
RP_PUBLIC void rp_model_close(rp_model *model); /* NULL is fine */

/** Get the network's name, the number of inputs, the greatest value of an input
 * (the least is 0), and the number of classes. */
RP_PUBLIC const char *rp_model_name(const rp_model *model);
RP_PUBLIC int32_t rp_model_inputs(const rp_model *model);
RP_PUBLIC int32_t rp_model_input_max(const rp_model *model);
RP_PUBLIC int32_t rp_model_classes(const rp_model *model);

/** Get what the network itself calls input 0, for people: its own numbers are
 * input_min .. input_min + input_max. */
RP_PUBLIC int32_t rp_model_input_min(const rp_model *model);

/** Get the name of a class; NULL if the file has none, or if there is no such
 * class. It lives as long as the model. */
RP_PUBLIC const char *rp_model_class_name(const rp_model *model,
                                          int32_t class_);

/** Dimensions of the shape of an input, at most. */
enum { RP_SHAPE_SIZE = 4 };

/** Get the shape of an input, outermost dimension first. Its product is the
 * number of inputs. Returns the number of dimensions, 1..RP_SHAPE_SIZE. */
RP_PUBLIC int32_t rp_model_shape(const rp_model *model,
                                 int32_t shape[RP_SHAPE_SIZE]);

/** Set an engine option of `rampart verify`: "time_limit", "threads", ...
 *  Errors: RP_E_USAGE with the range expected. */
RP_PUBLIC rp_status rp_model_set(rp_model *model, const char *option,
                                 const char *value, rp_error *err);

/* ---- predictions ---- */

/** Predict the class of an input: the first of the greatest outputs.
 *  @param x      [inputs]
 *  @param class_ out
 *  Errors: RP_E_RANGE if a number is too large; RP_E_MEMORY. */
RP_PUBLIC rp_status rp_model_predict(const rp_model *model, const uint8_t *x,
                                     int32_t *class_);

/** Compute what the last layer gives for an input: whole numbers.
 *  @param x        [inputs]
 *  @param outputs  out, [classes]
 *  Errors: RP_E_RANGE with the input; RP_E_MEMORY. */
RP_PUBLIC rp_status rp_model_outputs(const rp_model *model, const uint8_t *x,
                                     int32_t *outputs, rp_error *err);

/** Predict the classes of n inputs, faster.
 *  @param x      [n][inputs]
 *  @param class_ out, [n]
 *  Errors: RP_E_RANGE with the sample and the input; RP_E_MEMORY. */
RP_PUBLIC rp_status rp_model_predict_all(const rp_model *model, int64_t n,
                                         const uint8_t *x, int32_t *class_,
                                         rp_error *err);

/* ---- questions ---- */

/** Decide whether an input within distance radius of x, inside the input range,
 * is not classified as the label. The distance is the greatest change of an
 * input, or as the option "norm" says: "l1", the sum of all changes; "l0", the
 * number of inputs that change, each to any value; "brightness", the number
 * that is added to all inputs; "contrast", the percent by which all are
 * stretched, or shrunk, around the centre of their range. RP_ROBUST: there is
 * none, proved in integers. RP_VIOLATED: one was found and replayed.
 * RP_UNKNOWN: a limit was reached, or something failed. RP_MISCLASSIFIED: x
 * itself is not classified as the label. RP_INVALID: label, radius or x is out
 * of range, and rp_model_message says which.
 *  @param x        [inputs]
 *  @param radius   1..255, in the norms l1 and l0 to 4095
 *  @param witness  out, [inputs]: the counterexample, if RP_VIOLATED
 *  @param reason   out: why it is unknown; may be NULL
 *  Limits: the options time_limit, cpu_limit, node_limit and memory_limit.
 *  Thread: one call at a time on one model; uses OpenMP inside. */
RP_PUBLIC rp_verdict rp_model_verify(rp_model *model, const uint8_t *x,
                                     int32_t label, int32_t radius,
                                     uint8_t *witness, rp_reason *reason);

/** Likewise for a box, which the norm "linf" is for: is there an input between
 * box[0] and box[1], in every number, that is not classified as the label?
 *  @param x    [inputs], inside the box
 *  @param box  least and greatest values, [inputs] each, both included */
RP_PUBLIC rp_verdict rp_model_verify_box(rp_model *model, const uint8_t *x,
                                         int32_t label,
                                         const uint8_t *const box[2],
                                         uint8_t *witness, rp_reason *reason);

/** Ask the next questions about a property of the outputs in place of the
 * class. A counterexample is then an input of the ball or the box that breaks
 * it. The property is one of these texts:
 *
 *   never class 8                 no input is classified as 8
 *   always in top 3               the label stays among the three greatest
 *                                 outputs, where the first of equals wins
 *   always y0 - 2 y3 <= 5 and y1 >= 0
 *                                 these constraints hold
 *   never y0 > 5 and y1 < 0 or y2 > 7
 *                                 these outputs do not occur
 *
 * Outputs y0, y1, ... are the whole numbers that the network's last layer
 * gives. RP_MISCLASSIFIED then means that there is nothing to decide: x is not
 * classified as the label (never class), or breaks the property itself.
 *  @param property  NULL: ask about the class again, as in the beginning
 *  Errors: RP_E_INPUT with what was expected and found; RP_E_MEMORY. After an
 *  error the next questions are about the class. */
RP_PUBLIC rp_status rp_model_ask(rp_model *model, const char *property,
                                 rp_error *err);

/** Find the greatest radius at which x is robust, as an interval: proved robust
 * at radii[0], and a counterexample at distance radii[1] + 1, unless radii[1]
 * is the cap. RP_ROBUST: both are equal. RP_UNKNOWN: they are not, and
 * rp_model_reason says why. RP_MISCLASSIFIED, RP_INVALID: both are -1.
 *  @param cap      greatest radius to ask: 1 to input_max, in other norms to the
 *                  greatest distance of two inputs or 4095; 0: the greatest
 *  @param radii    out
 *  @param witness  out, [inputs]: the counterexample at radii[1] + 1, if
 *                  radii[1] is below the cap and not negative
 *  Limits: those of rp_model_verify apply to each radius, the option
 *  sample_limit to all together.
 *  Thread: as rp_model_verify. */
RP_PUBLIC rp_verdict rp_model_radius(rp_model *model, const uint8_t *x,
                                     int32_t label, int32_t cap,
                                     int32_t radii[2], uint8_t *witness);

/** Why the last question was RP_UNKNOWN; RP_REASON_NONE if it was not. */
RP_PUBLIC rp_reason rp_model_reason(const rp_model *model);

/** One line about the last question: why it was RP_INVALID, or what failed.
 * "" if there is nothing to say. It stays until the next question. */
RP_PUBLIC const char *rp_model_message(const rp_model *model);

/** End the running question and all later ones as RP_UNKNOWN, interrupted,
 * until this is called with 0. Thread: any, also a signal handler. */
RP_PUBLIC void rp_model_stop(rp_model *model, int stop);

/* ---- samples ---- */

/** The samples of a dataset as inputs of a network, and their labels. */
typedef struct rp_samples rp_samples;

/** Read a dataset (idx, HDF5, npz, npy, CSV) for a network.
 *  @param settings  NULL, or names and values in turn, ended by NULL: labels (a
 *                   separate file), format, layout, x_name, y_name, values;
 *                   they mean what they mean in a job file
 *  @param samples   out: to be closed by rp_samples_close, may outlive model
 *  Errors: RP_E_USAGE, RP_E_INPUT, RP_E_MEMORY. Thread: as rp_model_open. */
RP_PUBLIC rp_status rp_samples_open(const rp_model *model, const char *file,
                                    const char *const *settings,
                                    rp_samples **samples, rp_error *err);
RP_PUBLIC void rp_samples_close(rp_samples *samples); /* NULL is fine */

RP_PUBLIC int64_t rp_samples_count(const rp_samples *samples);
/** Get all inputs, [count][inputs], and all labels, [count], as stored: a label
 * may be none of the network's classes, and is -1 if there are none. They live
 * as long as the samples. */
RP_PUBLIC const uint8_t *rp_samples_inputs(const rp_samples *samples);
RP_PUBLIC const int32_t *rp_samples_labels(const rp_samples *samples);

#ifdef __cplusplus
}
#endif

#endif
