# style.gp - one look for every chart, and one colour, dash and point per model, so that
# epoll is the same green everywhere. Loaded by chart() in lib/charts.sh, which sets
# `models`.
#
# The models of this house, in the order in which all lists have them: a row each, by
# families: processes, threads, loops by how they ask the kernel, the code of a loop, and
# what keeps a loop from blocking. A row may be here before its model is: known_models()
# in env.sh reads the names, and leaves out those without a file.
#
# A family has a hue: processes red and brown, threads blue, loops that ask about everyone
# wine and rose, loops that are told olive and green, the code of a loop violet. No
# eighteen colours are told apart with any colour vision (most are from Okabe and Ito, and
# from Tol; the others were sought for the greatest distance to all, as those see them who
# lack a kind of cone). So within a hue points and dashes differ, and names stand where
# there is room. Grey is never a model: it is waiting. A point is filled, always; what was
# disturbed has the same shape, hollow, and nothing else is. Letters, which are thin, are
# darker than bars where they need to be: 4.5 to 1 on white is the least.
#
# name, colour, letters, point, dash
$familiar << END
naive      #333333 #333333  7 1
fork       #D55E00 #C05500 15 1
prefork    #E69F00 #9C6C00  5 1
workers    #661100 #661100  9 4
thread     #0072B2 #0072B2 11 1
pool       #56B4E9 #3A7A9E  9 1
gil        #2F6480 #2F6480 13 4
actor      #02244F #02244F 15 5
select     #CC79A7 #A16084  7 1
poll       #882255 #882255 15 1
sigio      #736514 #736514  5 4
epoll      #009E73 #008561 13 1
uring      #88BB75 #487A38 11 5
callback   #F285D6 #B03C96 11 4
async      #6D35B8 #6D35B8  7 5
coroutine  #332288 #332288  5 1
green      #9B72EA #7F50D6 13 2
offload    #6B4500 #6B4500  9 4
END

# For models that are in no row, a student's: in the order of their names.
$stranger << END
-          #AA4499 #AA4499  9 2
-          #117733 #117733 13 3
-          #BB5566 #B95465 15 4
-          #6699CC #50779F 11 5
-          #999933 #777728  7 2
-          #44AA99 #348174  5 3
END

# A model's row, as a text; of more strangers than rows the first have the same as the
# last.
strangers = ""
known(m) = sum [i = 1:|$familiar|] (word($familiar[i], 1) eq m ? i : 0)
do for [name in models] {
    if (!known(name)) { strangers = strangers." ".name }
}
# Where a name stands in a list of names, or 0.
nth(m, list) = sum [i = 1:words(list)] (word(list, i) eq m ? i : 0)
place(m) = (nth(m, strangers) + |$stranger| - 1) % |$stranger| + 1
row_of(m) = known(m) ? $familiar[known(m)] : $stranger[place(m)]

colour(m) = word(row_of(m), 2)
lettering(m) = word(row_of(m), 3)
point(m)  = int(word(row_of(m), 4))
hollow(m) = point(m) - 1
dash(m)   = int(word(row_of(m), 5))

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
