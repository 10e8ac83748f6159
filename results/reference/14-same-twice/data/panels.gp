panels = 2
rows = 8
longest = 4
array title[2]
array wide[2]
array least[2]
array most[2]
array row[8]
array like[8]
array beside[16]
array inside[16]
row[1] = "copy 1"
like[1] = "epoll"
row[2] = "copy 2"
like[2] = "epoll"
row[3] = "copy 3"
like[3] = "epoll"
row[4] = "copy 4"
like[4] = "epoll"
row[5] = "copy 5"
like[5] = "epoll"
row[6] = "copy 6"
like[6] = "epoll"
row[7] = "copy 7"
like[7] = "epoll"
row[8] = "copy 8"
like[8] = "epoll"
title[1] = "CPU µs a message: epoll"
wide[1] = 0
least[1] = 21.581
most[1] = 30.5866
beside[1] = "24.7"
inside[1] = ""
beside[2] = "24.7"
inside[2] = ""
beside[3] = "24.9"
inside[3] = ""
beside[4] = "24.9"
inside[4] = ""
beside[5] = "24.7"
inside[5] = ""
beside[6] = "24.6"
inside[6] = ""
beside[7] = "24.9"
inside[7] = ""
beside[8] = "25.2"
inside[8] = ""
title[2] = "beside the median of its block"
wide[2] = 0
least[2] = 0.8536
most[2] = 1.2376
beside[9] = "1.00"
inside[9] = ""
beside[10] = "1.00"
inside[10] = ""
beside[11] = "1.00"
inside[11] = ""
beside[12] = "1.00"
inside[12] = ""
beside[13] = "0.99"
inside[13] = ""
beside[14] = "0.99"
inside[14] = ""
beside[15] = "1.00"
inside[15] = ""
beside[16] = "1.01"
inside[16] = ""
margin = 110; lines = 2
