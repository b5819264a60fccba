start: r1 = 0x21646c72 ; comment
*(u32 *)(r10 - 0x8) = r1
r1 = 0x6f57206f6c6c6548 ll
r2 = map_value 0x1 + 0x8 ll
w1 += w2
r1 s/= -0x5
r3 = (s16)r4
r3 = -r3
r1 = bswap32 r1
lock *(u64 *)(r1 + 0x0) += r2
r2 = atomic_fetch_or((u64 *)(r1 + 0x0), r2)
r0 = cmpxchg_64(r1 + 0x0, r0, r2)
w2 = xchg32_32(r1 + 0x4, w2)
w0 = load_acquire((u8 *)(r1 + 0x0))
store_release((u64 *)(r1 + 0x0), r2)
r0 = *(u16 *)skb[r3 + 0x2]
if w1 s<= -0x5 goto start <start>
may_goto +0x1
gotol +0x0
call 0xc <bpf_printk>
call kfunc 0x7 module 0x1
call f
callx r3
exit
f: r5 = code f ll
exit
