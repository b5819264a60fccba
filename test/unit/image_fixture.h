/* SPDX-License-Identifier: MIT */
/* A small unsigned image. */
#pragma once

#include "base/compiler.h"

/* An image with a section of code, one of data and one that is zeros only; 0x600 bytes. */
#define FIXTURE_IMAGE_SIZE 0x600u
void fixture_image(u8 ret_image[FIXTURE_IMAGE_SIZE]);
