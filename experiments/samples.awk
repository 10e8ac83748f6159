# samples.awk - reads what was measured, and keeps it as samples. Its rules come before
# those of the judge.
#
# It reads
#   models.txt    into model[1..models]
#   machine.csv   key,value without a heading, into machine[key]
#   missing.csv   into why[model], or into why[model, what] if the judge's BEGIN sets
#                 missing_keys to 2: the reasons why something was not measured
# Every other row is the judge's own: `file` is the name of its file without the folder,
# and field("cpu_ns") a column by its heading. If the judge's BEGIN names a file in
# headless[], that file has no heading and is the judge's, too.
#
# A sample is one figure of one run. A key names all that belong together, as in
# "cost epoll":
#   sample[key, 1..count[key]]             the figures, in the order of the runs
#   block[key, k], bad[key, k]             a run's repetition; whether it was disturbed
#   fair[key]                              how many were not disturbed
#   v[key, "mid"], "low", "high", "runs",  what they come to, once median_of(key) was
#   "spoilt"                               called: see summary() and verdict()
# The undisturbed samples count. If there is none, all do, and v[key, "spoilt"] is 1.

FNR == 1 { file = FILENAME; sub(".*/", "", file) }
file == "models.txt" { model[++models] = $1; next }
file == "machine.csv" && !(file in headless) { machine[$1] = $2; next }
FNR == 1 && !(file in headless) {
    split("", column)
    for (k = 1; k <= NF; k++)
        column[$k] = k
    next
}
file == "missing.csv" { note_reason(missing_keys == 2 ? $1 SUBSEP $2 : $1) }

# A reason may have commas.
function note_reason(key,    reason) {
    reason = substr($0, length(key) + 2)
    if (index(why[key], reason) == 0)
        why[key] = why[key] (why[key] == "" ? "" : "; ") reason
}

# Empty if there is no such column: older data have fewer.
function field(name) { return name in column ? $column[name] : "" }

# A value that is empty is no sample.
function add(key, value, disturbed, repetition) {
    if (value == "")
        return
    sample[key, ++count[key]] = value
    block[key, count[key]] = repetition
    bad[key, count[key]] = disturbed > 0
    fair[key] += !disturbed
}

# Does the k-th sample count?
function counts(key, k) { return !bad[key, k] || !fair[key] }

# Those that count into a[1..n], divided by unit if there is one; returns n.
function those(key, a, unit,    k, n) {
    split("", a)
    for (k = 1; k <= count[key]; k++)
        if (counts(key, k))
            a[++n] = unit ? sample[key, k] / unit : sample[key, k]
    return n + 0
}

# The median, or "" if there is no sample; fills v[key, ...].
function median_of(key,    a, n) {
    n = those(key, a)
    if (!n)
        return ""
    summary(a, n, v, key)
    v[key, "spoilt"] = !fair[key]
    return v[key, "mid"]
}

# The same of what is only told, not judged: v[key, ...] and levels() do not know of it.
function middle_of(key,    a, n) {
    n = those(key, a)
    return n ? median(a, n) : ""
}

# By nearest rank: the least for p = 0, the largest for p = 1; "" if there is none.
function quantile(key, p,    a, n) {
    n = those(key, a)
    sort(a, n)
    return n ? a[p ? int(p * n + 0.999999) : 1] : ""
}

# The median and its interval as a table has them: "9.87 (9.50 … 10.1)".
function shown(key, form, unit,    a, n) {
    n = those(key, a, unit)
    return n ? sprintf(form, median(a, n)) within(a, n, form) : "–"
}

# What median_of() has found, to three digits; without an interval if of one run.
function interval(key) {
    return three(v[key, "mid"]) (v[key, "runs"] < 2 ? "" : \
        " (" three(v[key, "low"]) " … " three(v[key, "high"]) ")")
}

# The ratios of two keys' samples within each repetition become a key of their own: of
# all samples, or of those alone that count.
function add_ratios(key, one, other, that_count,    j, k) {
    for (j = 1; j <= count[one]; j++)
        for (k = 1; k <= count[other]; k++)
            if (block[one, j] == block[other, k] && \
                    (!that_count || counts(one, j) && counts(other, k)))
                add(key, sample[one, j] / sample[other, k], bad[one, j] || bad[other, k],
                    block[one, j])
}

# Enters a model's samples into s[] for tell_apart() and span(): their median, and each
# run in its block. A disturbed run has none, except where spoilt_too says so and no
# other run counts.
function compare(s, m, key, spoilt_too,    k) {
    if (!count[key])
        return
    s[m, "mid"] = median_of(key)
    for (k = 1; k <= count[key]; k++)
        if (spoilt_too ? counts(key, k) : !bad[key, k])
            in_block(s, m, block[key, k], sample[key, k])
}
