/* SPDX-License-Identifier: MIT */
/* Context of process programs (sections "process"), Windows dialect: a process starts or ends. */
#pragma once

#include "ebpf_structs.h"

#define PROCESS_MAX_SID_SIZE 68

typedef enum _process_operation {
	PROCESS_OPERATION_CREATE = 0,
	PROCESS_OPERATION_DELETE = 1,
} process_operation_t;

typedef struct _process_md {
	uint8_t *command_start; /* the command line, UTF-16 */
	uint8_t *command_end;
	uint64_t process_id;
	uint64_t parent_process_id;
	uint64_t creating_process_id;
	uint64_t creating_thread_id;
	uint64_t creation_time;
	uint64_t exit_time;
	uint32_t process_exit_code;
	uint8_t operation; /* process_operation_t */
	uint32_t token_sid_size;
	uint8_t token_sid[PROCESS_MAX_SID_SIZE];
} process_md_t;

/* 0 lets the process start, another NTSTATUS refuses it. */
typedef int process_hook_t(process_md_t *context);

#define PROCESS_EXT_HELPER_FN_BASE 0xFFFF

/* Bytes of the UTF-16 text that were written; negative: an error. */
ORIEL_HELPER(int, bpf_process_get_image_path,
	     (process_md_t * ctx, uint8_t *path, uint32_t path_length),
	     PROCESS_EXT_HELPER_FN_BASE + 1);
/* The same, of the account whose token the process has. */
ORIEL_HELPER(int, bpf_process_get_account_name,
	     (process_md_t * ctx, uint8_t *name, uint32_t name_length),
	     PROCESS_EXT_HELPER_FN_BASE + 2);
ORIEL_HELPER(int, bpf_process_get_account_domain,
	     (process_md_t * ctx, uint8_t *domain, uint32_t domain_length),
	     PROCESS_EXT_HELPER_FN_BASE + 3);
