panels = 1
rows = 14
array title[1]
array wide[1]
array least[1]
array most[1]
array row[14]
array like[14]
array beside[14]
array inside[14]
row[1] = "function call"
like[1] = ""
row[2] = "system call"
like[2] = ""
row[3] = "coroutine switch"
like[3] = "coroutine"
row[4] = "swapcontext(3)"
like[4] = "coroutine"
row[5] = "to a thread"
like[5] = "thread"
row[6] = "to a process"
like[6] = "fork"
row[7] = "going through 256 KiB"
like[7] = ""
row[8] = "to a thread with 256 KiB each"
like[8] = "thread"
row[9] = "to a process with 256 KiB each"
like[9] = "fork"
row[10] = "to a thread on another core"
like[10] = "thread"
row[11] = "to a process on another core"
like[11] = "fork"
row[12] = "making a coroutine"
like[12] = "coroutine"
row[13] = "making a thread"
like[13] = "thread"
row[14] = "making a process"
like[14] = "fork"
title[1] = "one costs"
wide[1] = 1
least[1] = 1.61
most[1] = 241799
beside[1] = "2.06 ns"
inside[1] = ""
beside[2] = "260 ns"
inside[2] = ""
beside[3] = "12.5 ns"
inside[3] = ""
beside[4] = "341 ns"
inside[4] = ""
beside[5] = "3.68 µs"
inside[5] = ""
beside[6] = "3.74 µs"
inside[6] = ""
beside[7] = ""
inside[7] = "not measured"
beside[8] = ""
inside[8] = "not measured"
beside[9] = ""
inside[9] = "not measured"
beside[10] = "80.4 µs"
inside[10] = ""
beside[11] = "76.7 µs"
inside[11] = ""
beside[12] = "50.4 ns"
inside[12] = ""
beside[13] = "34.0 µs"
inside[13] = ""
beside[14] = "214 µs"
inside[14] = ""
margin = 260; lines = 2
