panels = 1
rows = 14
longest = 8
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
least[1] = 0.9
most[1] = 114191
beside[1] = "0.94 ns"
inside[1] = ""
beside[2] = "112 ns"
inside[2] = ""
beside[3] = "9.18 ns"
inside[3] = ""
beside[4] = "153 ns"
inside[4] = ""
beside[5] = "1.79 µs"
inside[5] = ""
beside[6] = "1.77 µs"
inside[6] = ""
beside[7] = "1.45 µs"
inside[7] = ""
beside[8] = "3.31 µs"
inside[8] = ""
beside[9] = "3.29 µs"
inside[9] = ""
beside[10] = "21.1 µs"
inside[10] = ""
beside[11] = "20.0 µs"
inside[11] = ""
beside[12] = "28.1 ns"
inside[12] = ""
beside[13] = "16.6 µs"
inside[13] = ""
beside[14] = "107 µs"
inside[14] = ""
margin = 260; lines = 2
