panels = 3
rows = 4
longest = 8
array title[3]
array wide[3]
array least[3]
array most[3]
array row[4]
array like[4]
array beside[12]
array inside[12]
row[1] = "pool"
like[1] = "pool"
row[2] = "gil 5 ms"
like[2] = "gil"
row[3] = "gil 20 ms"
like[3] = "gil"
row[4] = "epoll"
like[4] = "epoll"
title[1] = "median time of a trifle in ms · nobody computes"
wide[1] = 0
least[1] = 0.092
most[1] = 0.113279
beside[1] = "0.11 ms"
inside[1] = ""
beside[2] = "0.10 ms"
inside[2] = ""
beside[3] = "0.092 ms"
inside[3] = ""
beside[4] = "0.11 ms"
inside[4] = ""
title[2] = "median time of a trifle in ms · one computes"
wide[2] = 0
least[2] = 0.069567
most[2] = 39.846
beside[5] = "0.07 ms"
inside[5] = ""
beside[6] = "5.29 ms"
inside[6] = ""
beside[7] = "13.9 ms"
inside[7] = ""
beside[8] = "39.8 ms"
inside[8] = ""
title[3] = "median time of a trifle in ms · 3 compute"
wide[3] = 0
least[3] = 0.085695
most[3] = 160.301
beside[9] = "0.086 ms"
inside[9] = ""
beside[10] = "16.3 ms"
inside[10] = ""
beside[11] = "63.5 ms"
inside[11] = ""
beside[12] = "160 ms"
inside[12] = ""
margin = 190; lines = 1
