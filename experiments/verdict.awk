# verdict.awk - one rule of evidence for every judge. Writes verdicts.txt, and
# verdicts.csv for programs, into the folder `out`. Needs stats.awk.
#
# A prediction is a value and the bounds within which it holds. What counts is not the
# median that was measured, but the whole interval that covers it, which for a single run
# is a tenth around it:
#   held            all of it lies within the bounds
#   DID NOT HOLD    all of it lies outside
#   undecided       it crosses a bound, or no run was valid: a spoilt run decides nothing,
#                   neither for the prediction nor against it
# And a prediction has a rival: another theory, or what one would expect without any. Held
# means nearer to the prediction than to the rival, too: no bound lies beyond the middle
# between the two. If they are so near to each other that no measurement of ours would
# tell them apart, the verdict says that.

BEGIN {
    verdicts_txt = out "/verdicts.txt"
    verdicts_csv = out "/verdicts.csv"
}

function settled(low, high, least, most, spoilt) {
    if (spoilt)
        return "undecided"
    if ((least == "" || low >= least) && (most == "" || high <= most))
        return "held"
    if (least != "" && high < least || most != "" && low > most)
        return "DID NOT HOLD"
    return "undecided"
}

# Names the rival of the prediction that is judged next, and what it predicts instead.
function against(name, value) {
    rival = name
    rival_value = value
}

# The prediction that is judged next is a range: that its middle is missed is no bias.
function as_a_range() { ranged = 1 }

# Judges what was measured, v[name, "mid"], "low", "high", "runs" and "spoilt", as
# summary() and single() leave it. All values are of the same unit; least and most are the
# bounds, and "" is none. kind says of which kind the prediction is, text tells it. who is
# the model, or "". Returns the state, and adds it to said[who], for the table.
function verdict(kind, who, v, name, foretold, least, most, text,
        state, fate, middle) {
    middle = halfway(foretold, rival_value)
    if (middle != "" && least != "" && rival_value < foretold && least < middle)
        least = middle
    if (middle != "" && most != "" && rival_value > foretold && most > middle)
        most = middle
    state = settled(v[name, "low"], v[name, "high"], least, most, v[name, "spoilt"])
    fate = rival == "" ? "" : fate_of_rival(v, name, foretold, middle, least, most)
    printf "%-13s %s%s%s%s\n", state, who == "" ? "" : sprintf("%-10s ", who), text,
        tolerated(v, name, foretold, least, most),
        rival == "" ? "" : "; rival: " rival ", " fate > verdicts_txt
    if (!verdicts_told++)
        print "kind,who,state,measured,low,high,runs,predicted,least,most,rival,fate," \
            "range" \
            > verdicts_csv
    printf "%s,%s,%s,%.6g,%.6g,%.6g,%d,%.6g,%s,%s,%s,%s,%d\n", plain(kind), plain(who),
        state, v[name, "mid"], v[name, "low"], v[name, "high"], v[name, "runs"],
        foretold, least, most, rival_value, fate, ranged > verdicts_csv
    states_of[state]++
    fates_of[fate]++
    said[who] = said[who] (said[who] == "" ? "" : ", ") in_table(state)
    rival = rival_value = ""
    ranged = 0
    return state
}

# A line of what is not judged: "not measured", "no prediction".
function say(state, who, text) {
    printf "%-13s %s%s\n", state, who == "" ? "" : sprintf("%-10s ", who),
        text > verdicts_txt
}

function plain(text) {
    gsub(/,/, ";", text)
    return text
}

# In the middle between a prediction and its rival, or "" if there is none.
function halfway(foretold, other) {
    if (rival == "" || other == foretold)
        return ""
    if (foretold <= 0 || other <= 0)
        return (foretold + other) / 2
    return magnitude(log(other / foretold)) < log(1.05) ? "" : sqrt(foretold * other)
}

# On which side of the middle all of the interval lies. Of a mere bound the rival is
# refuted if it lies beyond it, and what was measured does not.
function fate_of_rival(v, name, foretold, middle, least, most) {
    if (v[name, "spoilt"])
        return "not tried"
    if (least == most)
        return v[name, "low"] > rival_value || v[name, "high"] < rival_value ? \
            "refuted" : "not refuted"
    if (least == "" || most == "")
        return settled(v[name, "low"], v[name, "high"], least, most) == "held" && \
            settled(rival_value, rival_value, least, most) == "DID NOT HOLD" ? \
            "refuted" : "not refuted"
    if (middle == "")
        return "not told apart here"
    if (rival_value > foretold)
        return v[name, "high"] < middle ? "refuted" : v[name, "low"] > middle ? \
            "nearer to what was measured" : "not refuted"
    return v[name, "low"] > middle ? "refuted" : v[name, "high"] < middle ? \
        "nearer to what was measured" : "not refuted"
}

# A single figure, or a count that is the same in every run.
function single(x, v, name, spoilt) {
    v[name, "mid"] = v[name, "low"] = v[name, "high"] = x
    v[name, "runs"] = 0
    v[name, "spoilt"] = spoilt
}

# The end of every verdict: what was measured beside what was predicted, the interval with
# its true level, and the bounds; as parts of the prediction, or, where that is next to
# nothing, as differences from it. Of a prediction that is a range its middle is taken.
function tolerated(v, name, foretold, least, most,    nothing, scale, from, bounds,
        interval) {
    nothing = !foretold || (most != "" && most > 20 * foretold)
    scale = nothing ? 1 : foretold
    from = nothing ? foretold : 0
    least = least == "" ? "" : three((least - from) / scale)
    most = most == "" ? "" : three((most - from) / scale)
    bounds = least == most ? "exactly " least : least == "" ? "up to " most : \
        most == "" ? "from " least : least " to " most
    if (v[name, "runs"] && v[name, "mid"] != "")
        interval = sprintf(" (%s … %s, %s)", three((v[name, "low"] - from) / scale),
            three((v[name, "high"] - from) / scale), level(v[name, "runs"]))
    return sprintf("; measured %s predicted %s%s, allowed %s%s", nothing ? "−" : "÷",
        v[name, "mid"] == "" ? "–" : three((v[name, "mid"] - from) / scale), interval,
        bounds, v[name, "spoilt"] ? "; no run was valid" : "")
}

function middle_of_range(low, high) { return sqrt(low * high) }

# "14 of 24 predictions held, 4 did not, 6 undecided".
function counted(what,    all) {
    all = states_of["held"] + states_of["DID NOT HOLD"] + states_of["undecided"]
    return sprintf("%d of %d %s held%s%s", states_of["held"], all, what,
        states_of["DID NOT HOLD"] ? ", " states_of["DID NOT HOLD"] " did not" : "",
        states_of["undecided"] ? ", " states_of["undecided"] " undecided" : "")
}

# And of how many the rival was refuted.
function tally(what,    rivals, fate) {
    for (fate in fates_of)
        rivals += fate != "" ? fates_of[fate] : 0
    return counted(what) (rivals ? "; the rival refuted in " \
        0 + fates_of["refuted"] " of " rivals : "")
}

# A state as a table has it, where a failure is bold instead of loud.
function in_table(state) { return state == "DID NOT HOLD" ? "**did not hold**" : state }
