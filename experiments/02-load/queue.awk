# queue.awk - M/D/c, as it is defined: who comes at random waits for the first of c
# servers to be free, and is served for exactly 1. For c = 1 there is a formula, for more
# none that is as short. The same numbers at every run (see random() in stats.awk).

# Waits of 30,000, in hundredths, into waited[]; after a thousand, which found it empty.
function queue(rho, c,    i, j, now, soonest, free) {
    delete waited
    for (i = -1000; i < 30000; i++) {
        now -= log(random()) / (rho * c)
        soonest = 1
        for (j = 2; j <= c; j++)
            if (free[j] < free[soonest])
                soonest = j
        if (i >= 0)
            waited[free[soonest] > now ? int((free[soonest] - now) * 100) + 1 : 0]++
        free[soonest] = (free[soonest] > now ? free[soonest] : now) + 1
    }
}

# The time from coming to being served, that a share p of them does not exceed; of 1 each.
function percentile(p,    i, sum) {
    for (i = 0; sum < p * 30000; i++)
        sum += waited[i]
    return 1 + (i > 1 ? i - 1 : 0) / 100
}

# The same in M/M/c, whose service times are random, by Erlang's formula.
function percentile_of_random(rho, c, p,    k, term, sum, waits, low, high, t) {
    for (term = k = 1; k < c; k++) {
        sum += term
        term *= rho * c / k
    }
    sum += term                         # of 0 to c - 1 who are there
    term *= rho / (1 - rho)             # of c and more
    waits = term / (sum + term)
    for (high = 60; high - low > 0.001; longer(t, waits, c * (1 - rho) - 1) > 1 - p ? \
            low = t : high = t)
        t = (low + high) / 2
    return t
}

# How many take longer than t, if some of all wait; drain is how much faster than one
# service the queue empties.
function longer(t, waits, drain) {
    return exp(-t) * (1 + waits * (magnitude(drain) < 1e-9 ? t : \
        (1 - exp(-drain * t)) / drain))
}
