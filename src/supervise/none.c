/* SPDX-License-Identifier: MIT */
/* Hosts other than Linux. */
#include "supervise/status.h"
#include "supervise/supervise.h"

int supervise_run(UNUSED const struct supervise_options *options, UNUSED int *ret_exit,
		  struct error *err)
{
	return error_set(err, ERR_NOTSUP, "commands can be supervised on Linux only");
}

u32 supervise_features(void)
{
	return 0;
}

u32 supervise_compartment(void)
{
	return 0;
}

int status_serve(UNUSED const struct status_options *options,
		 UNUSED struct status_server **ret_server, struct error *err)
{
	return error_set(err, ERR_NOTSUP, "programs are attached on Linux only");
}

bool status_is_open(UNUSED const struct status_server *server)
{
	return false;
}

void status_stop(UNUSED struct status_server *server) {}

int status_ask(UNUSED enum status_question question,
	       UNUSED void (*take)(void *arg, const char *answer, size_t len), UNUSED void *arg,
	       struct error *err)
{
	return error_set(err, ERR_NOTSUP, "programs are attached on Linux only");
}

int status_watch(UNUSED bool (*take)(void *arg, const char *line, size_t len), UNUSED void *arg,
		 struct error *err)
{
	return error_set(err, ERR_NOTSUP, "programs are attached on Linux only");
}

void status_sleep(UNUSED u32 ms) {}

struct redirects *redirects_new(void)
{
	return NULL;
}

void redirects_free(UNUSED struct redirects *redirects) {}

bool redirects_find(UNUSED struct redirects *redirects,
		    UNUSED const struct redirect_question *question,
		    UNUSED struct redirect_answer *ret_answer)
{
	return false;
}

bool redirect_question_of(UNUSED int socket, UNUSED struct redirect_question *ret_question)
{
	return false;
}

int redirect_ask(UNUSED int socket, UNUSED struct redirect_answer *ret_answer, struct error *err)
{
	return error_set(err, ERR_NOTSUP, "connections are redirected on Linux only");
}
