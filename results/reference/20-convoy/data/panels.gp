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
least[1] = 0.088831
most[1] = 0.13
beside[1] = "0.089 ms"
inside[1] = ""
beside[2] = "0.11 ms"
inside[2] = ""
beside[3] = "0.10 ms"
inside[3] = ""
beside[4] = "0.13 ms"
inside[4] = ""
title[2] = "median time of a trifle in ms · one computes"
wide[2] = 0
least[2] = 0.093951
most[2] = 40.0753
beside[5] = "0.094 ms"
inside[5] = ""
beside[6] = "5.33 ms"
inside[6] = ""
beside[7] = "20.2 ms"
inside[7] = ""
beside[8] = "40.1 ms"
inside[8] = ""
title[3] = "median time of a trifle in ms · 3 compute"
wide[3] = 0
least[3] = 0.050783
most[3] = 159.121
beside[9] = "0.051 ms"
inside[9] = ""
beside[10] = "28.8 ms"
inside[10] = ""
beside[11] = "50.5 ms"
inside[11] = ""
beside[12] = "159 ms"
inside[12] = ""
margin = 190; lines = 1
