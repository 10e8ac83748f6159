# style.gp - one look for every chart, and one colour, dash and point per model, so that
# epoll is the same green everywhere. Loaded by chart() in lib/charts.sh, which sets
# `models`.
#
# The colours are told apart with any colour vision (Okabe and Ito, and Tol, without their
# yellow, which is too pale for lines): one-at-a-time black, processes red and orange,
# threads blue, loops purple, wine and green, coroutines dark violet. Grey is never a
# model: it is waiting. A point is filled, always; what was disturbed has the same shape,
# hollow, and nothing else is. There are fewer shapes than models, so some have one in
# common.

familiar = "naive prefork pool fork thread select poll epoll coroutine"
colours  = "#333333 #E69F00 #56B4E9 #D55E00 #0072B2 #CC79A7 #882255 #009E73 \
            #332288 #999933 #44AA99 #AA4499 #661100 #6699CC #117733 #BB5566"
# Letters, which are thin, are darker where they need to be: 4.5 to 1 on white is the
# least.
letterings = "#333333 #9C6C00 #3A7A9E #C05500 #0072B2 #A16084 #882255 #008561 \
              #332288 #777728 #348174 #AA4499 #661100 #50779F #117733 #B95465"
points   = "7 5 9 15 11 7 15 13 5 9 11 13 7 5 9 15"

# Where a name stands in a list of names, or 0.
nth(m, list) = sum [i = 1:words(list)] (word(list, i) eq m ? i : 0)

# A model's place: its own if it is a familiar one, else the next free one.
strangers = ""
do for [name in models] {
    if (!nth(name, familiar)) { strangers = strangers." ".name }
}
other(m) = words(familiar) + \
    (nth(m, strangers) > 0 ? nth(m, strangers) : words(strangers) + 1)
at(m) = nth(m, familiar) > 0 ? nth(m, familiar) : other(m)
place(m) = (at(m) - 1) % words(colours) + 1

colour(m) = word(colours, place(m))
lettering(m) = word(letterings, place(m))
point(m)  = int(word(points, place(m)))
hollow(m) = point(m) - 1
dash(m)   = at(m) <= words(familiar) ? 1 : 2 + (at(m) - words(familiar) - 1) % 4

# The title, as large as its longer line allows: names of models make it long.
set encoding utf8
if (!exists("finding")) { finding = "" }
cut = strstrt(finding, "\n")
longest = cut > strlen(finding) / 2 ? cut : strlen(finding) - cut
fitting = (width - 40) / (0.74 * (longest + 1))
headline = sprintf("DejaVu Sans:Bold,%.1f", fitting < 15 ? fitting : 15)

waiting = "#D4D4D4"
ink     = "#222222"
faint   = "#757575"

set style fill solid 1.0 noborder
set border 3 lc rgb "#999999" lw 1
set tics nomirror scale 0.5 tc rgb ink
set grid lc rgb "#E4E4E4" lw 1 dt 1
set key tc rgb ink
