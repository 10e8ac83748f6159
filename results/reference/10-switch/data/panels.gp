panels = 1
rows = 11
array title[1]
array wide[1]
array least[1]
array most[1]
array row[11]
array like[11]
array beside[11]
array inside[11]
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
row[7] = "to a thread on another core"
like[7] = "thread"
row[8] = "to a process on another core"
like[8] = "fork"
row[9] = "making a coroutine"
like[9] = "coroutine"
row[10] = "making a thread"
like[10] = "thread"
row[11] = "making a process"
like[11] = "fork"
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
beside[7] = "80.4 µs"
inside[7] = ""
beside[8] = "76.7 µs"
inside[8] = ""
beside[9] = "50.4 ns"
inside[9] = ""
beside[10] = "34.0 µs"
inside[10] = ""
beside[11] = "214 µs"
inside[11] = ""
margin = 260; lines = 2
