# judge.awk - the table, the verdicts and the finding of faults, from its CSV files. What
# counts is the worst of the repetitions.

BEGIN {
    faults = split("reset half crowd kill crash", fault, " ")
    title["reset"] = "reset"
    title["half"] = "half a request"
    title["crowd"] = "crowd"
    title["kill"] = "killed worker"
    title["crash"] = "crash in a job"
}

FNR == 1 { file = FILENAME; sub(".*/", "", file) }
file == "models.txt" { model[++models] = $1; next }
FNR == 1 { next }
file == "seats.csv" { seats[$1] = $2; others = $3 }
file == "missing.csv" {
    why[$1, $2] = substr($0, length($1 $2) + 3)
    missed[$1, $2]++
}
file == "runs.csv" {
    k = $2 SUBSEP $3
    runs[k]++
    processes[k] = $4
    witnesses[k] = $5
    if ($7 > cut[k]) cut[k] = $7
    if (runs[k] == 1 || $6 - $8 > lost[k]) {
        lost[k] = $6 - $8
        due[k] = $6
    }
    least_cut[k] = runs[k] == 1 || $7 < least_cut[k] ? $7 : least_cut[k]
    served[k] += $9
    dead[k] += $10
    looked[k] = $10 != ""       # whether the server was; older data do not know
}

# What is predicted of a model and a fault: sets survive, welcome, and dies, the server.
# Where no seat was left for the one with the job, it gets one when the two have gone.
function predict(m, f) {
    dies = f == "crash" && processes[m, f] == 1 && looked[m, f]
    survive = f != "crash" || processes[m, f] > 1 || seats[m] <= witnesses[m, f]
    welcome = f == "half" ? seats[m] > others : f == "crash" ? processes[m, f] > 1 : 1
}

function say(state, m, f, text) {
    printf "%-13s %-10s %-15s %s\n", state, m, title[f], text > (out "/verdicts.txt")
}

# What the two saw. Who is cut off sends no more: what was lost besides says nothing.
function noticed(k) {
    return cut[k] ? cut[k] " of " witnesses[k] " cut off" : \
        lost[k] > 0 ? lost[k] " of " due[k] " lost" : \
        dead[k] ? "untouched until they left" : "untouched"
}

function unhurt(k) { return cut[k] == 0 && lost[k] <= 0 }

function newcomer(k) {
    return (dead[k] ? "server dead, " : "") "newcomer " \
        (served[k] == runs[k] ? "served" : !served[k] ? "not served" : \
        "served " served[k] " times of " runs[k])
}

function seen_of(k) {
    return noticed(k) (unhurt(k) ? ", all " due[k] " heard" : "") "; " newcomer(k)
}

function judge(m, f,    k, good, y, v) {
    k = m SUBSEP f
    if (!runs[k]) {
        say("not measured", m, f, why[m, f])
        return
    }
    predict(m, f)
    good = survive ? unhurt(k) : least_cut[k] == witnesses[k]
    good = good && served[k] == (welcome ? runs[k] : 0)
    good = good && dead[k] == (dies ? runs[k] : 0)
    # What the two heard, or how many were cut off; if anything else was not as predicted,
    # that, too, is not.
    y = survive ? due[k] : witnesses[k]
    single(!good ? -1 : survive ? due[k] - lost[k] : least_cut[k], v, k)
    if (!good)
        v[k, "mid"] = survive ? due[k] - lost[k] : least_cut[k]
    against(survive ? "all cut off" : "untouched", 0)
    verdict(f, m, v, k, y, y, y, sprintf("%-15s predicted %s, %snewcomer %s; seen: %s",
        title[f], !survive ? "all cut off" : dies ? "untouched until they left" : \
        "untouched", dies ? "server dead, " : "", welcome ? "served" : "not served",
        seen_of(k)))
}

# For the chart: how it is coloured, and two lines of text, as long as fit.
function cell(i, j,    k, state) {
    k = model[i] SUBSEP fault[j]
    state = !runs[k] ? "none" : !unhurt(k) || dead[k] ? "hurt" : \
        served[k] < runs[k] ? "shut" : "well"
    printf "%d,%d,%s,%s,%s\n", i, j, state, !runs[k] ? "skipped" : \
        dead[k] && unhurt(k) ? "they had left" : noticed(k),
        !runs[k] ? substr(why[k], 1, 25) : dead[k] ? "server dead" : newcomer(k) \
        > (out "/data/cells.csv")
}

END {
    print "row,column,state,above,below" > (out "/data/cells.csv")
    print "label,faults after which all went on as before, % of those it met" \
        > (out "/bars.csv")
    print "model,fault,measured,cut,due,served,runs,dead" > (out "/table.csv")
    row = "| |"
    rule = "|---|"
    for (j = 1; j <= faults; j++) {
        row = row " " title[fault[j]] " |"
        rule = rule "---|"
    }
    printf "%s\n%s\n", row, rule > (out "/table.md")
    for (i = 1; i <= models; i++) {
        m = model[i]
        row = "| **" m "** |"
        for (j = 1; j <= faults; j++) {
            f = fault[j]
            k = m SUBSEP f
            judge(m, f)
            cell(i, j)
            row = row " " (runs[k] ? seen_of(k) : "skipped: " why[m, f]) " |"
            if (runs[k])
                printf "%s,%s,%d,%d,%d,%d,%d,%d\n", m, f, lost[k], cut[k], due[k],
                    served[k], runs[k], dead[k] > (out "/table.csv")
        }
        print row > (out "/table.md")
        k = m SUBSEP "crash"
        if (runs[k] && unhurt(k) && served[k] == runs[k])
            alive = alive (alive == "" ? "" : ", ") m
        met = well = 0
        for (j = 1; j <= faults; j++) {
            k = m SUBSEP fault[j]
            met += runs[k] > 0
            well += runs[k] && unhurt(k) && served[k] == runs[k]
            if (runs[k] && fault[j] != "crash") {
                tried++
                calm += unhurt(k)
            }
        }
        printf "%s,%s\n", m, met ? int(100 * well / met + 0.5) : "" > (out "/bars.csv")
    }
    print "\nThe worst of the repetitions." > (out "/table.md")
    for (k in missed)
        if (runs[k]) {
            split(k, id, SUBSEP)
            printf "\n%s, %s: left out %d times: %s\n", id[1], title[id[2]], missed[k],
                why[k] > (out "/table.md")
        }
    if (!tried)
        print "Nothing could be measured" > (out "/finding.txt")
    else
        printf "A crash in somebody\047s job is survived by: %s\nA reset, half a" \
            " request, a crowd, a killed worker: nobody else noticed in %d of %d cells\n",
            alive == "" ? "none" : alive, calm, tried > (out "/finding.txt")
}
