/* SPDX-License-Identifier: MIT */
/* The library from C++, with its handles owned as C++ owns things. */
#include <cstdint>
#include <iostream>
#include <memory>

#include <oriel/object.h>

struct object_delete {
	void operator()(oriel_object *object) const
	{
		oriel_object_free(object);
	}
};

int main(int argc, char **argv)
{
	std::unique_ptr<oriel_object, object_delete> object;
	oriel_object *opened = nullptr;
	oriel_object_info info = {};
	oriel_error error;

	if (argc != 2 || oriel_object_open_file(argv[1], nullptr, &opened, &error) != 0) {
		std::cerr << (argc == 2 ? error.text : "usage: count FILE") << '\n';
		return 2;
	}
	object.reset(opened);
	info.size = sizeof(info);
	if (oriel_object_get_info(object.get(), &info) != 0)
		return 1;
	std::cout << info.program_count << " functions, dialect "
		  << oriel_dialect_name(info.dialect) << '\n';
	return 0;
}
