/* SPDX-License-Identifier: MIT */
/* Where hosts give main's arguments as they should be. */
#include "cli.h"

int main(int argc, char **argv)
{
	return cli_main(argc, argv);
}
