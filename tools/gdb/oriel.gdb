# SPDX-License-Identifier: MIT
# For gdb on x86-64, `gdb -x oriel.gdb --args oriel run --mode native FILE.sys`: the lines of a Windows image that is run here.

define oriel-image
  tbreak *image_module_read
  run
  set $oriel_image = (long)((void *(*)(void *, unsigned))image_address)((void *)$rdi, 0)
  if $argc > 1
    add-symbol-file $arg0 -o $oriel_image-$arg1
  else
    add-symbol-file $arg0 -o $oriel_image-0x140000000
  end
end
document oriel-image
oriel-image TWIN [LINK]: run until the image is in memory, and read the lines of its twin.
TWIN is what `oriel native --dwarf` leaves beside an image. LINK is the address that the image was linked for: 0x140000000,
which is a driver's, unless it is given; a DLL's is 0x180000000. Breakpoints in the image are hardware ones (hbreak).
end
