/* SPDX-License-Identifier: MIT */
/* How long something may take: whoever allows it is asked now and then. Time is the caller's
 * matter, so that what is done without a clock comes out the same each time. */
#pragma once

#include "base/compiler.h"

#define BUDGET_WORK 4096 /* between two questions; a unit is some tens of nanoseconds or more */

struct budget {
	bool (*is_spent)(void *arg); /* NULL: it never is */
	void *arg;
	u32 work; /* since it was asked */
	bool is_over;
};

/* True, from then on, when the budget is spent. budget may be NULL. */
static inline bool budget_use(struct budget *budget, u32 work)
{
	if (budget == NULL || budget->is_over)
		return budget != NULL;
	budget->work += MIN(work, (u32)BUDGET_WORK);
	if (budget->work < BUDGET_WORK)
		return false;
	budget->work = 0;
	budget->is_over = budget->is_spent != NULL && budget->is_spent(budget->arg);
	return budget->is_over;
}
