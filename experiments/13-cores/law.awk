# law.awk - fits the Universal Scalability Law to speed-ups, and judges it: S = N / (1 +
# α(N-1) + βN(N-1)), which is the same as N/S - 1 = α(N-1) + βN(N-1).
#
# Needs the samples "times MODEL N", blocks, cores and known[cores]. fit_law(model) leaves
# what it finds in v["α MODEL", ...] and v["β MODEL", ...]: from all blocks, with the
# interval of what each block alone comes to; nothing if the data do not tell them apart.

# The samples that count into speedup[N, block].
function speedups(m,    n, k, key) {
    split("", speedup)
    for (n = 2; n <= cores; n++) {
        key = "times " m " " n
        for (k = 1; k <= count[key]; k++)
            if (counts(key, k))
                speedup[n, block[key, k]] = sample[key, k]
    }
}

# From the blocks drawn[1..blocks], by least squares, neither below 0; with speed-ups that
# are factor times as high. Sets alpha and beta; false if the blocks do not tell them
# apart.
function fit(drawn, factor,    i, n, a, y, z, aa, ay, yy, az, yz, apart) {
    for (i = 1; i <= blocks; i++)
        for (n = 2; n <= cores; n++)
            if ((n, drawn[i]) in speedup) {
                a = n - 1
                y = n * a
                z = n / (speedup[n, drawn[i]] * factor) - 1
                aa += a * a; ay += a * y; yy += y * y; az += a * z; yz += y * z
            }
    apart = aa * yy - ay * ay
    if (apart <= 1e-9 * aa * yy)
        return 0
    alpha = (az * yy - yz * ay) / apart
    beta = (yz * aa - az * ay) / apart
    if (alpha >= 0 && beta >= 0)
        return 1
    alpha = az > 0 ? az / aa : 0        # one alone, whichever explains more
    beta = yz > 0 ? yz / yy : 0
    if (alpha * az < beta * yz)
        alpha = 0
    else
        beta = 0
    return 1
}

function fit_law(m,    i, b, drawn, many_alpha, many_beta, n) {
    speedups(m)
    for (b = 1; b <= blocks; b++) {
        for (i = 1; i <= blocks; i++)
            drawn[i] = b
        if (fit(drawn, 1)) {
            many_alpha[++n] = alpha
            many_beta[n] = beta
        }
    }
    for (i = 1; i <= blocks; i++)
        drawn[i] = i
    if (!n || !fit(drawn, 1))
        return
    summary(many_alpha, n, v, "α " m)
    summary(many_beta, n, v, "β " m)
    v["α " m, "mid"] = alpha
    v["β " m, "mid"] = beta
    if (n > 1)
        return
    # One block alone: its speed-ups are known to a tenth.
    fit(drawn, 1.1)
    v["α " m, "low"] = alpha
    v["β " m, "low"] = beta
    fit(drawn, 1 / 1.1)
    v["α " m, "high"] = alpha
    v["β " m, "high"] = beta
}

function judge_law(m, what, form, bound,    key, n) {
    key = what " " m
    if (!((key, "mid") in v))
        return
    for (n = 2; n <= cores; n++)
        if (known[n] && !fair["times " m " " n])
            v[key, "spoilt"] = 1
    against("nothing but sharing", 1)
    verdict(what, m, v, key, bound, "", bound,
        sprintf("%s below %s, fitted %s", what, bound, fitted(key, form)))
}

function fitted(key, form) {
    return sprintf(form " (" form " … " form ")", v[key, "mid"], v[key, "low"],
        v[key, "high"])
}

# Two cores tell no more than a sum.
function law_in_table(m, key) {
    if (("α " m, "mid") in v)
        return fitted("α " m, "%.3f") " | " fitted("β " m, "%.4f") " |"
    if (cores == 2 && predicted[m, 2] > 1)
        return sprintf("α + 2β = %.2f (%.2f … %.2f) | |", 2 / v[key, "mid"] - 1,
            2 / v[key, "high"] - 1, 2 / v[key, "low"] - 1)
    return "– | – |"
}

function tell_law() {
    if (cores < 2)
        say("not measured", "", "there is only one core")
    if (cores == 2)
        say("not measured", "", "α and β of the scalability law: 2 numbers of cores do" \
            " not tell them apart; α + 2β is in the table")
}
