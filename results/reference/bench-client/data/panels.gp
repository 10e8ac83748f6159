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
least[1] = 46.7292
most[1] = 114.145
beside[1] = "99.9"
inside[1] = ""
beside[2] = "98.6"
inside[2] = ""
beside[3] = "77.5"
inside[3] = ""
beside[4] = "95.5"
inside[4] = ""
title[2] = "client: CPU µs each"
wide[2] = 0
least[2] = 8.256
most[2] = 15.4186
beside[5] = "9.51"
inside[5] = ""
beside[6] = "9.64"
inside[6] = ""
beside[7] = "12.5"
inside[7] = ""
beside[8] = "9.63"
inside[8] = ""
margin = 190; lines = 2
