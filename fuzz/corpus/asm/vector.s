# a comment
mov %r0, 1
mov32 %r1, 0x87654321
lddw %r1, 0x8000000000000000
ldxsh %r2, [%r10-8]
stb [%r10+1], 255
stxdw [%r10-16], %r2
jsgt32 %r1, -1, exit
jeq %r1, %r2, +1
lock fetch add32 [%r10-8], %r1
lock cmpxchg [%r10-8], %r1
movsx832 %r1, %r2
be16 %r1
call local sub
call %r2
exit
sub: neg32 %r1
ldindw %r1, 4
ja sub
