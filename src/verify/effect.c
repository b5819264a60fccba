/* SPDX-License-Identifier: MIT */
/* What calls read and write, by the helpers' contracts: for liveness, which only forgets. A
 * contract that says less leaves more alive. */
#include "verify/effect.h"

#include "spec/spec.h"

/* The map that a contract speaks of: the first argument that is one. */
static const struct prog_map *map_of(const struct prog *prog, const struct spec_helper *helper,
				     const struct cfg_value args[CFG_MAX_ARGS])
{
	for (u32 i = 0; i < CFG_MAX_ARGS; i++) {
		if (helper->args[i] == ARG_MAP && args[i].kind == CFG_VALUE_MAP &&
		    args[i].value >= 0 && args[i].value < prog->map_count)
			return &prog->maps[args[i].value];
	}
	return NULL;
}

/* The size that follows argument i. */
static u32 size_after(const struct spec_helper *helper, const struct cfg_value args[CFG_MAX_ARGS],
		      u32 i)
{
	if (i + 1 < CFG_MAX_ARGS &&
	    (helper->args[i + 1] == ARG_SIZE || helper->args[i + 1] == ARG_SIZE_OR_ZERO) &&
	    args[i + 1].kind == CFG_VALUE_NUMBER && args[i + 1].value >= 0 &&
	    args[i + 1].value <= PROG_FRAME_SIZE * PROG_MAX_FRAMES)
		return (u32)args[i + 1].value;
	return CFG_SIZE_UNKNOWN;
}

static void memory_effect(struct cfg_effect *effect, u32 i, u32 reads, u32 writes)
{
	effect->reads[i] = reads;
	effect->writes[i] = writes;
	effect->overwrites[i] = reads == 0 && writes != CFG_SIZE_UNKNOWN ? writes : 0;
}

static void arg_effect(const struct spec_helper *helper, const struct prog_map *map,
		       const struct cfg_value args[CFG_MAX_ARGS], u32 i, struct cfg_effect *effect)
{
	u32 size = size_after(helper, args, i);

	switch (helper->args[i]) {
	case ARG_ANYTHING:
	case ARG_VARIADIC:
	case ARG_SIZE:
	case ARG_SIZE_OR_ZERO:
	case ARG_ALLOC_SIZE:
	case ARG_CTX:
	case ARG_CTX_OR_NULL:
	case ARG_MAP:
	case ARG_PROG_MAP: memory_effect(effect, i, 0, 0); break;
	case ARG_MAP_KEY:
		memory_effect(effect, i, map != NULL ? map->key_size : CFG_SIZE_UNKNOWN, 0);
		break;
	case ARG_MAP_VALUE:
	case ARG_MAP_VALUE_OR_NULL:
		memory_effect(effect, i, map != NULL ? map->value_size : CFG_SIZE_UNKNOWN, 0);
		break;
	case ARG_READ_MEM:
	case ARG_READ_MEM_OR_NULL: memory_effect(effect, i, size, 0); break;
	case ARG_WRITE_MEM: memory_effect(effect, i, 0, size); break;
	case ARG_UPDATE_MEM: memory_effect(effect, i, size, size); break;
	case ARG_READ_20: memory_effect(effect, i, 20, 0); break;
	case ARG_READ_40: memory_effect(effect, i, 40, 0); break;
	default: break; /* as it is: anything */
	}
}

void verify_call_effect(void *arg, const struct prog *prog, u32 slot,
			const struct cfg_value args[CFG_MAX_ARGS], struct cfg_effect *effect)
{
	const struct insn *insn = &prog->insns[slot];
	const struct spec_helper *helper;

	(void)arg;
	if (insn->kind != INSN_CALL)
		return;
	helper = spec_find_helper(prog->spec, prog->dialect, prog->type, (u32)insn->imm);
	if (helper == NULL || helper->ret == RET_UNSUPPORTED)
		return;
	effect->arg_count = 0;
	for (u32 i = 0; i < CFG_MAX_ARGS && helper->args[i] != ARG_NONE; i++) {
		effect->arg_count = i + 1;
		arg_effect(helper, map_of(prog, helper, args), args, i, effect);
	}
}
