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
file == "missing.csv" { why[$1, $2] = $3 }
file == "runs.csv" {
    k = $2 SUBSEP $3
    runs[k]++
    processes[k] = $4
    witnesses[k] = $5
    due[k] = $6
    if ($7 > cut[k]) cut[k] = $7
    if ($6 - $8 > lost[k]) lost[k] = $6 - $8
    least_cut[k] = runs[k] == 1 || $7 < least_cut[k] ? $7 : least_cut[k]
    served[k] += $9
}

# What is predicted of a model and a fault: sets survive and welcome.
function predict(m, f) {
    survive = f != "crash" || processes[m, f] > 1 || seats[m] <= witnesses[m, f]
    welcome = f == "half" ? seats[m] > others : f == "crash" ? processes[m, f] > 1 : 1
}

function say(state, m, f, text) {
    printf "%-13s %-10s %-15s %s\n", state, m, title[f], text > (out "/verdicts.txt")
}

function seen_of(k) {
    return sprintf("%s, %s of %d deliveries lost; newcomer %s", cut[k] ? cut[k] " of " \
        witnesses[k] " cut off" : "untouched", lost[k] + 0, due[k], \
        served[k] == runs[k] ? "served" : !served[k] ? "not served" : \
        "served " served[k] " times of " runs[k])
}

function judge(m, f,    k, good) {
    k = m SUBSEP f
    if (!runs[k]) {
        say("not measured", m, f, why[m, f])
        return
    }
    predict(m, f)
    good = survive ? cut[k] == 0 && lost[k] <= 0 : least_cut[k] == witnesses[k]
    good = good && served[k] == (welcome ? runs[k] : 0)
    say(good ? "held" : "DID NOT HOLD", m, f,
        sprintf("predicted %s, newcomer %s; seen: %s",
            survive ? "untouched" : "all cut off",
            welcome ? "served" : "not served", seen_of(k)))
}

# For the chart: row, column, share of the deliveries that came, newcomer, who was cut.
function cell(i, j,    k) {
    k = model[i] SUBSEP fault[j]
    if (!runs[k])
        printf "%d,%d,,,\n", i, j > (out "/data/cells.csv")
    else
        printf "%d,%d,%.4f,%d,%d\n", i, j, 1 - lost[k] / due[k], served[k] == runs[k],
            cut[k] > (out "/data/cells.csv")
}

END {
    print "row,column,share,served,cut" > (out "/data/cells.csv")
    print "model,fault,measured,cut,due,served,runs" > (out "/table.csv")
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
            row = row " " (runs[k] ? seen_of(k) : "no part: " why[m, f]) " |"
            if (runs[k])
                printf "%s,%s,%d,%d,%d,%d,%d\n", m, f, lost[k], cut[k], due[k],
                    served[k], runs[k] > (out "/table.csv")
        }
        print row > (out "/table.md")
        k = m SUBSEP "crash"
        if (runs[k] && cut[k] == 0 && served[k] == runs[k])
            alive = alive (alive == "" ? "" : ", ") m
        for (j = 1; j < faults; j++)
            if (runs[m, fault[j]]) {
                tried++
                unhurt += cut[m, fault[j]] == 0 && lost[m, fault[j]] <= 0
            }
    }
    print "\nThe worst of the repetitions. Deliveries are messages times witnesses." \
        > (out "/table.md")
    printf "A crash in one client\047s job is survived by: %s\nWhat clients do or a" \
        " killed worker takes along left the others untouched %d times of %d\n",
        alive == "" ? "none" : alive, unhurt, tried > (out "/finding.txt")
}
