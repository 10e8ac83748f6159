# queue.awk - M/D/c, as it is defined: who comes at random waits for the first of c
# servers to be free, and is served for exactly 1. For c = 1 there is a formula, for more
# none that is as short. The same numbers at every run (see random() in stats.awk).

# Waits of 30,000, in hundredths, into waited[]; after a thousand, which found it empty.
function queue(rho, c,    i, j, now, first, free) {
    delete waited
    for (i = -1000; i < 30000; i++) {
        now -= log(random()) / (rho * c)
        first = 1
        for (j = 2; j <= c; j++)
            if (free[j] < free[first])
                first = j
        if (i >= 0)
            waited[free[first] > now ? int((free[first] - now) * 100) + 1 : 0]++
        free[first] = (free[first] > now ? free[first] : now) + 1
    }
}

# The time from coming to being served, that a share p of them does not exceed; of 1 each.
function percentile(p,    i, sum) {
    for (i = 0; sum < p * 30000; i++)
        sum += waited[i]
    return 1 + (i > 1 ? i - 1 : 0) / 100
}
