/* Encoding small pictures as PNG in memory. */
#ifndef RAMPART_SHOW_PNG_H
#define RAMPART_SHOW_PNG_H

#include <stddef.h>
#include <stdint.h>

#include "rampart/status.h"

/** Encode a picture with 8 bits per channel.
 *  @param pixel     [height][width][channels]
 *  @param channels  1: grey; 3: red, green, blue
 *  @param png       out, malloc'ed [size]
 *  Range:  width, height 1..65535. Errors: RP_E_RANGE; RP_E_MEMORY.
 *  Cost:   one deflate of the pixels. Thread: reentrant. */
rp_status rp_png_encode(const uint8_t *pixel, int32_t width, int32_t height,
                        int32_t channels, uint8_t **png, size_t *size);

#endif
