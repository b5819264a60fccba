/* SPDX-License-Identifier: MIT */
/* Why a program was stopped, in words: the place in its source, the access, and what it just
 * missed. */
#include "base/format.h"
#include "base/str.h"
#include "runtime/invocation.h"

#define NEAR 4096 /* bytes: farther away is not a miss */

/* The best guess so far at what an access was meant for. */
struct aim {
	const char *what; /* NULL: nothing near */
	const char *map;  /* a name for the %s in what */
	u64 size;
	u64 distance;
	enum { AIM_READ_ONLY, AIM_BEYOND, AIM_PAST, AIM_BEFORE } how;
};

/* Both sides are as good as each other. */
static void consider(struct aim *aim, struct aim other)
{
	u32 rank = MIN((u32)other.how, (u32)AIM_PAST), best = MIN((u32)aim->how, (u32)AIM_PAST);

	if (aim->what == NULL || rank < best || (rank == best && other.distance < aim->distance))
		*aim = other;
}

static void consider_region(struct aim *aim, const char *what, u64 base, u64 size,
			    const struct exec_fault *fault)
{
	u64 end = base + size, addr = fault->addr;

	if (addr < base && base - addr <= NEAR)
		consider(aim, (struct aim){ what, NULL, size, base - addr, AIM_BEFORE });
	else if (addr >= end && addr - end <= NEAR)
		consider(aim, (struct aim){ what, NULL, size, addr - end, AIM_PAST });
	else if (addr >= base && addr < end && fault->size > end - addr)
		consider(aim,
			 (struct aim){ what, NULL, size, fault->size - (end - addr), AIM_BEYOND });
}

/* Only the map itself knows where its values are: asked byte by byte, as nothing hurries here. */
static void consider_map(struct aim *aim, const struct map *map, const char *name,
			 const struct exec_fault *fault)
{
	u32 size = map->def.value_size;

	for (u64 d = 0; d <= NEAR && d <= fault->addr; d++) {
		if (!map->ops->contains(map, fault->addr - d, 1))
			continue;
		if (d > 0)
			consider(aim,
				 (struct aim){ "a value of map", name, size, d - 1, AIM_PAST });
		else if (map->ops->contains(map, fault->addr, fault->size))
			consider(aim,
				 (struct aim){ "a value of map", name, size, 0, AIM_READ_ONLY });
		else
			consider(aim, (struct aim){ "a value of map", name, size, 0, AIM_BEYOND });
		return;
	}
}

static struct aim aim_of(const struct invocation *inv)
{
	const struct exec *exec = &inv->exec;
	const struct exec_fault *fault = &exec->fault;
	bool is_raw = (inv->prog->prog->type->flags & PROG_TYPE_RAW) != 0;
	struct aim aim = { 0 };

	for (u32 i = 0; i < inv->fixed_regions; i++)
		consider_region(&aim,
				is_raw	 ? "the memory"
				: i == 0 ? "the context"
					 : "the packet",
				exec->regions[i].base, exec->regions[i].size, fault);
	consider_region(&aim, "the stack", (u64)(uintptr_t)exec->stack,
			PROG_MAX_FRAMES * PROG_FRAME_SIZE, fault);
	for (u32 i = 0; i < inv->prog->prog->map_count; i++)
		if (inv->prog->maps[i] != NULL)
			consider_map(&aim, inv->prog->maps[i], inv->prog->maps[i]->core.name,
				     fault);
	return aim;
}

static void describe_aim(const struct aim *aim, char *buf, size_t size)
{
	const char *quote = aim->map == NULL ? "" : "'", *map = aim->map == NULL ? "" : aim->map;
	const char *space = aim->map == NULL ? "" : " ";

	switch (aim->how) {
	case AIM_READ_ONLY:
		format(buf, size, "; %s%s%s%.64s%s is read-only", aim->what, space, quote, map,
		       quote);
		break;
	case AIM_BEYOND:
		format(buf, size, "; runs past the end of %s%s%s%.64s%s (%llu bytes)", aim->what,
		       space, quote, map, quote, aim->size);
		break;
	case AIM_PAST:
		if (aim->distance == 0) {
			format(buf, size, "; just past the end of %s%s%s%.64s%s (%llu bytes)",
			       aim->what, space, quote, map, quote, aim->size);
			break;
		}
		format(buf, size, "; %llu bytes past the end of %s%s%s%.64s%s (%llu bytes)",
		       aim->distance, aim->what, space, quote, map, quote, aim->size);
		break;
	case AIM_BEFORE:
		format(buf, size, "; %llu bytes before %s%s%s%.64s%s (%llu bytes)", aim->distance,
		       aim->what, space, quote, map, quote, aim->size);
		break;
	}
}

