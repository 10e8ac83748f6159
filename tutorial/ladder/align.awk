# align.awk - two models side by side: what parts.awk made of each, line by line.
#
#   mawk -v width=160 -v colour=1 -v a=thread -v b=epoll -f align.awk FILE FILE
#
# Between the columns stands | where two lines differ, < and > where one stands alone.
# With colour, the words that differ are marked.

FNR == 1 { side++ }

{
    part = substr($0, 1, index($0, "\t") - 1)
    if (!((side, part) in size))
        order[side, ++parts[side]] = part
    text[side, part, ++size[side, part]] = substr($0, index($0, "\t") + 1)
}

function max(a, b) { return a > b ? a : b }

# ---- likeness ----

# Cuts a line into words, blanks and signs: word[i], and how many. Once for each line.
function cut(s, word,    n, i, rest) {
    if (!(s in words)) {
        for (rest = s; rest != ""; rest = substr(rest, RLENGTH + 1)) {
            if (!match(rest, /^([A-Za-z0-9_]+| +|->|\/\*|\*\/|[=!<>]=|&&|\|\|)/))
                RLENGTH = 1
            word_of[s, ++n] = substr(rest, 1, RLENGTH)
        }
        words[s] = n + 0
    }
    for (i = 1; i <= words[s]; i++)
        word[i] = word_of[s, i]
    return words[s]
}

# The longest common sequence of words: says in mine[i] and yours[j] which are in it.
# Returns how much of both lines it is, between 0 and 1. Blanks do not count.
function compare(a, b, mine, yours,    x, y, n, m, i, j, best, all) {
    n = cut(a, x)
    m = cut(b, y)
    for (i = 1; i <= n; i++)
        all += x[i] !~ /^ /
    for (j = 1; j <= m; j++)
        all += y[j] !~ /^ /
    for (i = n; i > 0; i--)
        for (j = m; j > 0; j--)
            best[i, j] = x[i] == y[j] ? best[i + 1, j + 1] + (x[i] !~ /^ /) \
                : max(best[i + 1, j], best[i, j + 1])
    for (i in mine) delete mine[i]
    for (i in yours) delete yours[i]
    for (i = j = 1; i <= n && j <= m;)
        if (x[i] == y[j])
            mine[i++] = yours[j++] = 1
        else if (best[i + 1, j] >= best[i, j + 1])
            i++
        else
            j++
    return 2 * best[1, 1] / max(1, all)
}

function bare(s) {
    gsub(/^ +/, "", s)
    gsub(/  +/, " ", s)
    return s
}

# Lines that mean the same, and those that have more than half of their words in common,
# are partners. A remark behind code does not part them.
function likeness(a, b,    same) {
    if (bare(a) == bare(b))
        return a ~ /[A-Za-z]/ ? 2 : 0.5
    sub(/;? +\/\*.*/, "", a)
    sub(/;? +\/\*.*/, "", b)
    same = compare(a, b, none, none_either)
    return same > 0.5 && a ~ /[A-Za-z]/ ? same : -1
}

# ---- printing ----

# Lays a line out in rows of the column's width, broken at blanks: row[1], row[2], ...
# What goes on below is indented a little more.
function lay(s, marked, alone, row,    word, n, i, k, run, len, rows, indent) {
    n = cut(s, word)
    match(s, /^ */)
    indent = RLENGTH + 4 < width / 2 ? RLENGTH + 4 : 4
    row[rows = 1] = ""
    len = 0
    for (i = 1; i <= n; i++) {
        run = 0
        for (k = i; k <= n && word[k] !~ /^ / && (i == 1 || word[i - 1] ~ /^ /); k++)
            run += length(word[k])
        if (len + max(run, length(word[i])) > width && len > indent) {
            row[rows] = row[rows] substr(blank, len + 1)
            row[++rows] = substr(blank, 1, len = indent)
        }
        if (rows > 1 && len == indent && word[i] ~ /^ /)
            continue
        row[rows] = row[rows] ((alone || !(i in marked)) && word[i] !~ /^ / \
            ? mark word[i] plain : word[i])
        len += length(word[i])
    }
    row[rows] = row[rows] substr(blank, len + 1)
    return rows
}

# Prints two lines side by side; of one that is missing the number is 0. Partners have
# words in common, others are marked as a whole.
function show(part, i, j, partners,    a, b, sign, n, m, k, line) {
    a = i ? text[1, part, i] : ""
    b = j ? text[2, part, j] : ""
    sign = !j ? "<" : !i ? ">" : bare(a) == bare(b) ? " " : "|"
    compare(a, sign == " " ? a : b, mine, yours)
    if (sign == " ")
        compare(b, b, yours, yours)
    n = lay(a, mine, !partners, left)
    m = lay(b, yours, !partners, right)
    for (k = 1; k <= max(n, m); k++) {
        line = (k <= n ? left[k] : blank) " " (sign == " " ? sign : mark sign plain) \
            " " (k <= m ? right[k] : "")
        sub(/ +$/, "", line)
        print line
    }
}

# Lines without a partner stand beside each other, as far as there are any.
function show_alone(part, i, to_i, j, to_j) {
    while (i < to_i || j < to_j)
        show(part, i < to_i ? i++ : 0, j < to_j ? j++ : 0, 0)
}

function heading(part,    line, i) {
    line = "── " part " "
    for (i = length(part) + 4; i < 2 * width + 3; i++)
        line = line "─"
    print "\n" strong line plain
}

# Aligns the lines of a part, so that the sum of likenesses is greatest. It is shown once,
# even if the two have their parts in another order.
function align(part,    n, m, i, j, from_i, from_j, best, like) {
    if (told[part]++)
        return
    heading(part)
    n = size[1, part]
    m = size[2, part]
    for (i = n; i > 0; i--)
        for (j = m; j > 0; j--) {
            like[i, j] = likeness(text[1, part, i], text[2, part, j])
            best[i, j] = max(max(best[i + 1, j], best[i, j + 1]),
                best[i + 1, j + 1] + like[i, j])
        }
    for (i = j = from_i = from_j = 1; i <= n && j <= m;)
        if (best[i, j] == best[i + 1, j + 1] + like[i, j]) {
            show_alone(part, from_i, i, from_j, j)
            show(part, i, j, 1)
            from_i = ++i
            from_j = ++j
        } else if (best[i, j] == best[i + 1, j])
            i++
        else
            j++
    show_alone(part, from_i, n + 1, from_j, m + 1)
}

# The parts of both in one order: who has no partner stands where it stood.
function in_order(    i, j, k, best) {
    for (i = parts[1]; i > 0; i--)
        for (j = parts[2]; j > 0; j--)
            best[i, j] = order[1, i] == order[2, j] ? best[i + 1, j + 1] + 1 \
                : max(best[i + 1, j], best[i, j + 1])
    for (i = j = 1; i <= parts[1] || j <= parts[2];)
        if (i <= parts[1] && j <= parts[2] && order[1, i] == order[2, j]) {
            align(order[1, i++])
            j++
        } else if (j > parts[2] || (i <= parts[1] && best[i + 1, j] >= best[i, j + 1]))
            align(order[1, i++])
        else
            align(order[2, j++])
}

BEGIN {
    width = int((width - 3) / 2)
    blank = sprintf("%" width "s", "")
    mark = colour ? "\033[1;35m" : ""
    strong = colour ? "\033[1m" : ""
    plain = colour ? "\033[0m" : ""
}

END {
    line = "models/" a ".c"
    print strong line substr(blank, length(line) + 1) "   models/" b ".c" plain
    in_order()
}
