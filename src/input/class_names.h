/* Names of classes, for people: of the network, the dataset, or a text file. */
#ifndef RAMPART_INPUT_CLASS_NAMES_H
#define RAMPART_INPUT_CLASS_NAMES_H

#include "input/dataset.h"

/** Give a network the names that are said last: those of a file, or of the
 *  dataset; without either it keeps its own.
 *  @param file  a text with one name a line, as many as there are outputs; NULL
 *  Errors: RP_E_INPUT with file and line; RP_E_MEMORY. */
rp_status rp_class_names_choose(const char *file, const rp_dataset *data,
                                rp_net *net, rp_error *err);

/** Write all names as one text, separated by commas; a comma within a name
 *  becomes a semicolon. "" if there are none, or if they do not fit.
 *  @param text  out, [size] */
void rp_class_names_join(const rp_net *net, char *text, size_t size);

#endif
