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
row[1] = "WebSocket"
like[1] = "epoll"
row[2] = "event stream"
like[2] = "thread"
row[3] = "long poll"
like[3] = "fork"
row[4] = "poll without a number"
like[4] = "naive"
title[1] = "CPU time of the server per delivery in µs"
wide[1] = 0
least[1] = 6.054
most[1] = 11.106
beside[1] = "6.40 µs"
inside[1] = ""
beside[2] = "7.01 µs"
inside[2] = ""
beside[3] = "9.34 µs"
inside[3] = ""
beside[4] = "10.5 µs"
inside[4] = ""
title[2] = "bytes on the wire per delivery"
wide[2] = 0
least[2] = 66
most[2] = 172.2
beside[5] = "66.0"
inside[5] = ""
beside[6] = "93.0"
inside[6] = ""
beside[7] = "170"
inside[7] = ""
beside[8] = "172"
inside[8] = ""
title[3] = "messages lost in %"
wide[3] = 0
least[3] = 0
most[3] = 17.875
beside[9] = "0 %"
inside[9] = ""
beside[10] = "0 %"
inside[10] = ""
beside[11] = "0 %"
inside[11] = ""
beside[12] = "17.9 %"
inside[12] = ""
margin = 190; lines = 2