static void explain_access(const struct invocation *inv, bool aims, struct error *err)
{
	const struct exec_fault *fault = &inv->exec.fault;
	char near[160] = "";

	if (fault->addr < NEAR) {
		format(near, sizeof(near), "; a NULL pointer plus %llu", fault->addr);
	} else if (aims) {
		struct aim aim = aim_of(inv);

		if (aim.what != NULL)
			describe_aim(&aim, near, sizeof(near));
	}
	error_set(err, ERR_FAULT, "%u-byte %s at 0x%llx is outside the memory that it may touch%s",
		  fault->size, fault->write ? "write" : "read", fault->addr, near);
}

/* The call whose helper was given what it may not have; NULL when the slot holds none. */
static const char *helper_name(const struct prog *prog, u32 slot)
{
	const struct spec_helper *helper;

	if (slot >= prog->insn_count || prog->translated != 0 ||
	    prog->insns[slot].kind != INSN_CALL)
		return NULL;
	helper =
		spec_find_helper(prog->spec, prog->dialect, prog->type, (u32)prog->insns[slot].imm);
	return helper == NULL ? NULL : helper->name;
}

static const char *base_name(const char *path)
{
	const char *base = path;

	for (; *path != '\0'; path++)
		if (*path == '/' || *path == '\\')
			base = path + 1;
	return base;
}

/* "slot 5 (x.c:12)" in front of what is there. */
static void prefix_place(const struct prog *prog, u32 slot, struct error *err)
{
	const struct prog_line *line = slot == PROG_NO_INDEX ? NULL : prog_line_at(prog, slot);
	const char *helper = helper_name(prog, slot);

	if (helper != NULL)
		error_prefix(err, "%s", helper);
	if (slot == PROG_NO_INDEX)
		error_prefix(err, "in a helper");
	else if (line == NULL || line->file == NULL || line->line == 0)
		error_prefix(err, "at slot %u", slot);
	else
		error_prefix(err, "at slot %u (%.64s:%u)", slot, base_name(line->file), line->line);
}

static void explain_absent(const struct invocation *inv, struct error *err)
{
	const char *text = prog_unresolved_at(inv->prog->prog, inv->exec.fault.slot);

	error_set(err, ERR_NOTSUP, "%s", text != NULL ? text : "no such helper");
}

static void explain(const struct invocation *inv, bool aims, struct error *err)
{
	const struct exec_fault *fault = &inv->exec.fault;

	switch (fault->status) {
	case ERR_FAULT: explain_access(inv, aims, err); break;
	case ERR_BADF:
		error_set(err, ERR_BADF, "0x%llx is not a map of this program", fault->addr);
		break;
	case ERR_TIME: error_set(err, ERR_TIME, "its budget of instructions is used up"); break;
	case ERR_LOOP:
		error_set(err, ERR_LOOP, "more than %u frames of local calls", PROG_MAX_FRAMES);
		break;
	case ERR_NOTSUP: explain_absent(inv, err); break;
	default: error_set(err, fault->status, "%s", error_name(fault->status)); break;
	}
	prefix_place(inv->prog->prog, fault->slot, err);
}

int invocation_explain(const struct invocation *inv, struct error *err)
{
	struct error where = { 0 };

	explain(inv, true, &where);
	return error_set(err, inv->exec.fault.status, "program '%.64s' stopped %s",
			 inv->prog->prog->name, where.text);
}

void invocation_summarise(const struct invocation *inv, struct error *err)
{
	explain(inv, false, err);
}
