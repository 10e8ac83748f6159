# bias.awk - measured ÷ predicted of all predictions that have bounds on both sides: from
# the verdicts.csv of each experiment to bias.csv, a dot each, and bias-rows.csv, what all
# dots of a kind say. -v out=FOLDER.

BEGIN {
    print "row,model,ratio,undecided" > (out "/bias.csv")
    print "row,name,least,most,text" > (out "/bias-rows.csv")
}

FNR == 1 {
    split(FILENAME, part, "/")
    for (i in part)
        if (part[i] == "verdicts.csv")
            experiment = substr(part[i - 1], 1, 2)
    next
}

# kind,who,state,measured,low,high,runs,predicted,least,most,rival,fate,range; what is
# exact, or predicted to be 0, has no ratio.
$9 != "" && $10 != "" && $9 < $10 && $8 > 0 && $4 > 0 {
    kind = experiment " " $1
    if (!(kind in row)) {
        row[kind] = ++rows
        name[rows] = kind
        range[rows] = $13
    }
    r = row[kind]
    least[r] = least[r] == "" || $9 / $8 < least[r] ? $9 / $8 : least[r]
    most[r] = $10 / $8 > most[r] ? $10 / $8 : most[r]
    printf "%d,%s,%.5g,%d\n", r, $2 == "" ? "-" : $2, $4 / $8,
        $3 == "undecided" > (out "/bias.csv")
    n[r]++
    above[r] += $4 > $8
    product[r] += log($4 / $8)
}

END {
    for (r = 1; r <= rows; r++) {
        p = sign_test(above[r], n[r])
        text = range[r] ? "a range" : n[r] < 2 ? "" : \
            sprintf("%d of %d above; p = %s; × %.2f", above[r], n[r],
                p >= 0.995 ? 1 : three(p), exp(product[r] / n[r]))
        printf "%d,%s,%.5g,%.5g,%s\n", r, name[r], least[r], most[r],
            text > (out "/bias-rows.csv")
        tried += !range[r] && n[r] >= 6
        if (!range[r] && n[r] >= 6 && p < 0.05)
            biased = biased (one_sided++ ? ", " : "") name[r]
    }
    printf "Of %d kinds of prediction with six models or more %s to one side%s\n",
        tried, one_sided == 1 ? "one is missed" : (one_sided ? one_sided : "none") \
        (one_sided ? " are missed" : " is missed"),
        one_sided ? ": " biased : "" > (out "/bias.txt")
}
