panels = 2
rows = 4
longest = 4
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
least[1] = 117.316
most[1] = 186.715
beside[1] = "173"
inside[1] = ""
beside[2] = "159"
inside[2] = ""
beside[3] = "130"
inside[3] = ""
beside[4] = "168"
inside[4] = ""
title[2] = "client: CPU µs each"
wide[2] = 0
least[2] = 5.2695
most[2] = 8.6923
beside[5] = "5.66"
inside[5] = ""
beside[6] = "6.07"
inside[6] = ""
beside[7] = "7.66"
inside[7] = ""
beside[8] = "5.66"
inside[8] = ""
margin = 190; lines = 2
