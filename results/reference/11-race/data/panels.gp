panels = 2
rows = 5
longest = 7
array title[2]
array wide[2]
array least[2]
array most[2]
array row[5]
array like[5]
array beside[10]
array inside[10]
row[1] = "threads"
like[1] = "thread"
row[2] = "threads with a lock"
like[2] = "thread"
row[3] = "threads with an atomic"
like[3] = "thread"
row[4] = "coroutines that yield in between"
like[4] = "coroutine"
row[5] = "coroutines that yield after"
like[5] = "coroutine"
title[1] = "lost of all additions in %"
wide[1] = 0
least[1] = 0
most[1] = 75
beside[1] = "62.5 %"
inside[1] = ""
beside[2] = "0 %"
inside[2] = ""
beside[3] = "0 %"
inside[3] = ""
beside[4] = "75.0 %"
inside[4] = ""
beside[5] = "0 %"
inside[5] = ""
title[2] = "ns an addition"
wide[2] = 1
least[2] = 1.4368
most[2] = 33.046
beside[6] = "1.61 ns"
inside[6] = ""
beside[7] = "20.2 ns"
inside[7] = ""
beside[8] = "4.81 ns"
inside[8] = ""
beside[9] = "30.4 ns"
inside[9] = ""
beside[10] = "20.6 ns"
inside[10] = ""
margin = 275; lines = 2
