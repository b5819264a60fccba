/* SPDX-License-Identifier: MIT */
/* A program that includes nothing, so that only the build can say which dialect it is. */
__attribute__((section("xdp"), used)) int pass(void *ctx)
{
	(void)ctx;
	return 2;
}
