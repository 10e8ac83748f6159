panels = 2
rows = 4
array title[2]
array wide[2]
array least[2]
array most[2]
array row[4]
array like[4]
array beside[8]
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
least[1] = 72.0429
most[1] = 124.483
beside[1] = "101"
beside[2] = "94.3"
beside[3] = "85.3"
beside[4] = "97.4"
title[2] = "client: CPU µs each"
wide[2] = 0
least[2] = 7.7699
most[2] = 13.1531
beside[5] = "9.46"
beside[6] = "9.95"
beside[7] = "11.4"
beside[8] = "9.82"
margin = 190; lines = 2
