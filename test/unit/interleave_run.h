/* SPDX-License-Identifier: MIT */
/* Runs two functions in all orders; see interleave.h. */
#pragma once

#include "interleave.h"

#include <stdio.h>

#define STACK	 65536
#define SWITCHES 3

static struct {
	ucontext_t main, contexts[2];
	u8 stacks[2][STACK];
	bool done[2];
	u32 current;
	bool running;
	u32 plan[SWITCHES]; /* steps until the first, the second, the third change */
	u32 at, left;
	u32 made; /* changes that took place */
	u32 most; /* changes of a plan, at most SWITCHES */
	void (*body[2])(void);
	const char *wrong;
} co;

static uintptr_t coroutine_mark(void)
{
	return co.current + 1;
}

static void complain(const char *text)
{
	if (co.wrong == NULL)
		co.wrong = text;
}

static void change(void)
{
	u32 from = co.current, to = from ^ 1;

	if (co.done[to])
		return;
	co.current = to;
	swapcontext(&co.contexts[from], &co.contexts[to]);
}

static void step(void)
{
	if (!co.running || co.done[co.current ^ 1] || co.at == co.most || --co.left > 0)
		return;
	co.made = ++co.at;
	co.left = co.at < co.most ? co.plan[co.at] : 0;
	change();
}

/* A pause is a place to change at like others, and not a change. */
static bool pauses_are_steps;

static void wait_for_the_other(u32 round)
{
	if (round == 0 && pauses_are_steps) {
		step();
		return;
	}
	if (round > 1000)
		complain("waits for ever");
	change();
}

static void start(int which)
{
	co.body[which]();
	co.done[which] = true;
	change();
	setcontext(&co.main);
}

static void run_once(void (*first)(void), void (*second)(void))
{
	void (*bodies[2])(void) = { first, second };

	co.at = co.made = 0;
	co.left = co.plan[0];
	for (int i = 0; i < 2; i++) {
		co.done[i] = false;
		co.body[i] = bodies[i];
		getcontext(&co.contexts[i]);
		co.contexts[i].uc_stack.ss_sp = co.stacks[i];
		co.contexts[i].uc_stack.ss_size = STACK;
		co.contexts[i].uc_link = NULL;
		makecontext(&co.contexts[i], (void (*)(void))start, 1, i);
	}
	co.current = 0;
	co.running = true;
	swapcontext(&co.main, &co.contexts[0]);
	co.running = false;
}

/* All plans; a change that did not take place ends its loop. NULL, or what was wrong first. */
static const char *run_all(u32 switches, void (*setup)(void), void (*first)(void),
			   void (*second)(void), void (*check)(void), u64 *ret_runs)
{
	co.most = switches;
	co.wrong = NULL;
	*ret_runs = 0;
	for (u32 n = 1;; n++) {
		u32 most = 0;

		for (u32 m = 1;; m++) {
			u32 made = 0;

			for (u32 k = 1;; k++) {
				co.plan[0] = n;
				co.plan[1] = m;
				co.plan[2] = k;
				setup();
				run_once(first, second);
				check();
				++*ret_runs;
				if (co.wrong != NULL)
					return co.wrong;
				made = MAX(made, co.made);
				if (co.made < SWITCHES)
					break;
			}
			most = MAX(most, made);
			if (made < 2)
				break;
		}
		if (most < 1)
			return NULL;
	}
}

/* Says which of the caller's pairs went wrong, and with which plan. */
static bool all_right(size_t pair, const char *wrong)
{
	if (wrong != NULL)
		printf("# pair %zu, plan %u %u %u: %s\n", pair, co.plan[0], co.plan[1], co.plan[2],
		       wrong);
	return wrong == NULL;
}
