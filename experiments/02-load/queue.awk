# queue.awk - the theory's game: messages come, and a server needs exactly 1 for each. It
# works on `most` of them at the same time, and on c of them at full speed, because it has
# c cores; if there are more, they share the cores evenly, as processes and threads do. A
# message that comes when `most` are in it waits for the first to leave. most = c is
# M/D/c: one after the other on each core. For c = 1 that has a formula, for more none as
# short.

# Plays the arrivals place[s, 1..arrivals[s]], which are counted in mean gaps, from an
# empty queue; without s random ones, the same at every run (see random() in stats.awk),
# and the more, the longer a queue lasts that grew by chance. How many took how many
# hundredths is in took[] then.
function play(rho, c, most, s,    i, n, due, came, leaves) {
    delete took
    split("", came)
    split("", leaves)
    now = work = done = here = 0
    n = s == "" ? int(60000 + 1000 / (1 - rho) ^ 2) : arrivals[s]
    for (i = 1; i <= n; i++) {
        due = (s == "" ? due - log(random()) / (rho * c) : place[s, i] / (rho * c))
        serve(due, c, most, came, leaves)
        came[++here] = now
        if (here - done <= most)
            leaves[here] = work + 1
    }
    serve(1e18, c, most, came, leaves)
    played = n
}

# Until that time. All that are served get the same, so the first to come leaves first:
# as soon as `work`, what each of them has got since the beginning, is where it leaves.
function serve(until, c, most, came, leaves,    served, speed, end) {
    while (here > done) {
        served = here - done < most ? here - done : most
        speed = served > c ? c / served : 1
        end = now + (leaves[done + 1] - work) / speed
        if (end > until) {
            work += (until - now) * speed
            break
        }
        now = end
        work = leaves[++done]
        took[int((now - came[done]) * 100 + 0.5)]++
        delete came[done]
        delete leaves[done]
        if (here - done >= most)
            leaves[done + most] = work + 1
    }
    now = until
}

# The time from coming to being answered, that a share p of them does not exceed.
function percentile(p,    i, sum) {
    for (i = 0; (sum += took[i]) < p * played; i++)
        ;
    return i / 100
}

# The same, played once for each load and kind of server: with the arrivals of each seed
# that the runs had, seeds[1..n], the median of what comes out, as of the runs; tail is
# the other share that will be asked for.
function percentile_of_play(rho, c, most, p,    i, n, halves, tails) {
    if (!((rho, c, most, p) in known)) {
        n = seeds_told ? seeds_told : 1
        for (i = 1; i <= n; i++) {
            seed = 0
            play(rho, c, most, seeds[i])
            halves[i] = percentile(0.5)
            tails[i] = percentile(tail)
        }
        known[rho, c, most, 0.5] = median(halves, n)
        known[rho, c, most, tail] = median(tails, n)
    }
    return known[rho, c, most, p]
}

# The same in M/M/c, whose service times are random, by Erlang's formula.
function percentile_of_random(rho, c, p,    k, term, sum, waits, low, high, t) {
    for (term = k = 1; k < c; k++) {
        sum += term
        term *= rho * c / k
    }
    sum += term                         # of 0 to c - 1 that are there
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
