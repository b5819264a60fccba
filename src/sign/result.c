/* SPDX-License-Identifier: MIT */
/* What needs no libcrypto. */
#include "sign/sign.h"

void sign_result_fini(struct sign_result *result)
{
	arena_fini(&result->arena);
	*result = (struct sign_result){ 0 };
}

const char *sign_reason_id(enum sign_reason reason)
{
	static const char *const ids[] = {
#define SIGN_REASON(name, id) [SIGN_##name] = id,
#include "sign/reasons.def"
#undef SIGN_REASON
	};

	return reason < SIGN_REASON_COUNT ? ids[reason] : "unknown";
}
