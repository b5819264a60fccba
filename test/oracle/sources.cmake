# SPDX-License-Identifier: MIT
# What a program of the oracle is made of; fuzz/ has one, too.
set(ORIEL_ORACLE_SOURCES choice.c claim.c concrete.c contract.c forge.c gen.c gen_bad.c gen_bad_call.c gen_bad_held.c gen_bad_memory.c gen_bad_value.c gen_flow.c gen_held.c gen_host.c gen_mem.c gen_sock.c
    machine.c oracle.c trace.c)
list(TRANSFORM ORIEL_ORACLE_SOURCES PREPEND ${CMAKE_SOURCE_DIR}/test/oracle/)
list(APPEND ORIEL_ORACLE_SOURCES ${CMAKE_SOURCE_DIR}/test/unit/interp_ref.c)
