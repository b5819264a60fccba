/* SPDX-License-Identifier: MIT */
/* The layout of the public structs, for comparison with what was released: "struct NAME SIZE", then
 * its fields with offset and size. Fails where a struct has padding, which a later field could
 * fall into, or a field that is not listed here. */
#include <stdio.h>
#include <stdlib.h>

#include <oriel/load.h>
#include <oriel/redirect.h>
#include <oriel/verify.h>

static const char *struct_name;
static size_t struct_size, covered;

static void begin(const char *name, size_t size)
{
	struct_name = name;
	struct_size = size;
	covered = 0;
	printf("struct %s %u\n", name, (unsigned)size);
}

static void field(const char *name, size_t off, size_t size)
{
	covered += size;
	printf("  %s %u %u\n", name, (unsigned)off, (unsigned)size);
}

static void end(void)
{
	if (covered == struct_size)
		return;
	fprintf(stderr, "struct %s: %u of %u bytes are in fields that are listed\n", struct_name,
		(unsigned)covered, (unsigned)struct_size);
	exit(1);
}

#define BEGIN(s)	 begin(#s, sizeof(struct s))
#define FIELD(s, member) field(#member, offsetof(struct s, member), sizeof(((struct s *)0)->member))

/* The size of a pointer is meant. NOLINTBEGIN(bugprone-sizeof-expression) */
/* lint: long-function, one line a field */
int main(void)
{
	BEGIN(oriel_error);
	FIELD(oriel_error, status);
	FIELD(oriel_error, text);
	end();

	BEGIN(oriel_object_options);
	FIELD(oriel_object_options, size);
	FIELD(oriel_object_options, file);
	FIELD(oriel_object_options, target_btf);
	FIELD(oriel_object_options, kconfig);
	FIELD(oriel_object_options, dialect);
	FIELD(oriel_object_options, reserved);
	end();

	BEGIN(oriel_object_info);
	FIELD(oriel_object_info, size);
	FIELD(oriel_object_info, file);
	FIELD(oriel_object_info, dialect_why);
	FIELD(oriel_object_info, license);
	FIELD(oriel_object_info, dialect);
	FIELD(oriel_object_info, section_count);
	FIELD(oriel_object_info, program_count);
	FIELD(oriel_object_info, map_count);
	FIELD(oriel_object_info, global_count);
	FIELD(oriel_object_info, warning_count);
	FIELD(oriel_object_info, btf_type_count);
	FIELD(oriel_object_info, core_relocation_count);
	end();

	BEGIN(oriel_section_info);
	FIELD(oriel_section_info, size);
	FIELD(oriel_section_info, name);
	FIELD(oriel_section_info, bytes);
	FIELD(oriel_section_info, bad);
	FIELD(oriel_section_info, byte_count);
	FIELD(oriel_section_info, flags);
	FIELD(oriel_section_info, type);
	FIELD(oriel_section_info, link);
	end();

	BEGIN(oriel_program_info);
	FIELD(oriel_program_info, size);
	FIELD(oriel_program_info, name);
	FIELD(oriel_program_info, section);
	FIELD(oriel_program_info, type);
	FIELD(oriel_program_info, attach_type);
	FIELD(oriel_program_info, offset);
	FIELD(oriel_program_info, section_index);
	FIELD(oriel_program_info, insn_count);
	FIELD(oriel_program_info, type_number);
	FIELD(oriel_program_info, attach_type_number);
	FIELD(oriel_program_info, flags);
	FIELD(oriel_program_info, reserved);
	end();

	BEGIN(oriel_map_info);
	FIELD(oriel_map_info, size);
	FIELD(oriel_map_info, name);
	FIELD(oriel_map_info, type);
	FIELD(oriel_map_info, initial);
	FIELD(oriel_map_info, initial_size);
	FIELD(oriel_map_info, extra);
	FIELD(oriel_map_info, type_number);
	FIELD(oriel_map_info, key_size);
	FIELD(oriel_map_info, value_size);
	FIELD(oriel_map_info, max_entries);
	FIELD(oriel_map_info, flags);
	FIELD(oriel_map_info, inner_map);
	FIELD(oriel_map_info, pinning);
	FIELD(oriel_map_info, properties);
	end();

	BEGIN(oriel_global_info);
	FIELD(oriel_global_info, size);
	FIELD(oriel_global_info, name);
	FIELD(oriel_global_info, map);
	FIELD(oriel_global_info, offset);
	FIELD(oriel_global_info, byte_count);
	FIELD(oriel_global_info, properties);
	end();

	BEGIN(oriel_link_options);
	FIELD(oriel_link_options, size);
	FIELD(oriel_link_options, type);
	end();

	BEGIN(oriel_code_info);
	FIELD(oriel_code_info, size);
	FIELD(oriel_code_info, name);
	FIELD(oriel_code_info, section);
	FIELD(oriel_code_info, type);
	FIELD(oriel_code_info, attach_type);
	FIELD(oriel_code_info, insns);
	FIELD(oriel_code_info, dialect);
	FIELD(oriel_code_info, insn_count);
	FIELD(oriel_code_info, called_count);
	FIELD(oriel_code_info, subprogram_count);
	FIELD(oriel_code_info, function_count);
	FIELD(oriel_code_info, variable_count);
	FIELD(oriel_code_info, unresolved_count);
	FIELD(oriel_code_info, reserved);
	end();

	BEGIN(oriel_subprogram_info);
	FIELD(oriel_subprogram_info, size);
	FIELD(oriel_subprogram_info, name);
	FIELD(oriel_subprogram_info, start);
	FIELD(oriel_subprogram_info, insn_count);
	FIELD(oriel_subprogram_info, is_callback);
	FIELD(oriel_subprogram_info, reserved);
	end();

	BEGIN(oriel_extern_info);
	FIELD(oriel_extern_info, size);
	FIELD(oriel_extern_info, name);
	FIELD(oriel_extern_info, btf_id);
	FIELD(oriel_extern_info, flags);
	end();

	BEGIN(oriel_line_info);
	FIELD(oriel_line_info, size);
	FIELD(oriel_line_info, file);
	FIELD(oriel_line_info, text);
	FIELD(oriel_line_info, slot);
	FIELD(oriel_line_info, line);
	FIELD(oriel_line_info, column);
	FIELD(oriel_line_info, reserved);
	end();

	BEGIN(oriel_disasm_options);
	FIELD(oriel_disasm_options, size);
	FIELD(oriel_disasm_options, flags);
	FIELD(oriel_disasm_options, first);
	FIELD(oriel_disasm_options, count);
	FIELD(oriel_disasm_options, reserved);
	end();
	BEGIN(oriel_verify_options);
	FIELD(oriel_verify_options, size);
	FIELD(oriel_verify_options, file);
	FIELD(oriel_verify_options, max_steps);
	FIELD(oriel_verify_options, max_memory);
	FIELD(oriel_verify_options, raw_size);
	FIELD(oriel_verify_options, policy);
	FIELD(oriel_verify_options, flags);
	FIELD(oriel_verify_options, max_time);
	end();

	BEGIN(oriel_verdict_info);
	FIELD(oriel_verdict_info, size);
	FIELD(oriel_verdict_info, steps);
	FIELD(oriel_verdict_info, memory);
	FIELD(oriel_verdict_info, max_visits);
	FIELD(oriel_verdict_info, is_safe);
	FIELD(oriel_verdict_info, finding_count);
	FIELD(oriel_verdict_info, more_findings);
	FIELD(oriel_verdict_info, stack_depth);
	end();

	BEGIN(oriel_finding_info);
	FIELD(oriel_finding_info, size);
	FIELD(oriel_finding_info, id);
	FIELD(oriel_finding_info, message);
	FIELD(oriel_finding_info, hint);
	FIELD(oriel_finding_info, function);
	FIELD(oriel_finding_info, file);
	FIELD(oriel_finding_info, source);
	FIELD(oriel_finding_info, origin);
	FIELD(oriel_finding_info, origin_file);
	FIELD(oriel_finding_info, origin_source);
	FIELD(oriel_finding_info, slot);
	FIELD(oriel_finding_info, line);
	FIELD(oriel_finding_info, column);
	FIELD(oriel_finding_info, origin_line);
	FIELD(oriel_finding_info, origin_column);
	FIELD(oriel_finding_info, reserved);
	end();

	BEGIN(oriel_fact_info);
	FIELD(oriel_fact_info, size);
	FIELD(oriel_fact_info, value);
	FIELD(oriel_fact_info, least);
	FIELD(oriel_fact_info, most);
	FIELD(oriel_fact_info, visits);
	FIELD(oriel_fact_info, flags);
	FIELD(oriel_fact_info, nonnull);
	FIELD(oriel_fact_info, map);
	FIELD(oriel_fact_info, reserved);
	end();

	BEGIN(oriel_runtime_options);
	FIELD(oriel_runtime_options, size);
	FIELD(oriel_runtime_options, print);
	FIELD(oriel_runtime_options, print_arg);
	FIELD(oriel_runtime_options, memory_limit);
	FIELD(oriel_runtime_options, dialect);
	FIELD(oriel_runtime_options, cpus);
	end();

	BEGIN(oriel_context_header);
	FIELD(oriel_context_header, reserved);
	end();

	BEGIN(oriel_hook_options);
	FIELD(oriel_hook_options, size);
	FIELD(oriel_hook_options, program_type);
	FIELD(oriel_hook_options, flags);
	FIELD(oriel_hook_options, reserved);
	end();

	BEGIN(oriel_live_map_info);
	FIELD(oriel_live_map_info, size);
	FIELD(oriel_live_map_info, name);
	FIELD(oriel_live_map_info, type);
	FIELD(oriel_live_map_info, memory);
	FIELD(oriel_live_map_info, value_size);
	FIELD(oriel_live_map_info, id);
	FIELD(oriel_live_map_info, key_size);
	FIELD(oriel_live_map_info, max_entries);
	FIELD(oriel_live_map_info, flags);
	end();

	BEGIN(oriel_load_options);
	FIELD(oriel_load_options, size);
	FIELD(oriel_load_options, program);
	FIELD(oriel_load_options, type);
	FIELD(oriel_load_options, mode);
	FIELD(oriel_load_options, raw_size);
	FIELD(oriel_load_options, flags);
	FIELD(oriel_load_options, reserved);
	end();

	BEGIN(oriel_run);
	FIELD(oriel_run, size);
	FIELD(oriel_run, context);
	FIELD(oriel_run, context_size);
	FIELD(oriel_run, data);
	FIELD(oriel_run, data_size);
	FIELD(oriel_run, repeat);
	FIELD(oriel_run, result);
	FIELD(oriel_run, duration_ns);
	FIELD(oriel_run, data_capacity);
	FIELD(oriel_run, batch);
	FIELD(oriel_run, reserved);
	end();

	BEGIN(oriel_live_program_info);
	FIELD(oriel_live_program_info, size);
	FIELD(oriel_live_program_info, name);
	FIELD(oriel_live_program_info, type);
	FIELD(oriel_live_program_info, mode);
	FIELD(oriel_live_program_info, runs);
	FIELD(oriel_live_program_info, run_ns);
	FIELD(oriel_live_program_info, id);
	FIELD(oriel_live_program_info, insn_count);
	FIELD(oriel_live_program_info, links);
	FIELD(oriel_live_program_info, verified);
	end();

	BEGIN(oriel_redirect);
	FIELD(oriel_redirect, size);
	FIELD(oriel_redirect, ip);
	FIELD(oriel_redirect, port);
	FIELD(oriel_redirect, family);
	FIELD(oriel_redirect, process);
	FIELD(oriel_redirect, context_size);
	FIELD(oriel_redirect, reserved);
	FIELD(oriel_redirect, context);
	end();
	return 0;
}
/* NOLINTEND(bugprone-sizeof-expression) */
