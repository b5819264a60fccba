/* SPDX-License-Identifier: MIT */
/* Nothing here says which dialect it is, and the second section says no type. */
__attribute__((section("xdp"), used)) int one(void *ctx)
{
	return ctx != (void *)0;
}

__attribute__((section("elsewhere"), used)) int two(void *ctx)
{
	return ctx == (void *)0;
}
