panels = 2
rows = 4
array title[2]
array wide[2]
array least[2]
array most[2]
array row[4]
array like[4]
array beside[8]
array inside[8]
row[1] = "load tcp://"
like[1] = ""
row[2] = "load http://"
like[2] = ""
row[3] = "wrk http://"
like[3] = ""
row[4] = "load ws:// (epoll)"
like[4] = "epoll"
title[1] = "thousand requests a second"
wide[1] = 0
least[1] = 30.5462
most[1] = 120.035
beside[1] = "103"
inside[1] = ""
beside[2] = "93.1"
inside[2] = ""
beside[3] = "83.1"
inside[3] = ""
beside[4] = "97.7"
inside[4] = ""
title[2] = "client: CPU µs each"
wide[2] = 0
least[2] = 8.1277
most[2] = 16.3494
beside[5] = "9"
inside[5] = ""
beside[6] = "10.4"
inside[6] = ""
beside[7] = "12"
inside[7] = ""
beside[8] = "9.7"
inside[8] = ""
margin = 190; lines = 2
