/* SPDX-License-Identifier: MIT */
/* make-image FILE: a small unsigned image that tests sign. */
#include <stdio.h>

#include "image_fixture.h"

int main(int argc, char **argv)
{
	static u8 image[FIXTURE_IMAGE_SIZE];
	FILE *file = argc == 2 ? fopen(argv[1], "wb") : NULL;
	bool ok;

	if (file == NULL) {
		fprintf(stderr, "usage: make-image FILE\n");
		return 64;
	}
	fixture_image(image);
	ok = fwrite(image, 1, sizeof(image), file) == sizeof(image);
	return fclose(file) == 0 && ok ? 0 : 1;
}
